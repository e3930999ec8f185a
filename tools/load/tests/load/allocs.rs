//! `cargo allocs` at a service whose counts are known.

use serde_json::json;

use crate::command::run;
use crate::stub::Stub;

#[test]
fn a_request_costs_what_the_service_counted_without_the_readings() {
    let stub = Stub::new();
    let kinds = "rooms room picture my-bookings bookings logins";
    let outcome = stub.allocs(&format!("{kinds} --requests 20 --json"));
    let costs = outcome.json(0);
    let calls = [
        "GET /rooms",
        "GET /rooms/{id}",
        "GET /imgs/{file}",
        "GET /bookings",
        "POST /bookings",
        "POST /auth/login",
    ];
    let expected = calls.map(|call| {
        json!({
            "call": call,
            "requests": 20,
            "allocs": { "median": 7, "min": 7, "max": 14 },
            "bytes": { "median": 1000, "min": 1000, "max": 1000 },
        })
    });
    assert_eq!(costs, json!(expected));
    // Twenty to warm up, twenty to count.
    assert_eq!((stub.count("POST /bookings"), stub.bookings()), (40, 0));
    assert_eq!(outcome.stderr, "", "nobody else was busy");
}

#[test]
fn the_table_has_a_line_for_each_call() {
    let stub = Stub::new();
    let outcome = stub.allocs("room --requests 10");
    let lines: Vec<_> = outcome.text(0).lines().collect();
    let [service, "", _, line] = lines[..] else {
        panic!("{outcome:?}");
    };
    let program = std::env::current_exe().unwrap();
    let program = program.file_name().unwrap().to_str().unwrap();
    assert_eq!(service, format!("service: {program} at {}", stub.url));
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(words.join(" "), "GET /rooms/{id} 7 7 to 14 1,000");
}

#[test]
fn a_service_that_is_busy_with_somebody_else_is_told() {
    let outcome = Stub::with(|it| it.busy = 80).allocs("room rooms --requests 10");
    assert_eq!(outcome.text(0).lines().count(), 5, "{outcome:?}");
    for call in ["warning: GET /rooms/{id}: ", "warning: GET /rooms: "] {
        assert!(outcome.stderr.contains(call), "{outcome:?}");
    }
    assert!(
        outcome.stderr.contains("somebody else is busy"),
        "{outcome:?}"
    );
}

#[test]
fn trouble_is_named() {
    let (stub, other) = (Stub::new(), Stub::new());
    let urls = format!("--url {} --debug-url {}", stub.url, other.url);
    let outcome = run("allocs", &format!("room --requests 5 {urls}"));
    outcome.failed(1, "the same process");

    let failing = Stub::with(|it| it.fail_every = Some(3));
    let outcome = failing.allocs("bookings");
    outcome.failed(
        1,
        "`bookings` could not be counted: POST /bookings answered 500",
    );
}
