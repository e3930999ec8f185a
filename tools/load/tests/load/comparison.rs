//! `--against`: two services in turn.

use std::time::Duration;

use serde_json::Value;

use crate::stub::{Stub, nobody};

#[test]
fn both_services_get_the_load_in_every_round_and_the_better_one_is_told() {
    // Slow once in the first load of 20 requests, long enough for every percentile above p90.
    let before = Stub::with(|it| it.stall = Some((10, Duration::from_millis(400))));
    let after = Stub::new();
    let arguments = format!(
        "room --requests 20 --workers 1 --same --against {}",
        after.url
    );
    let report = before.report(&format!("{arguments} --rounds 1"));
    for stub in [&before, &after] {
        assert_eq!(stub.count("GET /rooms/"), 20);
    }
    assert_eq!(report["kind"], "room");
    let named = report["after"].as_str().unwrap();
    assert!(named.ends_with(&format!(" at {}", after.url)), "{report}");
    assert_eq!(report["rounds"], 1);
    for row in ["throughput", "p50", "p90", "p99"] {
        for field in ["before", "after", "ratio", "smallest", "largest"] {
            let value = report[row][field].as_f64();
            assert!(value.is_some_and(|value| value > 0.0), "{row} {field}");
        }
    }
    let of = |row: &str, field: &str| report[row][field].as_f64().unwrap();
    assert!(of("p99", "before") >= 395e6, "{report}");
    assert!(of("p99", "ratio") > 1.0, "{report}");
    assert!(of("throughput", "ratio") > 1.0, "{report}");

    let outcome = before.load(&arguments);
    for key in ["before: ", "after:  ", "throughput ratio: ", "p50 ratio: "] {
        let lines = outcome.text(0).lines().filter(|line| line.starts_with(key));
        assert_eq!(lines.count(), 1, "{key} in {}", outcome.stdout);
    }
    for stub in [&before, &after] {
        assert_eq!(stub.count("GET /rooms/"), 80);
    }
}

#[test]
fn a_program_is_not_compared_with_itself_by_mistake() {
    let (one, two) = (Stub::new(), Stub::new());
    let outcome = one.load(&format!("room --requests 5 --against {}", two.url));
    outcome.failed(2, "are the same program");
    assert!(outcome.stderr.contains("--same"), "{outcome:?}");
    assert_eq!(one.log().len() + two.log().len(), 0);
}

#[test]
fn a_comparison_ends_with_the_first_load_that_goes_wrong() {
    let good = Stub::new();
    let bad = Stub::with(|it| it.fail_every = Some(5));
    let outcome = good.load(&format!(
        "bookings --requests 20 --same --against {}",
        bad.url
    ));
    outcome.failed(1, &bad.url);
    assert!(outcome.stderr.contains("unexpected:   4\n"), "{outcome:?}");
    assert_eq!(bad.count("POST /bookings"), 20);

    let outcome = good.load(&format!("rooms --requests 5 --against {}", nobody()));
    outcome.failed(1, "no service answers");
}

#[test]
fn logins_come_in_at_the_same_rate_while_both_are_measured() {
    let (before, after) = (Stub::new(), Stub::new());
    let arguments = format!(
        "room --requests 20 --workers 1 --same --rounds 1 --logins 1 --against {}",
        after.url
    );
    let report = before.report(&arguments);
    assert_eq!(report["logins"]["percent"], 1);
    let rate = report["logins"]["per_second"].as_f64().unwrap();
    assert!(
        rate > 1.0,
        "a stub does more than 100 logins a second: {report}"
    );
    // Forty tell what the first one can do. In the second before its load each gets the rate, and one to begin with.
    let logins = |stub: &Stub| stub.count("POST /auth/login");
    let (before, after) = (logins(&before) - 40, logins(&after));
    for came_in in [before, after] {
        assert!(came_in as f64 >= 0.9 * rate, "{before}, {after}: {report}");
    }

    // The processor time is not the load's alone.
    assert_eq!(report["processor"], Value::Null);

    let bad = Stub::with(|it| it.refuse_logins = true);
    let outcome = bad.load("room --requests 20 --workers 1 --logins 50");
    outcome.failed(1, "login");
}
