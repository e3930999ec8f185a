//! A client that sends one request and reads the answer to its end.

#![allow(dead_code, reason = "no test asks for everything")]

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
    /// The body as it came.
    pub bytes: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> serde_json::Value {
        assert_eq!(self.status, 200, "{}", self.body);
        assert!(self.head.contains("content-type: application/json"));
        serde_json::from_str(&self.body).expect("a JSON body")
    }
}

pub fn get(address: SocketAddr, path: &str) -> Answer {
    send(address, "GET", path, &address.to_string())
}

pub fn send(address: SocketAddr, method: &str, path: &str, host: &str) -> Answer {
    ask(address, method, path, &format!("Host: {host}\r\n"))
}

/// `more` are lines of the head.
pub fn send_with(address: SocketAddr, method: &str, path: &str, more: &str) -> Answer {
    ask(address, method, path, &format!("Host: {address}\r\n{more}"))
}

/// The body of an answer whose length was not known at its start.
pub fn unchunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let end = body.windows(2).position(|end| end == b"\r\n");
        let (length, rest) = body.split_at(end.expect("a chunk's length"));
        let length = str::from_utf8(length).expect("text");
        let length = usize::from_str_radix(length, 16).expect("a number");
        if length == 0 {
            return whole;
        }
        let (chunk, rest) = rest[2..].split_at(length);
        whole.extend_from_slice(chunk);
        body = &rest[2..];
    }
}

fn ask(address: SocketAddr, method: &str, path: &str, head: &str) -> Answer {
    let stream = TcpStream::connect(address).expect("the listener accepts");
    // Only so that a listener that never answers fails the test instead of hanging it.
    stream
        .set_read_timeout(Some(Duration::from_secs(300)))
        .expect("a time limit");
    exchange(stream, method, path, head)
}

/// On a connection of any kind. `head` has whole lines.
pub fn exchange(mut stream: impl Read + Write, method: &str, path: &str, head: &str) -> Answer {
    let request = format!("{method} {path} HTTP/1.1\r\n{head}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer in time");
    let head = answer.windows(4).position(|end| end == b"\r\n\r\n");
    let bytes = answer.split_off(head.expect("a head and a body") + 4);
    let head = String::from_utf8(answer).expect("text in the head");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok());
    Answer {
        status: status.expect("a status"),
        head: head.to_ascii_lowercase(),
        body: String::from_utf8_lossy(&bytes).into_owned(),
        bytes,
    }
}
