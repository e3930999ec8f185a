//! What a program did, as its timeline shows it: a program with known polls, sleeps, blocking work and spans.

mod http;
mod viewer;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::thread::{self, sleep};
use std::time::Duration;

use diagnostics::{Hooks, flight_recorder, hook};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio::task::yield_now;
use tracing::{Instrument as _, debug_span};
use tracing_subscriber::prelude::*;

/// Milliseconds.
const HELD: u64 = 120;
const SLEEP: u64 = 20;
const BLOCKED: u64 = 30;

const YIELDS: u64 = 10;
const SLEEPS: u64 = 5;

/// What was recorded, and the numbers of the tasks.
struct Recorded {
    address: SocketAddr,
    json: Value,
    events: Vec<Value>,
    facts: Value,
    yielding: u64,
    sleeping: u64,
    holding: u64,
    waiting: u64,
    asking: u64,
    handling: u64,
    /// What was there while a poll went on.
    meanwhile: Vec<Value>,
}

/// A process has one trace at a time.
static ONE_TRACE: Mutex<()> = Mutex::new(());

static RECORDED: LazyLock<Recorded> = LazyLock::new(run);

fn run() -> Recorded {
    let options = diagnostics::Options::default().recorder_size(8 << 20);
    let diagnostics = diagnostics::install_with(options).expect("a first installation");
    tracing_subscriber::registry()
        .with(diagnostics::layer())
        .init();
    let listening = diagnostics.listen(([127, 0, 0, 1], 0).into());
    assert_eq!(flight_recorder().size(), 8 << 20);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    hook(&mut builder, Hooks::new());
    let runtime = builder
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");

    // Both clocks have gone on for a while: what a tick is, is known well.
    sleep(Duration::from_millis(100));
    let recorded = runtime.block_on(async {
        let yielding = tokio::spawn(async {
            for _ in 0..YIELDS {
                yield_now().await;
            }
        });
        let sleeping = tokio::spawn(async {
            for _ in 0..SLEEPS {
                tokio::time::sleep(Duration::from_millis(SLEEP)).await;
            }
        });
        let (begin, begun) = oneshot::channel();
        let (tell, told) = oneshot::channel();
        let waiting = diagnostics::spawn(async move {
            begin.send(()).expect("somebody waits");
            told.await.expect("somebody tells");
        });
        begun.await.expect("it begins");
        let asking = tokio::spawn(async move {
            let blocked = diagnostics::spawn_blocking(|| sleep(Duration::from_millis(BLOCKED)));
            blocked.await.expect("it ends");
            tell.send(()).expect("somebody waits");
        });
        let request = debug_span!("request", route = "/rooms", status = tracing::field::Empty);
        let handling = tokio::spawn(
            async {
                let statement = debug_span!("statement");
                async {
                    for _ in 0..3 {
                        yield_now().await;
                    }
                    tokio::time::sleep(Duration::from_millis(SLEEP)).await;
                }
                .instrument(statement)
                .await;
                tracing::Span::current().record("status", 201_u64);
            }
            .instrument(request),
        );
        let holding = tokio::spawn(async { sleep(Duration::from_millis(HELD)) });
        let number = |id: tokio::task::Id| id.to_string().parse().expect("a number");
        let numbers = [
            number(yielding.id()),
            number(sleeping.id()),
            number(holding.id()),
            number(waiting.id()),
            number(asking.id()),
            number(handling.id()),
        ];
        for task in [yielding, sleeping, holding, asking, handling] {
            task.await.expect("no panic");
        }
        waiting.await.expect("no panic");
        numbers
    });
    let mut json = Vec::new();
    flight_recorder()
        .write_to(&mut json, Duration::from_secs(60))
        .expect("memory has room");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    let meanwhile = runtime.block_on(while_a_poll_goes_on());
    let [yielding, sleeping, holding, waiting, asking, handling] = recorded;
    Recorded {
        address: listening.http.expect("a listener"),
        events: json["traceEvents"].as_array().expect("events").clone(),
        facts: json["otherData"].clone(),
        json,
        yielding,
        sleeping,
        holding,
        waiting,
        asking,
        handling,
        meanwhile,
    }
}

