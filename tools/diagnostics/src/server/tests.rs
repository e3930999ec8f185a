//! The service's log goes into a pipe that is full.

use std::io::Write;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;

use super::pages::guarded;
use super::{listen, start};

#[path = "../../tests/http/mod.rs"]
mod http;

/// What the child below prints when the listener has answered.
const ANSWERED: &str = "answered although nobody reads the log";

/// A pipe that is full stops whoever logs into it, for ever. The pages of this test log on the listener's thread.
#[test]
fn it_answers_while_nobody_reads_the_services_log() {
    const CHILD: &str = "DIAGNOSTICS_TEST_FULL_PIPE";
    if std::env::var_os(CHILD).is_some() {
        return listen_with_a_full_pipe();
    }
    // The subscriber is the whole process's, and would stop the other tests.
    let child = Command::new(std::env::current_exe().expect("this program"))
        .args([
            "--exact",
            "server::tests::it_answers_while_nobody_reads_the_services_log",
            "--nocapture",
        ])
        .env(CHILD, "1")
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        said.contains(ANSWERED),
        "{said}{}",
        String::from_utf8_lossy(&child.stderr)
    );
}

fn listen_with_a_full_pipe() {
    let (reader, mut pipe) = std::io::pipe().expect("a pipe");
    let writer = pipe.try_clone().expect("a second end");
    let (full, is_full) = mpsc::channel();
    std::thread::spawn(move || {
        // The write that does not fit any more waits for ever.
        for _ in 0.. {
            let _ = full.send(());
            pipe.write_all(&[b'x'; 4096]).expect("somebody could read");
        }
    });
    while is_full.recv_timeout(Duration::from_secs(1)).is_ok() {}
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(std::sync::Mutex::new(writer))
        .init();

    let pages = guarded(Router::new().route(
        "/",
        get(async || {
            tracing::error!("whoever logs stands still");
            "an answer"
        }),
    ));
    let address = start(([127, 0, 0, 1], 0).into(), pages).expect("a listener");
    assert!(http::get(address, "/").body == "an answer");
    let address = listen(([127, 0, 0, 1], 0).into()).expect("a listener");
    assert!(
        http::get(address, "/debug/runtime")
            .body
            .contains("\"workers\"")
    );
    println!("{ANSWERED}");
    drop(reader);
    // The thread that fills the pipe, and the log's writer, are of no more use.
    std::process::exit(0);
}
