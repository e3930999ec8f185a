//! A process whose command line has secrets: its page shows none. It is a program without a test harness, which would
//! refuse such arguments.
//!
//! Started by itself with arguments, it is the process that is asked.

mod http;

use std::env;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};

const CHILD: &str = "DIAGNOSTICS_TEST_CHILD";

fn main() {
    if env::var_os(CHILD).is_some() {
        return listen();
    }
    no_secret_is_shown();
    println!("1 check of the command line passed");
}

/// Until its standard input ends.
fn listen() {
    let options = diagnostics::Options::default().redact("pin");
    let diagnostics = diagnostics::install_with(options).expect("a first installation");
    println!("{}", diagnostics.listen(([127, 0, 0, 1], 0).into()));
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn no_secret_is_shown() {
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:8080",
        "--secret",
        "hunter2-a",
        "--database-url=postgres://app:hunter2-b@db/coworking?sslpassword=hunter2-c&sslmode=require",
        "--redis",
        "redis://:hunter2-d@cache/0",
        "SIGNING_KEY=hunter2-e",
        "--card-pin=hunter2-f",
        "--keyboard=dvorak",
    ];
    let mut child = Command::new(env::current_exe().expect("this program"))
        .args(arguments)
        .env(CHILD, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("a pipe"))
        .read_line(&mut line)
        .expect("a line");
    let address = line.trim_end().strip_prefix("diagnostics on http://");
    let address = address.expect("a listener").parse().expect("an address");
    let shown = http::get(address, "/debug/pprof/cmdline").body;
    drop(child.stdin.take());
    child.wait().expect("it ends");

    let shown: Vec<_> = shown.split('\0').skip(1).collect();
    assert_eq!(
        shown,
        [
            "serve",
            "--listen",
            "127.0.0.1:8080",
            "--secret",
            "[redacted]",
            "--database-url=postgres://app:[redacted]@db/coworking?sslpassword=[redacted]&sslmode=require",
            "--redis",
            "redis://:[redacted]@cache/0",
            "SIGNING_KEY=[redacted]",
            "--card-pin=[redacted]",
            "--keyboard=dvorak",
        ]
    );
}