/// The events, as they are when a task was woken and has not ended its poll.
async fn while_a_poll_goes_on() -> Vec<Value> {
    let (tell, told) = oneshot::channel();
    let (begin, begun) = oneshot::channel();
    let (end, ended) = std::sync::mpsc::channel();
    let going_on = diagnostics::spawn(async move {
        told.await.expect("somebody tells");
        begin.send(()).expect("somebody waits");
        ended.recv().expect("somebody ends it");
    });
    tokio::time::sleep(Duration::from_millis(SLEEP)).await;
    tell.send(()).expect("it waits");
    begun.await.expect("it goes on");
    let mut json = Vec::new();
    flight_recorder()
        .write_to(&mut json, Duration::from_secs(60))
        .expect("memory has room");
    end.send(()).expect("it waits");
    going_on.await.expect("no panic");
    let json: Value = serde_json::from_slice(&json).expect("JSON");
    json["traceEvents"].as_array().expect("events").clone()
}

impl Recorded {
    fn of<'a>(&'a self, cat: &'a str) -> impl Iterator<Item = &'a Value> {
        self.events
            .iter()
            .filter(move |event| event["ph"] == "X" && event["cat"] == cat)
    }

    fn polls(&self, task: u64) -> Vec<&Value> {
        self.of("poll")
            .filter(|poll| poll["args"]["task"] == task)
            .collect()
    }
}

fn milliseconds(event: &Value) -> f64 {
    event["dur"].as_f64().expect("a duration") / 1000.0
}

#[test]
fn each_poll_is_there_once() {
    let recorded = &*RECORDED;
    let polls = recorded.polls(recorded.yielding);
    assert_eq!(polls.len() as u64, YIELDS + 1);
    assert!(
        polls.iter().all(|poll| poll["args"]["ready"].is_number()),
        "{polls:?}"
    );
    let polls = recorded.polls(recorded.sleeping);
    assert_eq!(polls.len() as u64, SLEEPS + 1);
    let name = polls[0]["name"].as_str().expect("a name");
    assert!(
        name.starts_with("tools/diagnostics/tests/timeline.rs:"),
        "{name}"
    );
    let starts: Vec<_> = polls
        .iter()
        .filter_map(|poll| poll["ts"].as_f64())
        .collect();
    for pair in starts.windows(2) {
        let apart = pair[1] - pair[0];
        assert!(
            apart >= SLEEP as f64 * 1000.0,
            "{apart} us between two sleeps"
        );
    }
}

#[test]
fn a_poll_that_holds_its_worker_is_as_long_as_it_was() {
    let recorded = &*RECORDED;
    let polls = recorded.polls(recorded.holding);
    assert_eq!(polls.len(), 1);
    assert!(milliseconds(polls[0]) >= HELD as f64, "{}", polls[0]);
}

#[test]
fn blocking_work_is_there_with_who_has_asked() {
    let recorded = &*RECORDED;
    let blocking: Vec<_> = recorded.of("blocking").collect();
    assert_eq!(blocking.len(), 1);
    assert!(
        milliseconds(blocking[0]) >= BLOCKED as f64,
        "{}",
        blocking[0]
    );
    assert_eq!(blocking[0]["args"]["by"], recorded.asking);
    let name = blocking[0]["name"].as_str().expect("a name");
    assert!(
        name.starts_with("tools/diagnostics/tests/timeline.rs:"),
        "{name}"
    );
    assert!(blocking[0]["args"]["queued"].is_number());
}

#[test]
fn who_wakes_a_task_leads_to_its_next_poll() {
    let recorded = &*RECORDED;
    let polls = recorded.polls(recorded.waiting);
    let flows: Vec<_> = recorded
        .events
        .iter()
        .filter(|event| event["name"] == "wake")
        .collect();
    assert_eq!(flows.len(), 2, "{flows:?}");
    let (from, to) = (flows[0], flows[1]);
    assert_eq!(
        (&from["ph"], &to["ph"], &from["id"]),
        (&"s".into(), &"f".into(), &to["id"])
    );
    // The last poll is the one that it was woken for.
    let woken = polls
        .iter()
        .any(|poll| poll["ts"] == to["ts"] && poll["tid"] == to["tid"]);
    assert!(woken, "{to} is no start of {polls:?}");
    let asking = recorded.polls(recorded.asking);
    let inside = |poll: &&&Value| {
        let (start, time) = (poll["ts"].as_f64(), from["ts"].as_f64());
        let end = start
            .zip(poll["dur"].as_f64())
            .map(|(start, length)| start + length);
        poll["tid"] == from["tid"] && start <= time && time <= end
    };
    assert_eq!(
        asking.iter().filter(inside).count(),
        1,
        "{from} is in none of {asking:?}"
    );
}

