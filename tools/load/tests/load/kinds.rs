//! Each kind of load makes the calls that it promises, and says what came of them.

use std::collections::HashSet;

use serde_json::json;

use crate::command::run;
use crate::stub::Stub;

#[test]
fn bookings_never_meet_and_go_away_again() {
    let stub = Stub::new();
    let report = stub.report("bookings --requests 301 --workers 4");
    assert_eq!(report["statuses"], json!({ "201": 301 }));
    let booked = stub.ever_booked();
    assert_eq!(booked.len(), 301);
    assert_eq!(booked.iter().collect::<HashSet<_>>().len(), 301);
    for room in ["green", "red", "yellow"] {
        let of_room = booked.iter().filter(|(name, _)| name == room).count();
        assert!((100..=101).contains(&of_room), "{room}: {of_room}");
    }
    // Days sort like text; nobody else books these.
    let days = || booked.iter().map(|(_, day)| day.as_str());
    assert_eq!(days().min(), report["first_day"].as_str());
    assert_eq!(days().max(), report["last_day"].as_str());
    assert!(days().min() >= Some("3000-01-01"), "{report}");

    assert_eq!(stub.bookings(), 0);
    assert_eq!(stub.count("DELETE /bookings/"), 301);
    // What was booked and never answered goes away, too.
    let failing = Stub::with(|it| it.fail_every = Some(50));
    failing.load("bookings --requests 100").text(1);
    assert_eq!((failing.ever_booked().len(), failing.bookings()), (98, 0));
}

#[test]
fn what_cannot_be_taken_away_is_told() {
    let stub = Stub::with(|it| it.keep_bookings = true);
    let outcome = stub.load("bookings --requests 10");
    assert!(
        outcome.text(0).contains("status 201:   10\n"),
        "{outcome:?}"
    );
    let warning = "warning: bookings of this load stay at http://";
    assert!(outcome.stderr.starts_with(warning), "{outcome:?}");
    assert!(outcome.stderr.contains("answered 500"), "{outcome:?}");
}

#[test]
fn reads_and_logins_make_the_calls_that_they_promise() {
    for (kind, line, before) in [
        ("rooms", "GET /rooms", &[] as &[_]),
        (
            "rooms --day 2027-05-06",
            "GET /rooms?day_to_book=2027-05-06",
            &[],
        ),
        ("picture", "GET /imgs/green_0001.svg", &[]),
        ("my-bookings", "GET /bookings", &["POST /auth/login"]),
        ("logins", "POST /auth/login", &["POST /auth/login"]),
    ] {
        let stub = Stub::new();
        let report = stub.report(&format!("{kind} --requests 30 --workers 3"));
        assert_eq!(report["statuses"], json!({ "200": 30 }), "{kind}");
        assert_eq!(stub.log(), [before, &[line; 30]].concat(), "{kind}");
    }
    let stub = Stub::new();
    // A name may have several addresses, of which the service listens on one.
    let url = stub.url.replace("127.0.0.1", "localhost");
    run("load", &format!("room --requests 30 --url {url}/")).text(0);
    for room in ["green", "red", "yellow"] {
        assert_eq!(stub.count(&format!("GET /rooms/{room}")), 10);
    }
}

#[test]
fn mixed_has_exact_shares_and_leaves_no_deletion_without_a_booking() {
    let stub = Stub::new();
    let report = stub.report("mixed --requests 2000 --workers 8");
    let operations = report["operations"].as_array().unwrap();
    let counts: Vec<_> = (operations.iter())
        .map(|it| (it["operation"].as_str().unwrap(), it["statuses"].clone()))
        .collect();
    assert_eq!(
        counts,
        [
            ("GET /rooms", json!({ "200": 300 })),
            ("GET /rooms/{id}", json!({ "200": 900 })),
            ("POST /bookings", json!({ "201": 300 })),
            ("GET /bookings/{id}", json!({ "200": 180 })),
            ("DELETE /bookings/{id}", json!({ "204": 300 })),
            ("POST /auth/login", json!({ "200": 20 })),
        ]
    );
    assert_eq!(stub.count("GET /rooms?day_to_book="), 300);
    // Those that were made before the load are gone as well.
    assert!(stub.ever_booked().len() > 300);
    assert_eq!(stub.bookings(), 0);
    // A second run on the same service works as well, and has a table.
    let second = stub.load("mixed --requests 1000 --workers 8");
    let deletions = second.text(0).lines().last().unwrap();
    assert!(second.stdout.contains("\n\ncall "), "{second:?}");
    assert!(deletions.starts_with("POST /auth/login "), "{second:?}");
}

#[test]
fn a_mixed_load_repeats_itself_and_outlives_its_first_token() {
    let log = || {
        let stub = Stub::with(|it| it.one_token = true);
        let report = stub.report("mixed --requests 1000 --workers 1 --day 2027-05-06");
        assert_eq!(report["unexpected"]["count"], 0, "{report}");
        stub.log()
    };
    assert_eq!(log(), log());
}

#[test]
fn the_text_has_one_line_for_each_value() {
    let outcome = Stub::new().load("bookings --requests 60 --workers 2");
    let lines = outcome.text(0).lines();
    let keys: Vec<&str> = lines
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    assert_eq!(
        keys.join(", "),
        "service, load, days, requests, elapsed, throughput, p50, p90, p99, max, received, status 201, unexpected"
    );
    assert_eq!(outcome.stderr, "");
}

#[test]
fn json_has_the_documented_fields() {
    let help = run("load", "--help").stdout;
    let report = Stub::new().report("room --requests 20 --rate 400");
    for name in report.as_object().unwrap().keys() {
        let documented = help
            .lines()
            .any(|line| line.trim_start().split([',', ' ']).any(|word| word == name));
        assert!(documented, "{name} is not in the help");
    }
    assert_eq!(
        (&report["loop"], &report["rate_per_second"]),
        (&json!("open"), &json!(400.0))
    );
    assert_eq!(report["workers"], 64);
    for percentiles in ["latency_ns", "start_delay_ns"] {
        let values = ["p50", "p90", "p99", "max"];
        let values = values.map(|name| report[percentiles][name].as_u64().unwrap());
        assert!(values.is_sorted(), "{report}");
    }
}
