//! Errors are counted, explained, and end in the right exit code.

use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::command::{Outcome, command, run};
use crate::stub::{Stub, nobody, serve_connections};

/// Longer than any test.
const FOR_EVER: Duration = Duration::from_secs(3600);

#[test]
fn unexpected_answers_are_counted_and_shown() {
    let failing = || Stub::with(|it| it.fail_every = Some(10));
    let report = failing().load("bookings --requests 100 --json").json(1);
    assert_eq!(report["statuses"], json!({ "201": 90, "500": 10 }));
    assert_eq!(report["answers"], 100);
    assert_eq!(report["unexpected"]["count"], 10);
    let example = report["unexpected"]["example"].as_str().unwrap();
    let start = "POST /bookings answered 500, expected 201: ";
    assert!(example.starts_with(start), "{example}");
    assert!(example.contains("said by the stub"), "{example}");

    let outcome = failing().load("bookings --requests 100");
    assert!(
        outcome.text(1).contains("unexpected:   10\n"),
        "{outcome:?}"
    );
    assert!(outcome.stdout.contains(example), "{outcome:?}");

    // The few bookings before a mixed load must succeed; it survives those that fail later.
    let stub = Stub::with(|it| it.fail_every = Some(200));
    let report = stub
        .load("mixed --requests 1000 --workers 1 --json")
        .json(1);
    assert_eq!(report["answers"], 1000);
    assert_eq!(report["statuses"]["500"], 1, "{report}");
}

#[test]
fn bad_options_and_foreign_hosts_are_refused() {
    for (arguments, words) in [
        ("rooms --url https://localhost:80", "TLS"),
        ("rooms --url ftp://localhost:80", "base URL"),
        ("rooms --url localhost:8080", "base URL"),
        ("rooms --url http://", "nothing else"),
        ("rooms --url http://127.0.0.1", "nothing else"),
        ("rooms --url http://127.0.0.1:99999", "nothing else"),
        ("rooms --url http://127.0.0.1:8080/rooms", "nothing else"),
        ("rooms --url http://127.0.0.1:0", "nobody can listen"),
        ("rooms --url http://192.0.2.1:8080", "not this machine"),
        ("rooms --url http://0.0.0.0:8080", "not this machine"),
        ("rooms --against http://192.0.2.1:80", "not this machine"),
        ("rooms --requests 0", "1..="),
        ("rooms --workers 0", "1..="),
        ("rooms --timeout 0", "1..="),
        ("rooms --rate 0", "requests per second"),
        ("rooms --rate=-5", "requests per second"),
        ("rooms --rate NaN", "requests per second"),
        ("rooms --day 2026-02-30", "not a day that exists"),
        ("rooms --rounds 2", "--against"),
        ("everything", "possible values"),
    ] {
        run("load", arguments).failed(2, words);
    }
    run("allocs", "mixed").failed(2, "not one call");
    run("allocs", "--debug-url http://192.0.2.1:80").failed(2, "not this machine");
}

