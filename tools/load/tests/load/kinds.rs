//! Each kind of load makes the calls that it promises.

use std::collections::HashSet;

use serde_json::{Value, json};

use crate::command::{finish, load_stub, succeed};
use crate::stub::{Behaviour, Stub};

#[test]
fn bookings_never_meet_even_when_the_load_is_repeated() {
    let stub = Stub::start(Behaviour::default());
    let first = succeed(&stub, "bookings --requests 300 --workers 4");
    assert_eq!(first["statuses"], json!({ "201": 300 }));
    let second = succeed(&stub, "bookings --requests 301 --workers 3");
    assert_eq!(second["statuses"], json!({ "201": 301 }));

    let bookings = stub.bookings();
    assert_eq!(bookings.len(), 601);
    assert_eq!(bookings.iter().collect::<HashSet<_>>().len(), 601);
    for room in ["green", "red", "yellow"] {
        let of_room = bookings.iter().filter(|(name, _)| name == room).count();
        assert!((200..=201).contains(&of_room), "{room}: {of_room}");
    }
    // Days sort like text; the second run starts after the last day of the first one.
    assert!(second["first_day"].as_str() > first["last_day"].as_str());
}

#[test]
fn bookings_start_where_they_are_told_to() {
    let stub = Stub::start(Behaviour::default());
    let report = succeed(&stub, "bookings --requests 7 --first-day 2031-02-27");
    assert_eq!(report["first_day"], "2031-02-27");
    assert_eq!(report["last_day"], "2031-03-01");
    assert_eq!(stub.count("GET /bookings"), 0);
    let days: HashSet<_> = stub.bookings().into_iter().map(|(_, day)| day).collect();
    let expected = ["2031-02-27", "2031-02-28", "2031-03-01"];
    assert_eq!(days, expected.map(String::from).into());
}

#[test]
fn the_calendar_ends_with_the_year_9999() {
    let stub = Stub::start(Behaviour::default());
    stub.add_booking("red", "9999-12-30");
    assert_eq!(
        succeed(&stub, "bookings --requests 3")["last_day"],
        "9999-12-31"
    );
    let full = finish(load_stub(&stub, "bookings --requests 3"));
    assert_eq!(full.code, Some(1));
    assert!(full.stderr.contains("year 9999"), "{full:?}");
    let too_many = finish(load_stub(
        &stub,
        "bookings --requests 4 --first-day 9999-12-31",
    ));
    assert_eq!(too_many.code, Some(1));
    assert!(too_many.stderr.contains("do not fit"), "{too_many:?}");
    assert_eq!(stub.count("POST /bookings"), 3);
}

#[test]
fn reads_and_logins_make_the_calls_that_they_promise() {
    for (kind, line, logins, lists) in [
        ("rooms", "GET /rooms", 0, 0),
        (
            "rooms --day 2027-05-06",
            "GET /rooms?day_to_book=2027-05-06",
            0,
            0,
        ),
        ("room", "GET /rooms/", 0, 1),
        ("my-bookings", "GET /bookings", 1, 0),
        ("logins", "POST /auth/login", 1, 0),
    ] {
        let stub = Stub::start(Behaviour::default());
        let report = succeed(&stub, &format!("{kind} --requests 30 --workers 3"));
        assert_eq!(report["statuses"], json!({ "200": 30 }), "{kind}");
        assert_eq!(report["operations"].as_array().unwrap().len(), 1, "{kind}");
        let log = stub.log();
        let measured = stub.count(line);
        let before = if kind == "logins" { 1 } else { 0 };
        assert_eq!(measured, 30 + before, "{kind}: {log:?}");
        assert_eq!(log.len(), 30 + logins + lists, "{kind}: {log:?}");
    }
    let stub = Stub::start(Behaviour::default());
    succeed(&stub, "room --requests 30");
    for room in ["green", "red", "yellow"] {
        assert_eq!(stub.count(&format!("GET /rooms/{room}")), 10);
    }
}

