//! `--against`: two services in turn.

use std::time::Duration;

use serde_json::Value;

use crate::command::{finish, load_stub, succeed};
use crate::stub::{Behaviour, Stub};

/// Slow once in every load of 20 requests that it gets, long enough for every percentile above p90.
fn slow() -> Stub {
    Stub::start(Behaviour {
        stall: Some((10, Duration::from_millis(400))),
        ..Behaviour::default()
    })
}

#[test]
fn both_services_get_the_load_in_every_round_and_the_better_one_is_told() {
    let (before, after) = (slow(), Stub::start(Behaviour::default()));
    let against = format!("http://{}", after.address);
    let report = succeed(
        &before,
        &format!("room --requests 20 --workers 1 --rounds 1 --against {against}"),
    );
    assert_eq!(before.count("GET /rooms/"), 20);
    assert_eq!(after.count("GET /rooms/"), 20);
    assert_eq!(report["after"], against);
    let of = |row: &str, field: &str| report[row][field].as_f64().expect("a number");
    assert!(of("p99", "before") >= 395e6, "{report}");
    assert!(
        of("p99", "ratio") > 1.0 && of("throughput", "ratio") > 1.0,
        "{report}"
    );

    let text = load_stub(
        &before,
        &format!("room --requests 20 --rounds 3 --against {against}"),
    );
    let outcome = finish(text);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert_eq!(
        (before.count("GET /rooms/"), after.count("GET /rooms/")),
        (80, 80)
    );
    for key in ["before: ", "after:  ", "throughput ratio: ", "p50 ratio: "] {
        let lines = outcome.stdout.lines().filter(|line| line.starts_with(key));
        assert_eq!(lines.count(), 1, "{key} in {}", outcome.stdout);
    }
}

#[test]
fn a_comparison_ends_with_the_first_load_that_goes_wrong() {
    let (good, bad) = (
        Stub::start(Behaviour::default()),
        Stub::start(Behaviour {
            fail_every: Some(5),
            ..Behaviour::default()
        }),
    );
    let against = format!("bookings --requests 20 --against http://{}", bad.address);
    let outcome = finish(load_stub(&good, &against));
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    assert_eq!(outcome.stdout, "", "a comparison of half a load is none");
    assert!(
        outcome.stderr.contains(&bad.address.to_string()),
        "{outcome:?}"
    );
    assert_eq!(bad.count("POST /bookings"), 20);

    let nobody = format!(
        "rooms --requests 5 --against http://127.0.0.1:{}",
        free_port()
    );
    let outcome = finish(load_stub(&good, &nobody));
    assert_eq!(outcome.code, Some(1));
    assert!(outcome.stderr.contains("no service answers"), "{outcome:?}");
}

#[test]
fn rounds_need_something_to_compare_with() {
    let stub = Stub::start(Behaviour::default());
    let outcome = finish(load_stub(&stub, "rooms --requests 5 --rounds 2"));
    assert_eq!(outcome.code, Some(2));
    assert!(outcome.stderr.contains("--against"), "{outcome:?}");
    let remote = finish(load_stub(&stub, "rooms --against http://192.0.2.1:80"));
    assert_eq!(remote.code, Some(2));
    assert!(remote.stderr.contains("192.0.2.1"), "{remote:?}");
    assert_eq!(stub.log(), Vec::<String>::new());
}

/// A port on which nobody listens now.
fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[test]
fn json_of_a_comparison_has_every_documented_field() {
    let (before, after) = (
        Stub::start(Behaviour::default()),
        Stub::start(Behaviour::default()),
    );
    let arguments = format!(
        "my-bookings --requests 6 --rounds 2 --against http://{}",
        after.address
    );
    let report = succeed(&before, &arguments);
    assert_eq!(
        (&report["kind"], &report["rounds"]),
        (&Value::from("my-bookings"), &Value::from(2))
    );
    for row in ["throughput", "p50", "p90", "p99"] {
        for field in ["before", "after", "ratio", "smallest", "largest"] {
            assert!(
                report[row][field].as_f64().is_some_and(|value| value > 0.0),
                "{row} {field}"
            );
        }
    }
}