#[test]
fn an_error_names_its_cause_once() {
    let answering = |answer: &'static str| {
        serve_connections(move |stream| {
            read_request(stream);
            let _ = stream.write_all(answer.as_bytes());
        })
    };
    let stub = Stub::new();
    let refusing = Stub::with(|it| it.refuse_logins = true);
    let nobody = nobody();
    let not_found = answering("HTTP/1.1 404 Not Found\r\ncontent-length: 8\r\n\r\nno \x1b[31mXY");
    let hello = answering("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
    let chunks = answering(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
    );
    let ssh = answering("SSH-2.0-OpenSSH\r\n");
    let silent = answering("");
    for (url, words) in [
        (&nobody, "Connection refused"),
        (&nobody, "Is it running?"),
        (
            &nobody,
            "cargo run --release -p step-01-discovery -- --listen 127.0.0.1:",
        ),
        (
            &not_found,
            "answered 404, expected 200: no  [31m\nIs this the coworking app?",
        ),
        (&hello, "what the coworking app does not: hello\n"),
        (&chunks, "what the coworking app does not: hello\n"),
        (&ssh, "POST /auth/login failed: the answer is not HTTP"),
        (
            &silent,
            "POST /auth/login failed: the service closed the connection",
        ),
        (&refusing.url, "the service refuses the login"),
    ] {
        for name in ["load", "allocs"] {
            let arguments = format!("my-bookings --requests 1 --url {url}");
            let outcome = match name {
                "allocs" => run(name, &format!("{arguments} --debug-url {}", stub.url)),
                _ => run(name, &arguments),
            };
            outcome.failed(1, words);
            assert_named_once(&outcome);
        }
    }
    for (debug_url, words) in [
        (&nobody, "no diagnostics answer at"),
        (&not_found, "GET /debug/memstats answered 404"),
        (&hello, "what the diagnostics do not: hello"),
    ] {
        let urls = format!("--url {} --debug-url {debug_url}", stub.url);
        let outcome = run("allocs", &format!("room --requests 1 {urls}"));
        outcome.failed(1, words);
        assert_named_once(&outcome);
    }
}

fn assert_named_once(outcome: &Outcome) {
    let mut parts: Vec<&str> = outcome.stderr.split([':', '\n']).map(str::trim).collect();
    parts.retain(|part| part.chars().any(char::is_alphabetic));
    let count = parts.len();
    parts.sort_unstable();
    parts.dedup();
    assert_eq!(parts.len(), count, "{outcome:?}");
}

/// Reads up to the end of a request without a body or with a short one; `false` if there is none.
fn read_request(stream: &mut TcpStream) -> bool {
    stream.read(&mut [0; 4096]).is_ok_and(|length| length > 0)
}

#[test]
fn requests_without_an_answer_time_out() {
    let stub = Stub::with(|it| it.stall = Some((1, FOR_EVER)));
    let arguments = "room --requests 4 --workers 2 --timeout 1 --json";
    let report = stub.load(arguments).json(1);
    assert_eq!(report["failures"]["timeout"], 4);
    assert_eq!(report["answers"], 0);
    // A timeout counts with the time that it took.
    assert!(report["latency_ns"]["p50"].as_u64().unwrap() >= 999_000_000);
    let example = &report["failures"]["example"];
    assert_eq!(example, "GET /rooms/{id}: no answer within 1s");
}

