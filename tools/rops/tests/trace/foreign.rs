//! Traces of other programs, as far as they go.

use serde_json::json;

use crate::written::run;

#[test]
fn beginnings_and_ends_become_what_takes_time() {
    // As the crate tracing-chrome writes it: an array, begun and ended for themselves, no number of a process that matters.
    let events = json!([
        {"ph": "M", "pid": 1, "name": "thread_name", "tid": 0, "args": {"name": "main"}},
        {"ph": "B", "pid": 1, "ts": 5_000_100.0, "name": "outer", "cat": "app", "tid": 0, "args": {"x": "y"}},
        {"ph": "B", "pid": 1, "ts": 5_000_200.0, "name": "inner", "cat": "app", "tid": 0},
        {"ph": "E", "pid": 1, "ts": 5_000_250.0, "name": "inner", "cat": "app", "tid": 0},
        {"ph": "E", "pid": 1, "ts": 5_000_600.0, "name": "outer", "cat": "app", "tid": 0},
        // And as Chromium does: asynchronous, with texts for numbers.
        {"ph": "b", "pid": "browser", "tid": "io", "ts": 5_000_000.0, "id": "0x1f", "name": "load", "cat": "net"},
        {"ph": "e", "pid": "browser", "tid": "io", "ts": 5_001_000.0, "id": "0x1f", "name": "load", "cat": "net"},
        {"ph": "X", "pid": 2, "tid": 3, "ts": 5_000_000.0, "dur": 10, "name": "span", "cat": "span", "args": {}},
    ]);
    let ran = run(events.to_string().as_bytes(), &["summary"]).expect(0);
    ran.printed("elapsed:    1.00 ms");
    ran.printed("written by: another program");
    ran.printed("events:     4 others");
    ran.printed("Tasks, requests and why they were slow: only `diagnostics` writes these.");
    let polls = run(events.to_string().as_bytes(), &["polls", "--json"]).expect(0);
    let polls: serde_json::Value = serde_json::from_str(&polls.stdout).expect("JSON");
    let told: Vec<_> = polls["polls"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|poll| {
            (
                poll["place"].as_str(),
                poll["start"].as_u64(),
                poll["length"].as_u64(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (Some("load"), Some(0), Some(1_000_000)),
            (Some("outer"), Some(100_000), Some(500_000)),
            (Some("inner"), Some(200_000), Some(50_000)),
            (Some("span"), Some(0), Some(10_000)),
        ]
    );
    run(events.to_string().as_bytes(), &["requests"])
        .expect(0)
        .printed("No request is in this trace");
    run(events.to_string().as_bytes(), &["tasks"])
        .expect(0)
        .printed("No task was polled in this trace");
    run(events.to_string().as_bytes(), &["waits"])
        .expect(0)
        .printed("No span of a request has waited");
}

#[test]
fn what_is_open_at_the_end_ends_there() {
    let events = json!({"traceEvents": [
        {"ph": "B", "pid": 1, "tid": 1, "ts": 10, "name": "open"},
        {"ph": "X", "pid": 1, "tid": 1, "ts": 20, "dur": 30, "name": "done"},
        {"ph": "E", "pid": 1, "tid": 2, "ts": 30, "name": "never begun"},
    ], "metadata": {"command": "chrome", "records": "text"}});
    let ran = run(events.to_string().as_bytes(), &["polls"]).expect(0);
    ran.printed("40.0 µs from 0 ns on");
}
