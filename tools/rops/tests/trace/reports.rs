//! What reports say of a trace in which all is known.

use rops::trace::Window;
use serde_json::{Value, json};

use crate::written::{Written, run};

/// A request of one millisecond, whose task is on two workers and has to wait behind another one; times are microseconds.
fn one_request() -> Written {
    let waiting = ("query", "src/db.rs:5");
    Written::default()
        .request(70, 0, (100.0, 1100.0), "/rooms")
        .span(71, 0, (200.0, 900.0), waiting)
        .poll(1, 11, (90.0, 310.0), 5.0)
        .busy((0, 70), 1, 11, (100.0, 200.0))
        .busy((0, 71), 1, 11, (200.0, 300.0))
        // The database's own thread.
        .busy((0, 71), 0, 13, (350.0, 450.0))
        // Ready from 600 on.
        .poll(1, 12, (850.0, 1105.0), 250.0)
        .busy((0, 71), 1, 12, (850.0, 900.0))
        .busy((0, 70), 1, 12, (900.0, 1100.0))
        // What held both workers.
        .poll(2, 11, (500.0, 950.0), 0.0)
        .poll(3, 12, (550.0, 840.0), 0.0)
        .other(
            json!({"ph": "C", "name": "memory", "pid": 1, "tid": 0, "ts": 5.0,
            "args": {"allocated": 5_000_000, "resident": 9_000_000}}),
        )
        .other(
            json!({"ph": "M", "name": "thread_name", "pid": 1, "tid": 11, "ts": 0.0,
            "args": {"name": "worker"}}),
        )
}

fn json(report: &str) -> Value {
    let ran = run(one_request().json().as_bytes(), &[report, "--json"]).expect(0);
    serde_json::from_str(&ran.stdout).expect("JSON")
}

#[test]
fn the_parts_of_a_request_add_up_to_it() {
    let routes = json("requests");
    let route = &routes["routes"][0];
    assert_eq!(
        (&route["route"], &route["count"], &route["slowest"]),
        (&json!("/rooms"), &json!(1), &json!(1))
    );
    // In polls 100 + 100 + 10 and 250, in the database 100, from 600 to 850 ready; the rest is in the query.
    let part = |name: &str| route[name].as_u64().expect("a number");
    assert_eq!(part("busy"), 460_000);
    assert_eq!(part("other_threads"), 100_000);
    assert_eq!(part("ready"), 250_000);
    assert_eq!(
        route["waiting"],
        json!([["`query`, src/db.rs:5", 190_000]]),
        "{route}"
    );
    assert_eq!(route["length"]["total"], 1_000_000);
}

#[test]
fn a_long_poll_tells_who_waited_behind_it() {
    let polls = json("polls");
    let longest = &polls["polls"][0];
    assert_eq!(
        (&longest["task"], &longest["length"], &longest["thread"]),
        (&json!(2), &json!(450_000), &json!("worker 11"))
    );
    // Task 1, from 600 to 850.
    assert_eq!(
        (&longest["behind"], &longest["waited"]),
        (&json!(1), &json!(250_000))
    );
}

#[test]
fn tasks_are_summed_up_by_their_place() {
    let tasks = json("tasks");
    let place = &tasks["places"][0];
    assert_eq!(
        (&place["place"], &place["tasks"], &place["polls"]),
        (&json!("src/main.rs:9:5"), &json!(3), &json!(4))
    );
    assert_eq!(
        place["busy"]["total"],
        220_000 + 255_000 + 450_000 + 290_000
    );
    assert_eq!(place["ready"]["max"], 250_000);
    // Task 1 between its polls, until it is ready.
    assert_eq!(place["waiting"], 290_000);
}

#[test]
fn waits_are_by_the_spans_that_are_open() {
    let waits = json("waits");
    assert_eq!(waits["waits"].as_array().map(Vec::len), Some(1));
    let wait = &waits["waits"][0];
    assert_eq!(
        (&wait["stack"], &wait["at"]),
        (&json!(["/rooms", "query"]), &json!("src/db.rs:5"))
    );
    assert_eq!(
        (&wait["count"], &wait["length"]["total"]),
        (&json!(2), &json!(190_000))
    );
}

#[test]
fn the_summary_has_workers_memory_and_what_is_lost() {
    let summary = json("summary");
    assert_eq!(summary["length"], 1_105_000);
    let workers = summary["workers"].as_array().expect("workers");
    let busy: Vec<_> = workers.iter().map(|worker| &worker["busy"]).collect();
    // Two polls on the first one are beside each other.
    assert_eq!(busy, [&json!(670_000), &json!(545_000)]);
    assert_eq!(summary["memory"]["most_allocated"], 5_000_000.0);
    assert_eq!(summary["requests"], json!({"200": 1}));
    assert_eq!(summary["facts"]["overwritten"], 2);
}

#[test]
fn texts_say_the_same() {
    let text = |report| run(one_request().json().as_bytes(), &[report]).expect(0);
    text("summary").printed("worker:     worker 11: 60.6 % polling (2 polls)");
    text("summary").printed("lost:       2 events overwritten before they were read");
    text("summary").printed("missing:    No wakes.");
    text("requests").printed("  25.0 %    250 µs  ready, not polled");
    text("requests").printed("  19.0 %    190 µs  waiting in `query`, src/db.rs:5");
    text("waits").printed("/rooms > query  src/db.rs:5");
    text("tasks").printed("src/main.rs:9:5");
    text("polls").printed("behind it: 1 task was ready, for 250 µs all together");
}