#[test]
fn a_connection_that_was_closed_after_an_answer_is_opened_again() {
    let stub = Stub::with(|it| it.close_connections = true);
    let silently = serve_connections(|stream| {
        if read_request(stream) {
            let answer = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{\"token\":\"t\"}";
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    for (arguments, url, status) in [
        ("bookings", &stub.url, "201"),
        ("rooms", &silently, "200"),
        // So slow that each close is seen before the next request is written: it was not sent, and is no failure.
        ("logins --rate 20", &silently, "200"),
    ] {
        let arguments = format!("{arguments} --requests 20 --workers 1 --url {url} --json");
        let report = run("load", &arguments).json(0);
        assert_eq!(report["statuses"], json!({ status: 20 }), "{arguments}");
        // The first connection of the silent service may be gone before its first request.
        let opened = report["connections_opened"].as_u64().unwrap();
        assert!((20..=21).contains(&opened), "{arguments}: {opened}");
    }
}

#[test]
fn only_what_is_safe_to_repeat_is_sent_twice() {
    for (kind, failures) in [("rooms", 0), ("logins", 5)] {
        let received = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&received);
        // It answers a connection's first request, and closes the connection when it has read the second one.
        let url = serve_connections(move |stream| {
            let answers = Cell::new(1);
            while read_request(stream) {
                counted.fetch_add(1, Ordering::Relaxed);
                if answers.replace(0) == 0 {
                    return;
                }
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 13\r\n\r\n{\"token\":\"t\"}";
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        let arguments = format!("{kind} --requests 10 --workers 1 --url {url} --json");
        let report = run("load", &arguments).json(i32::from(failures > 0));
        assert_eq!(report["failures"]["connection"], failures, "{report}");
        assert_eq!(report["answers"], 10 - failures, "{report}");
        // One login is the preparation's; of the reads, nine met a connection that had answered.
        let expected = if kind == "logins" { 11 } else { 19 };
        assert_eq!(received.load(Ordering::Relaxed), expected, "{report}");
    }
}

#[test]
fn a_service_that_dies_ends_the_load() {
    let mut stub = Stub::new();
    let child = stub.start_load("room --requests 100000000 --json", 100);
    stub.kill();
    let outcome = Outcome::of(child.wait_with_output().unwrap());
    let report = outcome.json(1);
    assert!(
        outcome.stderr.contains("the service is gone"),
        "{outcome:?}"
    );
    assert_eq!(report["interrupted"], true);
    assert!(report["answers"].as_u64().unwrap() >= 90);
    assert!(report["failures"]["connection"].as_u64().unwrap() > 0);
}

#[test]
fn a_signal_ends_the_load_with_what_was_measured() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let stub = Stub::new();
        let child = stub.start_load("room --requests 1000000 --rate 100 --json", 20);
        kill_process(Pid::from_child(&child), signal).unwrap();
        let report = Outcome::of(child.wait_with_output().unwrap()).json(code);
        assert_eq!(report["interrupted"], true);
        let answers = report["answers"].as_u64().unwrap();
        assert!((10..1_000_000).contains(&answers), "{report}");
        assert_eq!(report["requests"], 1_000_000);
    }
}

#[test]
fn an_interrupted_load_takes_its_bookings_away_too() {
    let stub = Stub::new();
    // One at a time and seldom, so that the signal meets no booking under way.
    let child = stub.start_load("bookings --requests 1000000 --rate 20 --json", 12);
    sleep(Duration::from_millis(20));
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    Outcome::of(child.wait_with_output().unwrap()).json(130);
    assert!(stub.ever_booked().len() >= 5);
    assert_eq!(stub.bookings(), 0);
}

#[test]
fn a_service_that_stands_still_is_not_fast_when_the_load_is_interrupted() {
    let frozen = |arguments: &str, workers: usize| {
        let stub = Stub::with(|it| it.stall = Some((20, FOR_EVER)));
        let child = stub.start_load(arguments, 1 + 19 + workers);
        sleep(Duration::from_millis(500));
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        Outcome::of(child.wait_with_output().unwrap())
    };
    let report = frozen("room --rate 200 --workers 4 --json", 4).json(130);
    assert_eq!(report["answers"], 19);
    // Four are under way; a hundred more were due in half a second and found no free worker.
    assert!(
        report["unanswered"]["count"].as_u64().unwrap() >= 100,
        "{report}"
    );
    let oldest = report["unanswered"]["oldest_ns"].as_u64().unwrap();
    assert!(oldest >= 500_000_000, "{report}");
    for value in [&report["latency_ns"], &report["start_delay_ns"]] {
        assert!(value["p50"].as_u64().unwrap() >= 100_000_000, "{report}");
    }
    assert!(
        report["elapsed_seconds"].as_f64().unwrap() >= 0.5,
        "{report}"
    );

    let outcome = frozen("room --workers 2", 2);
    let line = "unanswered:   2, the oldest for ";
    assert!(outcome.text(130).contains(line), "{outcome:?}");
}

#[test]
fn an_output_that_takes_nothing_is_no_panic() {
    let stub = Stub::new();
    for (name, arguments) in [
        ("load", format!("room --requests 50 --url {}", stub.url)),
        (
            "allocs",
            format!("room --requests 5 --url {0} --debug-url {0}", stub.url),
        ),
    ] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = command(name, &arguments).stdout(full).output();
        let outcome = Outcome::of(output.unwrap());
        outcome.failed(1, "cannot write the result: No space left on device");
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");

        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = command(name, &arguments).stdout(writer).output();
        let outcome = Outcome::of(output.unwrap());
        assert_eq!((outcome.text(0), outcome.stderr.as_str()), ("", ""));
    }
}