#[test]
fn a_poll_that_goes_on_is_there_with_who_has_woken_its_task() {
    let events = &RECORDED.meanwhile;
    let mut unfinished = events
        .iter()
        .filter(|event| event["args"]["unfinished"] == true);
    let poll = unfinished.next().expect("a poll goes on");
    assert!(poll["args"]["ready"].is_number(), "{poll}");
    let leads_here = |event: &&Value| {
        event["ph"] == "f" && event["ts"] == poll["ts"] && event["tid"] == poll["tid"]
    };
    assert_eq!(events.iter().filter(leads_here).count(), 1, "{poll}");
    assert_eq!(unfinished.next(), None);
}

#[test]
fn a_request_is_in_one_lane_with_what_was_done_for_it() {
    let recorded = &*RECORDED;
    let requests: Vec<_> = recorded.of("request").collect();
    assert_eq!(requests.len(), 1);
    let request = requests[0];
    assert_eq!(
        (&request["name"], &request["args"]["status"]),
        (&"/rooms".into(), &201.into())
    );
    let lane = |event: &&Value| event["pid"] == request["pid"] && event["tid"] == request["tid"];
    let statements: Vec<_> = recorded.of("span").filter(lane).collect();
    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0]["name"], "statement");
    assert!(milliseconds(statements[0]) >= SLEEP as f64);
    // Five polls in the inner span, and before and after it in the outer one; and `tracing` enters a span once more when the
    // future in it is dropped.
    let busy: Vec<_> = recorded.of("busy").filter(lane).collect();
    let of_task = busy
        .iter()
        .all(|busy| busy["args"]["task"] == recorded.handling);
    assert!(of_task && busy.len() == 5 + 2 + 2, "{busy:?}");
    let worked: f64 = busy.iter().map(|busy| milliseconds(busy)).sum();
    assert!(
        worked <= milliseconds(request) - SLEEP as f64,
        "{worked} of {request}"
    );
    assert_eq!(recorded.polls(recorded.handling).len(), 5);
}

#[test]
fn it_is_what_the_formats_document_asks_for() {
    test_tools::trace_events::check(&RECORDED.json).expect("a trace that all viewers draw");
    let tracks: BTreeSet<_> = RECORDED
        .events
        .iter()
        .filter(|event| event["ph"] == "X")
        .map(|event| (event["pid"].as_u64(), event["tid"].as_u64()))
        .collect();
    assert!(tracks.len() >= 3, "two workers and a lane: {tracks:?}");
}

#[test]
fn speedscope_shows_it_without_a_warning() {
    let text = serde_json::to_vec(&RECORDED.json).expect("JSON");
    if let Some(warnings) = viewer::speedscope::warnings(text) {
        assert_eq!(warnings, [""; 0]);
        // It does warn of what is wrong.
        let mut wrong = RECORDED.json.clone();
        let events = wrong["traceEvents"].as_array_mut().expect("events");
        events.extend(overlapping());
        let text = serde_json::to_vec(&wrong).expect("JSON");
        let warnings = viewer::speedscope::warnings(text).expect("a browser, as before");
        assert!(!warnings.is_empty());
    }
}