#[test]
fn mixed_has_exact_shares_and_leaves_no_deletion_without_a_booking() {
    let stub = Stub::start(Behaviour::default());
    let report = succeed(&stub, "mixed --requests 2000 --workers 8");
    let counts: Vec<(&str, u64)> = report["operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|operation| {
            let statuses = operation["statuses"].as_object().unwrap();
            let expected = operation["expected_status"].to_string();
            let count = statuses[&expected].as_u64().unwrap();
            (operation["operation"].as_str().unwrap(), count)
        })
        .collect();
    assert_eq!(
        counts,
        [
            ("GET /rooms", 300),
            ("GET /rooms/{id}", 900),
            ("POST /bookings", 400),
            ("GET /bookings/{id}", 180),
            ("DELETE /bookings/{id}", 200),
            ("POST /auth/login", 20),
        ]
    );
    assert_eq!(report["unexpected"]["count"], 0);
    assert!(stub.count("GET /rooms?day_to_book=") == 300);
    // Nothing that the load says was booked is missing.
    let made_before = stub.count("POST /bookings") - 400;
    assert_eq!(stub.bookings().len(), made_before + 400 - 200);
    // A second run on the same service works as well.
    succeed(&stub, "mixed --requests 1000 --workers 8 --seed 2");
}

#[test]
fn mixed_repeats_itself_with_the_same_seed() {
    let order = |seed: u64| {
        let stub = Stub::start(Behaviour::default());
        let arguments = format!("mixed --requests 500 --workers 1 --seed {seed}");
        succeed(&stub, &arguments);
        stub.log()
    };
    assert_eq!(order(5), order(5));
    assert_ne!(order(5), order(6));
}

#[test]
fn signs_up_a_new_user_and_is_content_with_a_known_one() {
    let stub = Stub::start(Behaviour::default());
    let arguments = "bookings --requests 3 --user someone --password secret-word-1";
    let unknown = finish(load_stub(&stub, arguments));
    assert_eq!(unknown.code, Some(1));
    assert!(unknown.stderr.contains("--sign-up"), "{unknown:?}");
    succeed(&stub, &format!("{arguments} --sign-up"));
    succeed(&stub, &format!("{arguments} --sign-up"));
    assert_eq!(stub.count("POST /auth/signup"), 2);
}

#[test]
fn the_text_has_one_line_for_each_value() {
    let stub = Stub::start(Behaviour::default());
    let outcome = finish(load_stub(&stub, "bookings --requests 60 --workers 2"));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let keys: Vec<&str> = outcome
        .stdout
        .lines()
        .filter_map(|line| Some(line.split_once(':')?.0))
        .collect();
    assert_eq!(
        keys,
        [
            "load",
            "days",
            "requests",
            "elapsed",
            "throughput",
            "p50",
            "p90",
            "p99",
            "max",
            "received",
            "status 201",
            "unexpected",
        ]
    );
    assert!(outcome.stderr.is_empty(), "{outcome:?}");
}

#[test]
fn json_has_the_documented_fields() {
    let stub = Stub::start(Behaviour::default());
    let help = finish(crate::command::load("--help")).stdout;
    let report = succeed(&stub, "room --requests 20 --rate 400");
    let Value::Object(fields) = report else {
        panic!("{report} is no object");
    };
    for name in fields.keys() {
        let documented = help
            .lines()
            .any(|line| line.trim_start().split([',', ' ']).any(|word| word == name));
        assert!(documented, "{name} is not in the help");
    }
    assert_eq!(fields["loop"], "open");
    assert_eq!(fields["rate_per_second"], 400.0);
    assert_eq!(fields["workers"], 64);
    for percentiles in ["latency_ns", "start_delay_ns"] {
        let value = |name: &str| fields[percentiles][name].as_u64().unwrap();
        assert!(value("p50") <= value("p90"));
        assert!(value("p90") <= value("p99"));
        assert!(value("p99") <= value("max"));
    }
}