#[test]
fn spans_that_overlap_are_in_the_span_that_they_name() {
    // The second lane shows what is beside the first one's span.
    let beside = json!({"span": 72, "at": "src/b.rs:2", "parent": 70});
    let trace = Written::default()
        .request(70, 0, (0.0, 100.0), "/both")
        .span(71, 0, (0.0, 60.0), ("one", "src/b.rs:1"))
        .add(("span", "other"), (2, 1), (30.0, 100.0), beside)
        .trace();
    let waits = trace.waits();
    let stacks: Vec<_> = waits
        .waits
        .iter()
        .map(|wait| wait.stack.join(" "))
        .collect();
    assert_eq!(stacks, ["/both other", "/both one"]);
    let [other, one] = [0, 1].map(|index: usize| waits.waits[index].length.total());
    assert_eq!((other, one), (70_000, 30_000));
}

#[test]
fn a_picture_has_a_box_for_each_that_is_wide_enough() {
    let hostile = ("<script>", "src/a.rs:1");
    let trace = one_request()
        .span(72, 0, (150.0, 190.0), hostile)
        .request(80, 1, (100.0, 200.0), "/other")
        .trace();
    let window = Window::default().of(&trace).expect("all of it");
    let svg = trace.svg(window, None);
    let count = |class: &str| svg.matches(&format!("<rect class=\"{class}\"")).count();
    assert_eq!((count("poll"), count("request"), count("span")), (4, 2, 2));
    assert!(svg.contains("&lt;script&gt;, 40.0 µs</title>") && !svg.contains("<script>"));
    assert!(svg.contains(">worker 11</text>"), "{svg}");

    // Of one request, its own lane is shown and it is marked; what is before and after is not.
    let asked = Window {
        request: Some(1),
        ..Window::default()
    };
    let window = asked.of(&trace).expect("it is there");
    assert_eq!((window.start, window.end), (49_999, 1_105_000));
    let svg = trace.svg(window, Some(1));
    assert_eq!(svg.matches("<rect class=\"request of\"").count(), 1);
    assert!(!svg.contains("/other"));
}

#[test]
fn a_window_is_within_the_trace() {
    let json = one_request().json();
    let svg = |arguments: &[&str]| {
        let all = [&["svg"], arguments].concat();
        run(json.as_bytes(), &all)
    };
    svg(&["--from", "1ms"]).expect(0).printed("<svg ");
    svg(&["--request", "7"])
        .expect(1)
        .told("there is no request 7");
    let request = svg(&["--request", "1"]).expect(0).stdout;
    svg(&["--slowest", "/rooms"]).expect(0).printed(&request);
    svg(&["--slowest", "/nowhere"]).expect(1).told("/nowhere");
    svg(&["--from", "2s"])
        .expect(1)
        .told("--from has to be before --to");
    svg(&["--from", "2s", "--to", "3s"])
        .expect(1)
        .told("the window is empty: the trace ends after 1.10 ms");
    svg(&["--from", "5"]).expect(2).told("is no time such as");
}

#[test]
fn a_request_is_found_by_its_number_its_span_and_its_route() {
    let json = one_request().json();
    let why = |arguments: &[&str]| {
        let all = [&["why"], arguments].concat();
        run(json.as_bytes(), &all)
    };
    for arguments in [
        &["1"][..],
        &["70"],
        &[],
        &["--slowest"],
        &["--slowest", "/rooms"],
    ] {
        let ran = why(arguments).expect(0);
        ran.printed("request 1: /rooms, 1.00 ms from 100 µs on, status 200");
        ran.printed("    250 µs   25.0 %  ready but not polled: both workers were");
        ran.printed("waited in `query`, src/db.rs:5");
    }
    why(&["x"]).expect(2).told("x is no number of a request");
    why(&["2"]).expect(1).told("they are numbered from 1 to 1");
    why(&["--slowest", "/x"])
        .expect(1)
        .told("no request for /x; there are /rooms");
}

#[test]
fn a_part_is_a_trace_with_the_events_as_they_are_written() {
    let whole = one_request();
    let cut = run(whole.json().as_bytes(), &["json", "--from", "960us"]).expect(0);
    let part: Value = serde_json::from_str(&cut.stdout).expect("JSON");
    let events = part["traceEvents"].as_array().expect("events");
    let starts: Vec<_> = events.iter().map(|event| event["ts"].as_f64()).collect();
    // The request, its last poll, what is busy in it, the visit, and the name of the thread.
    let expected = [100.0, 850.0, 900.0, 900.0, 0.0].map(Some);
    assert_eq!(starts, expected);
    assert_eq!(part["otherData"]["overwritten"], 2);
    run(cut.stdout.as_bytes(), &["summary"])
        .expect(0)
        .printed("requests:   1,");
    let all = run(whole.json().as_bytes(), &["json"]).expect(0);
    let same = run(all.stdout.as_bytes(), &["requests"]).expect(0).stdout;
    assert_eq!(same, run(whole.json().as_bytes(), &["requests"]).stdout);
}