#[test]
fn perfetto_draws_all_of_it() {
    let count = |ph: &str| {
        let events = RECORDED.events.iter();
        events.filter(|event| event["ph"] == ph).count()
    };
    let text = |json: &Value| serde_json::to_vec(json).expect("JSON");
    let Some(told) = viewer::perfetto::answers(text(&RECORDED.json)) else {
        return;
    };
    let slices = told["slices"].as_array().expect("rows");
    let slices: u64 = slices.iter().filter_map(|row| row[1].as_u64()).sum();
    assert_eq!(slices, count("X") as u64, "{told}");
    let arrows = told["arrows"][0][0].as_u64();
    assert_eq!(arrows, Some(count("f") as u64), "{told}");
    assert_eq!(told["errors"], serde_json::json!([]));
    let threads = told["threads"].to_string();
    assert!(
        threads.contains("tokio-rt-worker") && threads.contains("lane 1"),
        "{threads}"
    );
    assert!(told["counts"][0][0].as_u64() > Some(0), "{told}");
    // What it cannot draw it counts.
    let mut wrong = RECORDED.json.clone();
    let events = wrong["traceEvents"].as_array_mut().expect("events");
    events.extend(overlapping());
    let told = viewer::perfetto::answers(text(&wrong)).expect("a browser, as before");
    assert_eq!(
        told["errors"],
        serde_json::json!([["slice_drop_overlapping_complete_event", 1]])
    );
}

/// Two slices of which the second begins in the first, and ends after it.
fn overlapping() -> [Value; 2] {
    [("one", 1), ("another", 2)].map(|(name, ts)| {
        serde_json::json!({ "ph": "X", "name": name, "ts": ts, "dur": 2, "pid": 3, "tid": 1, "args": {} })
    })
}

#[test]
fn it_is_said_what_the_timeline_has_and_what_it_lacks() {
    let facts = &RECORDED.facts;
    assert!(facts["records"].as_u64() > Some(50), "{facts}");
    assert_eq!(
        (&facts["overwritten"], &facts["dropped"]),
        (&0.into(), &0.into()),
        "{facts}"
    );
    let missing = facts["missing"].as_array().expect("sentences");
    assert_eq!(missing.len(), 2, "{facts}");
    let counters: Vec<_> = RECORDED
        .events
        .iter()
        .filter(|event| event["ph"] == "C")
        .collect();
    let named = |name: &str| counters.iter().any(|counter| counter["name"] == name);
    assert!(named("tasks") && named("blocking"), "{counters:?}");
}

#[test]
fn what_happens_now_and_what_is_remembered_can_be_had_at_the_same_time() {
    let _alone = ONE_TRACE.lock().unwrap_or_else(PoisonError::into_inner);
    let address = RECORDED.address;
    thread::scope(|scope| {
        let get = |path| move || http::get(address, path);
        let traces: [_; 2] = [(); 2].map(|()| scope.spawn(get("/debug/pprof/trace?seconds=1")));
        let remembered = scope.spawn(get("/debug/flight-recorder?seconds=60"));
        let remembered = remembered.join().expect("no panic");
        assert_eq!(remembered.status, 200, "{}", remembered.body);
        let remembered: Value = serde_json::from_str(&unchunked(&remembered)).expect("JSON");
        let events = remembered["traceEvents"].as_array().expect("events");
        assert!(events.len() >= RECORDED.events.len());

        let mut traces = traces.map(|trace| trace.join().expect("no panic"));
        traces.sort_by_key(|trace| trace.status);
        let [trace, refused] = traces;
        assert_eq!(
            (trace.status, refused.status),
            (200, 409),
            "{}",
            refused.body
        );
        assert!(
            refused.body.contains("A trace is running"),
            "{}",
            refused.body
        );
        let trace: Value = serde_json::from_str(&unchunked(&trace)).expect("JSON");
        let seconds = trace["otherData"]["seconds"].as_f64().expect("a number");
        assert!((1.0..60.0).contains(&seconds), "{seconds}");
        let counted = |event: &&Value| event["ph"] == "C" && event["name"] == "tasks";
        let counted = trace["traceEvents"]
            .as_array()
            .expect("events")
            .iter()
            .filter(counted)
            .count();
        assert!(counted >= 2, "{counted} of ten");
    });
}

#[test]
fn who_can_read_it_gets_it_compressed() {
    let head = "Accept-Encoding: gzip\r\n";
    let answer = http::send_with(
        RECORDED.address,
        "GET",
        "/debug/flight-recorder?seconds=60",
        head,
    );
    assert!(
        answer.head.contains("content-encoding: gzip"),
        "{}",
        answer.head
    );
    let mut text = String::new();
    let bytes = http::unchunked(&answer.bytes);
    let read = flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text);
    read.expect("gzip");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    assert!(json["otherData"]["clock"].is_string());
}

