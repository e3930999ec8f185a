//! What needs a page of the test's own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use super::pages;

#[cfg(feature = "tracing")]
mod full_pipe;

fn ask(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the listener accepts");
    // Only so that a listener that never answers fails the test instead of hanging it.
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .expect("a time limit");
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )
    .expect("a request");
    let mut answer = String::new();
    stream
        .read_to_string(&mut answer)
        .expect("an answer in time");
    answer
}

#[test]
fn the_pages_answer_and_what_is_absent_says_why() {
    let address = super::listen(([127, 0, 0, 1], 0).into()).expect("a listener");
    let index = ask(address, pages::INDEX);
    for page in pages::PAGES {
        let answer = ask(address, page.path);
        let status = answer.split(' ').nth(1).expect("a status");
        match (page.absent)() {
            None => assert_eq!(status, "200", "{}", page.path),
            Some(reason) => {
                assert_eq!(status, "501", "{}", page.path);
                assert!(
                    index.contains(reason.split(':').next().expect("a beginning")),
                    "{index}"
                );
            }
        }
    }
}
