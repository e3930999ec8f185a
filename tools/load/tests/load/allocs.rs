//! `cargo allocs` at a service whose counts are known.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::command::{Outcome, finish};
use crate::stub::{Behaviour, Stub};

fn allocs(arguments: &str, app: &Stub, debug: &Stub) -> Outcome {
    let mut command = Command::new(env!("CARGO_BIN_EXE_allocs"));
    command
        .args(arguments.split_whitespace())
        .args(["--url", &format!("http://{}", app.address)])
        .args(["--debug-url", &format!("http://{}", debug.address)])
        .stdin(Stdio::null());
    finish(command)
}

#[test]
fn a_request_costs_what_the_service_counted_without_the_readings() {
    let stub = Stub::start(Behaviour::default());
    let outcome = allocs(
        "rooms room picture my-bookings bookings logins --requests 20 --json",
        &stub,
        &stub,
    );
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let costs = outcome.json();
    let calls: Vec<&str> = costs
        .as_array()
        .unwrap()
        .iter()
        .map(|cost| cost["call"].as_str().unwrap())
        .collect();
    assert_eq!(
        calls,
        [
            "GET /rooms",
            "GET /rooms/{id}",
            "GET /imgs/{file}",
            "GET /bookings",
            "POST /bookings",
            "POST /auth/login"
        ]
    );
    for cost in costs.as_array().unwrap() {
        let allocs = serde_json::json!({ "median": 7, "min": 7, "max": 14 });
        let bytes = serde_json::json!({ "median": 1000, "min": 1000, "max": 1000 });
        assert_eq!(
            (&cost["requests"], &cost["allocs"], &cost["bytes"]),
            (&Value::from(20), &allocs, &bytes),
            "{cost}"
        );
    }
    assert_eq!(
        stub.count("POST /bookings"),
        40,
        "twenty to warm up, twenty to count"
    );
}

#[test]
fn the_table_has_a_line_for_each_call() {
    let stub = Stub::start(Behaviour::default());
    let outcome = allocs("room --requests 10", &stub, &stub);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let lines: Vec<Vec<&str>> = outcome
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    assert_eq!(lines.len(), 2, "{outcome:?}");
    assert_eq!(
        lines[1],
        ["GET", "/rooms/{id}", "7", "7", "to", "14", "1,000"]
    );
}

#[test]
fn trouble_is_named() {
    let stub = Stub::start(Behaviour::default());
    let other = Stub::start(Behaviour::default());
    let outcome = allocs("room --requests 5", &stub, &other);
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("the same process"), "{outcome:?}");

    let outcome = allocs("mixed", &stub, &stub);
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("not one call"), "{outcome:?}");

    let failing = Stub::start(Behaviour {
        fail_every: Some(3),
        ..Behaviour::default()
    });
    let outcome = allocs("bookings", &failing, &failing);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.contains("POST /bookings answered 500"),
        "{outcome:?}"
    );

    let mut gone = Stub::start(Behaviour::default());
    gone.kill();
    let outcome = allocs("room", &stub, &gone);
    assert_eq!(outcome.code, Some(1));
    assert!(
        outcome.stderr.contains("no diagnostics answer at"),
        "{outcome:?}"
    );
}