#[test]
fn where_the_processors_time_goes_is_among_it_if_asked_for() {
    let _alone = ONE_TRACE.lock().unwrap_or_else(PoisonError::into_inner);
    let address = RECORDED.address;
    let stop = AtomicBool::new(false);
    let trace = thread::scope(|scope| {
        scope.spawn(|| burn(&stop));
        let trace = http::get(address, "/debug/pprof/trace?seconds=1&hz=500");
        stop.store(true, Ordering::Relaxed);
        trace
    });
    let trace: Value = serde_json::from_str(&unchunked(&trace)).expect("JSON");
    test_tools::trace_events::check(&trace).expect("a trace that all viewers draw");
    let events = trace["traceEvents"].as_array().expect("events");
    let samples: Vec<_> = events.iter().filter(|event| event["ph"] == "i").collect();
    let burns = |sample: &&&Value| {
        let stack = sample["args"]["stack"].as_array().expect("a stack");
        stack.iter().any(|frame| {
            frame
                .as_str()
                .is_some_and(|frame| frame.contains("timeline::burn"))
        })
    };
    let burning = samples.iter().filter(burns).count();
    assert!(
        burning >= 20,
        "{burning} of {}: {}",
        samples.len(),
        trace["otherData"]["cpu"]
    );
    assert_eq!(trace["otherData"]["cpu"]["hz"], 500);
    let seconds = trace["otherData"]["seconds"].as_f64().expect("a number");
    for sample in &samples {
        let time = sample["ts"].as_f64().expect("a number") / 1e6;
        assert!((0.0..=seconds).contains(&time), "{time} s of {seconds}");
    }
}

#[inline(never)]
fn burn(stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        std::hint::black_box(1);
    }
}

#[test]
fn what_is_wrong_is_told() {
    for (path, told) in [
        ("/debug/pprof/trace?hz=1001", "from 1 to 1000"),
        ("/debug/pprof/trace?seconds=61", "from 1 to 60"),
        ("/debug/pprof/trace?second=1", "this page has seconds"),
        ("/debug/flight-recorder?seconds=0", "from 1 to 60"),
    ] {
        let answer = http::get(RECORDED.address, path);
        assert_eq!(answer.status, 400, "{path}");
        assert!(answer.body.contains(told), "{}", answer.body);
    }
}

fn unchunked(answer: &http::Answer) -> String {
    String::from_utf8(http::unchunked(&answer.bytes)).expect("text")
}

#[test]
fn where_requests_wait_is_a_profile() {
    for path in ["/debug/pprof/waits", "/debug/pprof/block"] {
        let answer = http::get(RECORDED.address, path);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let profile = profile::Profile::decode(&answer.bytes).expect("a profile");
        let types: Vec<_> = profile
            .sample_types
            .iter()
            .map(|kind| profile.text(kind.kind))
            .collect();
        assert_eq!(types, ["contentions", "delay"]);
        let spans = |sample: &profile::proto::Sample| {
            let locations = sample.location_ids.iter();
            let lines = locations.flat_map(|&id| &profile.location(id).expect("a location").lines);
            let functions =
                lines.map(|line| profile.function(line.function_id).expect("a function"));
            functions
                .map(|function| profile.text(function.name).to_owned())
                .collect::<Vec<_>>()
        };
        let statement = profile
            .samples
            .iter()
            .find(|sample| spans(sample) == ["statement", "request"]);
        let statement = statement.expect("the statement has waited in the request");
        // It has slept. What it has yielded is short.
        let [count, nanoseconds] = statement.values[..] else {
            panic!("{statement:?}");
        };
        assert!(
            count == 1 && nanoseconds >= SLEEP as i64 * 1_000_000,
            "{nanoseconds}"
        );
        let routes = statement
            .labels
            .iter()
            .map(|label| (profile.text(label.key), profile.text(label.text)));
        assert_eq!(routes.collect::<Vec<_>>(), [("route", "/rooms")]);
    }
}
