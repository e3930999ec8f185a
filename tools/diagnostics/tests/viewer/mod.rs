//! Viewers of traces in headless Chromium: each is a page of a package, shown with a trace.

pub mod perfetto;
pub mod speedscope;

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::thread;

use tempfile::TempDir;
use test_tools::{Missing, needed};

/// A viewer's files on a port of its own, with what comes beside them. It ends with the test's process.
fn serve(
    folder: PathBuf,
    beside: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>> + Send + Sync + 'static,
) -> SocketAddr {
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = server.local_addr().expect("an address");
    let here = Arc::new((folder, beside));
    thread::spawn(move || {
        for stream in server.incoming().flatten() {
            let here = here.clone();
            // A browser opens connections and says nothing on them. Who has hung up is not answered.
            thread::spawn(move || answer(&stream, &here.0, &here.1));
        }
    });
    address
}

fn answer(
    mut stream: &TcpStream,
    folder: &Path,
    beside: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>,
) -> io::Result<()> {
    let mut reader = BufReader::new(stream);
    let (mut request, mut length) = (String::new(), 0);
    reader.read_line(&mut request)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? <= "\r\n".len() {
            break;
        }
        if let Some(("content-length", value)) = line.to_ascii_lowercase().split_once(": ") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut sent = vec![0; length];
    reader.read_exact(&mut sent)?;
    let name = request.split(' ').nth(1).unwrap_or_default();
    let name = name
        .split('?')
        .next()
        .unwrap_or_default()
        .trim_start_matches('/');
    let body = beside(name, sent).or_else(|| fs::read(folder.join(name)).ok());
    let kind = match name.rsplit('.').next() {
        Some("" | "html") => "text/html",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("json") => "application/json",
        Some("wasm") => "application/wasm",
        _ => "application/octet-stream",
    };
    let status = if body.is_some() {
        "200 OK"
    } else {
        "404 Not Found"
    };
    let body = body.unwrap_or_default();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    stream.write_all(&body)
}

/// A headless browser with nothing of another one's, and where it keeps its own.
fn chromium() -> (Command, TempDir) {
    let profile = tempfile::tempdir().expect("a folder");
    let mut chromium = Command::new("chromium");
    chromium.args(["--headless", "--no-sandbox"]);
    chromium.arg(format!("--user-data-dir={}", profile.path().display()));
    (chromium, profile)
}

/// What came of starting it; nothing, where there is none.
fn found<T>(started: io::Result<T>) -> Option<T> {
    match started {
        Err(error) if error.kind() == io::ErrorKind::NotFound => needed(Err(Missing {
            package: "chromium",
        })),
        started => Some(started.expect("chromium runs")),
    }
}
