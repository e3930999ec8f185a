//! Errors are counted, explained, and end in the right exit code.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::command::{Outcome, finish, load, load_stub, start, succeed};
use crate::stub::{Behaviour, Stub};

/// Waits until the stub has seen so many requests.
fn wait_for_requests(stub: &Stub, requests: usize) {
    let start = Instant::now();
    while stub.log().len() < requests {
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "the load does not come: {:?}",
            stub.log()
        );
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn unexpected_answers_are_counted_and_shown() {
    let failing = || {
        Stub::start(Behaviour {
            fail_every: Some(10),
            ..Behaviour::default()
        })
    };
    let outcome = finish(load_stub(&failing(), "bookings --requests 100 --json"));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let report = outcome.json();
    assert_eq!(report["statuses"], json!({ "201": 90, "500": 10 }));
    assert_eq!(report["answers"], 100);
    assert_eq!(report["unexpected"]["count"], 10);
    let example = report["unexpected"]["example"].as_str().unwrap();
    for part in ["POST /bookings", "500", "expected 201", "said by the stub"] {
        assert!(example.contains(part), "{example}");
    }

    let outcome = finish(load_stub(&failing(), "bookings --requests 100"));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(outcome.stdout.contains("unexpected:   10\n"), "{outcome:?}");
    assert!(outcome.stdout.contains("said by the stub"), "{outcome:?}");
}

#[test]
fn a_mixed_load_survives_failed_bookings() {
    let stub = Stub::start(Behaviour {
        // The few bookings before the measurement must succeed.
        fail_every: Some(40),
        ..Behaviour::default()
    });
    let outcome = finish(load_stub(&stub, "mixed --requests 1000 --workers 1 --json"));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let report = outcome.json();
    assert_eq!(report["answers"], 1000);
    assert_eq!(report["statuses"]["500"], 5, "{report}");
}

#[test]
fn a_conflict_has_a_hint() {
    let stub = Stub::start(Behaviour::default());
    stub.add_booking("green", "2030-01-01");
    let arguments = "bookings --requests 3 --first-day 2030-01-01";
    let outcome = finish(load_stub(&stub, arguments));
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stdout.contains("status 409:   1\n"), "{outcome:?}");
    assert!(outcome.stdout.contains("room_taken"), "{outcome:?}");
    assert!(outcome.stderr.contains("--first-day"), "{outcome:?}");
}

#[test]
fn a_service_that_is_not_there_is_named_with_the_way_to_start_it() {
    // A port that was free a moment ago.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let outcome = finish(load(&format!("rooms --url http://127.0.0.1:{port}")));
    assert_eq!(outcome.code, Some(1));
    for part in [
        &format!("http://127.0.0.1:{port}"),
        "Is it running?",
        "cargo run --release -p step-01-discovery",
        &format!("--listen 127.0.0.1:{port}"),
    ] {
        assert!(outcome.stderr.contains(part), "{outcome:?}");
    }
    assert_eq!(outcome.stdout, "");
}

#[test]
fn bad_options_and_foreign_hosts_are_refused() {
    for (arguments, part) in [
        ("rooms --url https://127.0.0.1:8080", "TLS"),
        ("rooms --url http://192.0.2.1:8080", "--allow-remote"),
        ("rooms --url http://0.0.0.0:8080", "--allow-remote"),
        ("rooms --rate 0", "requests per second"),
        ("everything", "possible values"),
    ] {
        let outcome = finish(load(arguments));
        assert_eq!(outcome.code, Some(2), "{outcome:?}");
        assert!(outcome.stderr.contains(part), "{outcome:?}");
    }
}

/// Answers every connection with these bytes; the thread ends with the test's process.
fn serve_bytes(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            // The request has to be read, or closing the connection would discard the answer.
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(answer);
        }
    });
    format!("http://{address}")
}

#[test]
fn another_service_is_recognized() {
    let answers: [(&[u8], &str); 3] = [
        (
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 8\r\n\r\nno \x1b[31mXY",
            "answered 404 Not Found, expected 200 OK: no  [31m\nIs this the coworking app?",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello",
            "what the coworking app does not: hello",
        ),
        (b"SSH-2.0-OpenSSH\r\n", "POST /auth/login failed"),
    ];
    for (answer, part) in answers {
        let url = serve_bytes(answer);
        let outcome = finish(load(&format!("bookings --requests 1 --url {url}")));
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        assert!(outcome.stderr.contains(part), "{outcome:?}");
    }
}

#[test]
fn requests_without_an_answer_time_out() {
    let stub = Stub::start(Behaviour {
        hang: true,
        ..Behaviour::default()
    });
    let arguments = "room --requests 4 --workers 2 --timeout 0.3 --json";
    let outcome = finish(load_stub(&stub, arguments));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let report = outcome.json();
    assert_eq!(report["failures"]["timeout"], 4);
    assert_eq!(report["answers"], 0);
    // A timeout counts with the time that it took.
    assert!(report["latency_ns"]["p50"].as_u64().unwrap() >= 299_000_000);
    let example = report["failures"]["example"].as_str().unwrap();
    assert!(example.contains("no answer within 300ms"), "{example}");
}

#[test]
fn closed_connections_are_opened_again() {
    let stub = Stub::start(Behaviour {
        close_connections: true,
        ..Behaviour::default()
    });
    let report = succeed(&stub, "bookings --requests 50 --workers 2");
    assert_eq!(report["statuses"], json!({ "201": 50 }));
    assert!(report["connections_opened"].as_u64().unwrap() >= 50);
}

#[test]
fn a_service_that_dies_ends_the_load() {
    let mut stub = Stub::start(Behaviour::default());
    let child = start(load_stub(&stub, "room --requests 100000000 --json"));
    wait_for_requests(&stub, 100);
    stub.kill();
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert!(
        outcome.stderr.contains("the service is gone"),
        "{outcome:?}"
    );
    let report = outcome.json();
    assert_eq!(report["interrupted"], true);
    assert!(report["answers"].as_u64().unwrap() >= 90);
    assert!(report["failures"]["connection"].as_u64().unwrap() > 0);
}

#[test]
fn a_signal_ends_the_load_with_what_was_measured() {
    for (sent, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let stub = Stub::start(Behaviour::default());
        let child = start(load_stub(
            &stub,
            "room --requests 1000000 --rate 100 --json",
        ));
        wait_for_requests(&stub, 20);
        signal(&child, sent);
        let outcome = Outcome::of(child.wait_with_output().unwrap());
        assert_eq!(outcome.code, Some(code), "{outcome:?}");
        let report = outcome.json();
        assert_eq!(report["interrupted"], true);
        let answers = report["answers"].as_u64().unwrap();
        assert!((10..1_000_000).contains(&answers), "{report}");
        assert_eq!(report["requests"], 1_000_000);
    }
}

#[test]
fn the_token_is_renewed_before_it_expires() {
    let stub = Stub::start(Behaviour {
        token_lifetime: Duration::from_secs(4),
        ..Behaviour::default()
    });
    let report = succeed(&stub, "my-bookings --requests 350 --rate 50");
    assert_eq!(report["statuses"], json!({ "200": 350 }));
    assert!(stub.count("POST /auth/login") >= 2);
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let stub = Stub::start(Behaviour::default());
    let mut command = load_stub(&stub, "room --requests 50");
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let status = command.stdout(writer).stderr(Stdio::null()).status();
    assert_eq!(status.unwrap().code(), Some(0));
}
