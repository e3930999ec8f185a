//! A client that keeps its connection and does next to nothing itself.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

use crate::Result;

pub struct Client {
    stream: BufReader<TcpStream>,
    address: SocketAddr,
    token: Option<String>,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        // Only against a server that hangs.
        stream.set_read_timeout(Some(Duration::from_secs(60)))?;
        Ok(Self {
            stream: BufReader::new(stream),
            address,
            token: None,
        })
    }

    /// Logs in as the user of the seed data.
    pub fn log_in(&mut self) -> Result<()> {
        let user = json!({"username": "ipesenti", "email": "ipesenti@example.com", "password": "abcd1234!!"});
        let answer = self.ask("POST", "/auth/login", Some(&user), 200)?;
        let token = answer["token"]
            .as_str()
            .ok_or("no token in the answer to the login")?;
        self.token = Some(token.to_owned());
        Ok(())
    }

    /// The ids of the rooms.
    pub fn rooms(&mut self) -> Result<Vec<String>> {
        let rooms = self.get("/rooms")?;
        let rooms = rooms.as_array().ok_or("the rooms are no array")?;
        let ids = rooms
            .iter()
            .filter_map(|room| Some(room["id"].as_str()?.to_owned()));
        Ok(ids.collect())
    }

    pub fn book(&mut self, room: &str, day: &str) -> Result<()> {
        let booking = json!({"room_id": room, "booked_on": day});
        self.ask("POST", "/bookings", Some(&booking), 201)?;
        Ok(())
    }

    pub fn get(&mut self, path: &str) -> Result<Value> {
        self.ask("GET", path, None, 200)
    }

    fn ask(
        &mut self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        expected: u16,
    ) -> Result<Value> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nhost: {}\r\n", self.address);
        if let Some(token) = &self.token {
            write!(request, "authorization: Bearer {token}\r\n")?;
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        write!(
            request,
            "content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )?;
        self.stream.get_mut().write_all(request.as_bytes())?;

        let mut status = None;
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            if self.stream.read_line(&mut line)? == 0 {
                return Err(format!("the server closed the connection at {method} {path}").into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            } else if status.is_none() {
                status = line
                    .split(' ')
                    .nth(1)
                    .and_then(|status| status.parse::<u16>().ok());
            } else if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse()?;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer)?;
        if status != Some(expected) {
            let answer = String::from_utf8_lossy(&answer);
            return Err(
                format!("{method} {path}: {status:?} instead of {expected}: {answer}").into(),
            );
        }
        Ok(serde_json::from_slice(&answer)?)
    }
}
