//! Sentences on why a request was slow, of traces in which all is known.

use serde_json::json;

use crate::written::Written;

/// Two workers.
const ONE: u64 = 11;
const OTHER: u64 = 12;

/// A request of one millisecond, of which its task is ready for 800 µs, with these times in which workers have nothing to do.
fn ready(parked: &[(u64, (f64, f64))]) -> Written {
    let written = Written::default()
        .request(70, 0, (100.0, 1100.0), "/rooms")
        .poll(1, ONE, (100.0, 200.0), 0.0)
        .busy((0, 70), 1, ONE, (100.0, 200.0))
        .poll(1, ONE, (1000.0, 1100.0), 800.0)
        .busy((0, 70), 1, ONE, (1000.0, 1100.0));
    parked.iter().fold(written, |written, &(worker, times)| {
        written.add(("parked", "parked"), (1, worker), times, json!({}))
    })
}

fn expect(written: &Written, sentence: &str, unexplained: u64) {
    let why = written.trace().why(1).expect("there is one");
    assert_eq!(why.reasons[0].sentence, sentence);
    assert_eq!(why.reasons[0].length, 800_000);
    assert_eq!(why.unexplained, unexplained);
}

#[test]
fn a_worker_that_slept_was_not_woken_by_the_kernel() {
    let (sleeping, kernel) = (
        [(ONE, (210.0, 990.0)), (OTHER, (0.0, 1200.0))],
        "ready but not polled: the kernel took that long to wake a worker that slept",
    );
    expect(&ready(&sleeping), kernel, 0);

    // Who worked meanwhile did so for no request: what is around it tells what it was.
    let hashing = ready(&sleeping)
        .span(80, 1, (0.0, 1200.0), ("batch", "src/batches.rs:3"))
        .span(81, 1, (0.0, 1200.0), ("commit", "src/writes.rs:4"))
        .span(82, 1, (0.0, 1200.0), ("insert", "src/writes.rs:5"))
        .busy((1, 82), 0, 20, (150.0, 1100.0));
    let meanwhile = "; meanwhile thread 20 was in `insert`, src/writes.rs:5, of `batch`, src/batches.rs:3 (800 µs)";
    expect(&hashing, &format!("{kernel}{meanwhile}"), 0);
}

#[test]
fn why_a_worker_between_two_polls_took_none_is_not_told() {
    let none = ready(&[(ONE, (0.0, 90.0)), (OTHER, (0.0, 250.0))]);
    let sentence = "ready but not polled: no poll had the workers";
    expect(&none, sentence, 800_000);
}

#[test]
fn a_worker_that_sleeps_for_long_counts_beside_one_that_sleeps_often() {
    let often = (0..40).map(|count| f64::from(count) * 5.0);
    let mut parked: Vec<_> = often.map(|start| (ONE, (start, start + 2.0))).collect();
    parked.insert(0, (OTHER, (0.0, 1200.0)));
    let held = ready(&parked).poll(2, ONE, (200.0, 1000.0), 0.0);
    let sentence = "ready but not polled: both workers were 50.0 % of the time in a task spawned at src/main.rs:9:5";
    expect(&held, sentence, 0);
}

/// Two requests that commit one after the other, on a thread of the database.
fn commits() -> Written {
    let commit = ("commit", "src/db.rs:5");
    Written::default()
        .request(70, 0, (0.0, 1000.0), "/bookings")
        .span(71, 0, (0.0, 1000.0), commit)
        .busy((0, 71), 0, 20, (900.0, 990.0))
        .busy((0, 71), 1, ONE, (990.0, 1000.0))
        .poll(1, ONE, (990.0, 1000.0), 0.0)
        .request(80, 1, (0.0, 900.0), "/bookings")
        .span(81, 1, (0.0, 900.0), commit)
        .busy((1, 81), 0, 20, (0.0, 900.0))
}

#[test]
fn who_is_where_the_request_waits_is_there_for_others() {
    let why = commits().trace().why(70).expect("there is one");
    let sentences: Vec<_> = why.reasons.iter().map(|reason| &*reason.sentence).collect();
    let expected = [
        "waited in `commit`, src/db.rs:5; meanwhile thread 20 was in `commit` for others (900 µs)",
        "thread 20 worked in `commit`, src/db.rs:5",
        "worked in `commit`, src/db.rs:5",
    ];
    assert_eq!(sentences, expected);
}

#[test]
fn of_whom_no_more_is_known_than_that_he_let_it_go_on_others_may_tell() {
    let wake = |ph: &str, thread: u64, time: f64| json!({"ph": ph, "name": "wake", "pid": 1, "tid": thread, "ts": time, "id": 4});
    let why = commits()
        .poll(2, OTHER, (899.0, 901.0), 0.0)
        .other(wake("s", OTHER, 900.0))
        .other(wake("f", ONE, 990.0))
        .trace()
        .why(70)
        .expect("there is one");
    let by = "until the task spawned at src/main.rs:9:5 let it go on";
    let meanwhile = "meanwhile thread 20 was in `commit` for others (900 µs)";
    assert_eq!(
        why.reasons[0].sentence,
        format!("waited in `commit`, src/db.rs:5 {by}; {meanwhile}")
    );
}
