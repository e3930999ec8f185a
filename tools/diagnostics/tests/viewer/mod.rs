//! speedscope in headless Chromium: what it says of a trace.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{fs, thread};

use test_tools::{Missing, TestTools, needed};

/// What speedscope says of every file.
const ALWAYS: [&str; 4] = [
    "speedscope v",
    "WebGL initialized",
    "Importing as Trace Event Format profile",
    "import: ",
];

/// Opens a trace, and gives what speedscope says of it; or nothing, where there is no browser.
pub fn warnings(trace: Vec<u8>) -> Option<Vec<String>> {
    let page = needed(TestTools::here().speedscope())?;
    let server = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = server.local_addr().expect("an address");
    // It ends with the test's process.
    thread::spawn(move || serve(&server, &page, &trace));
    let profile = tempfile::tempdir().expect("a folder");
    let mut chromium = Command::new("chromium");
    chromium.args(["--headless", "--no-sandbox", "--enable-logging=stderr"]);
    // The browser's own time: it goes on as soon as nothing is left to load.
    chromium.args(["--v=0", "--virtual-time-budget=10000", "--dump-dom"]);
    chromium.arg(format!("--user-data-dir={}", profile.path().display()));
    let url = format!("http://{address}/index.html#profileURL=http://{address}/trace.json");
    let ran = chromium.arg(url).stdin(Stdio::null()).output();
    let ran = match ran {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return needed(Err(Missing {
                package: "chromium",
            }));
        }
        ran => ran.expect("chromium runs"),
    };
    let log = String::from_utf8_lossy(&ran.stderr).into_owned();
    let said = log.lines().filter(|line| {
        line.contains("CONSOLE") && line.contains(&format!("source: http://{address}/speedscope"))
    });
    let said: Vec<_> = said.collect();
    for always in ALWAYS {
        let is_there = said.iter().any(|line| line.contains(always));
        assert!(is_there, "{always} is not there:\n{log}");
    }
    let more = said
        .iter()
        .filter(|line| !ALWAYS.iter().any(|always| line.contains(always)));
    Some(more.map(|&line| line.to_owned()).collect())
}

fn serve(server: &TcpListener, page: &Path, trace: &[u8]) {
    for stream in server.incoming() {
        // Who has hung up is not answered.
        let _ = stream.and_then(|stream| answer(&stream, page, trace));
    }
}

fn answer(mut stream: &TcpStream, page: &Path, trace: &[u8]) -> io::Result<()> {
    let mut lines = BufReader::new(stream).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // The browser sends its whole head before it waits for an answer.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let name = request.split(' ').nth(1).unwrap_or_default();
    let file = PathBuf::from(name);
    let body = match file.file_name().and_then(|name| name.to_str()) {
        Some("trace.json") => Ok(trace.to_vec()),
        Some(name) => fs::read(page.join(name)),
        None => Err(io::ErrorKind::NotFound.into()),
    };
    let kind = match file.extension().and_then(|end| end.to_str()) {
        Some("html") => "text/html",
        Some("css") => "text/css",
        Some("js") => "text/javascript",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    };
    let status = if body.is_ok() {
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
