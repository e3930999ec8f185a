//! Everything that can be asked of the flight recorder, all at once: traces, what it remembers, dumps, and other sizes, while
//! a service works.
//!
//! `DIAGNOSTICS_STORM_SECONDS=120 cargo test -p diagnostics --test recorder_storm` does it for as long as that.

mod http;

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use diagnostics::{MemStats, flight_recorder};
use flate2::read::GzDecoder;
use serde_json::Value;
use test_tools::trace_events;
use tokio::runtime::Runtime;
use tracing::{Instrument as _, debug_span};
use tracing_subscriber::prelude::*;

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

const MIB: u64 = 1 << 20;
const SIZE: u64 = 4 * MIB;

struct Process {
    runtime: Runtime,
    address: SocketAddr,
    dumps: tempfile::TempDir,
}

fn start() -> Process {
    let dumps = tempfile::tempdir().expect("a folder");
    let options = diagnostics::Options::default()
        .recorder_size(SIZE)
        .dump_folder(dumps.path());
    let diagnostics = diagnostics::install_with(options).expect("a first installation");
    tracing_subscriber::registry()
        .with(diagnostics::layer())
        .init();
    let runtime = diagnostics.runtime().worker_threads(2).build();
    let listening = diagnostics.listen(([127, 0, 0, 1], 0).into());
    Process {
        runtime: runtime.expect("a runtime"),
        address: listening.http.expect("a listener"),
        dumps,
    }
}

/// What the service names.
const ROUTES: [&str; 2] = ["/rooms", "/bookings"];
const SPANS: [&str; 2] = ["request", "statement"];

/// The number of the last task that was spawned, or one after it.
static LAST_TASK: AtomicU64 = AtomicU64::new(0);

/// Visits of spans that were shown with their name, and without.
static KNOWN: AtomicU64 = AtomicU64::new(0);
static UNKNOWN: AtomicU64 = AtomicU64::new(0);

async fn request(route: &'static str) {
    let work = async {
        tokio::task::yield_now().await;
        diagnostics::spawn_blocking(|| sleep(Duration::from_micros(50)))
            .await
            .expect("no panic");
    };
    work.instrument(debug_span!("statement"))
        .instrument(debug_span!("request", route))
        .await;
}

/// Works until it is told to stop.
fn serve(runtime: &Runtime, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        runtime.block_on(async {
            let tasks: Vec<_> = (0..64)
                .map(|number| diagnostics::spawn(request(ROUTES[number % 2])))
                .collect();
            for task in tasks {
                let number = task.id().to_string().parse().expect("a number");
                LAST_TASK.fetch_max(number, Ordering::Relaxed);
                task.await.expect("no panic");
            }
        });
    }
}

/// Whether each record is one that the service can have left. What was torn would have another task's number, another
/// name, or lie in another time.
fn sane(trace: &Value) {
    trace_events::check(trace).expect("a trace that all viewers draw");
    let last = LAST_TASK.load(Ordering::Relaxed) + 1000;
    let (mut known_spans, mut unknown_spans) = (0, 0);
    for event in trace["traceEvents"].as_array().expect("events") {
        let name = event["name"].as_str().expect("a name");
        let known = match event["cat"].as_str() {
            // tokio's own tasks are those of our listener and of blocking work.
            Some("poll") => name.contains(".rs:"),
            Some("blocking") => name.starts_with("tools/diagnostics/tests/recorder_storm.rs:"),
            Some("request") => ROUTES.contains(&name),
            // Nobody has recorded the start of a span that was opened while the recorder was off.
            Some("span") if name == "[unknown span]" => {
                unknown_spans += 1;
                true
            }
            Some("span") => {
                known_spans += 1;
                SPANS.contains(&name)
            }
            _ => true,
        };
        assert!(known, "{event}");
        let task = event["args"].get("task").or(event["args"].get("by"));
        let number = task.map(|task| task.as_u64().expect("a number"));
        assert!(number.is_none_or(|number| number <= last), "{event}");
        let length = event
            .get("dur")
            .map_or(0.0, |it| it.as_f64().unwrap_or(f64::MAX));
        assert!(length < 60e6, "{event}");
    }
    UNKNOWN.fetch_add(unknown_spans, Ordering::Relaxed);
    KNOWN.fetch_add(known_spans, Ordering::Relaxed);
}

/// Sets it at the end, by a panic too.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn storm(process: &Process, length: Duration) {
    let (stop, end) = (AtomicBool::new(false), Instant::now() + length);
    let asked = |path: &str, gone: u16| {
        let mut traces = 0;
        while Instant::now() < end {
            let answer = http::get(process.address, path);
            // There is nothing to remember while it is off.
            if answer.status == gone {
                sleep(Duration::from_millis(20));
                continue;
            }
            assert_eq!(answer.status, 200, "{}", answer.body);
            let json = http::unchunked(&answer.bytes);
            sane(&serde_json::from_slice(&json).expect("JSON"));
            traces += 1;
        }
        traces
    };
    thread::scope(|scope| {
        let _stops = Stops(&stop);
        scope.spawn(|| serve(&process.runtime, &stop));
        let traces = scope.spawn(|| asked("/debug/pprof/trace?seconds=1", 0));
        let remembered = scope.spawn(|| asked("/debug/flight-recorder?seconds=60", 501));
        let dumped = scope.spawn(|| {
            let mut dumps = 0;
            while Instant::now() < end {
                // Nor is there anything to dump.
                if let Ok(path) = flight_recorder().dump("a storm") {
                    sane(&dump(&path));
                    dumps += 1;
                }
                sleep(Duration::from_millis(50));
            }
            dumps
        });
        for size in [0, 1, 4, 2, 16, 4].into_iter().cycle() {
            if Instant::now() >= end {
                break;
            }
            flight_recorder().resize(size * MIB).expect("memory");
            sleep(Duration::from_millis(if size == 0 { 20 } else { 300 }));
        }
        flight_recorder().resize(SIZE).expect("memory");
        let counts = [traces, remembered, dumped].map(|it| it.join().expect("no panic"));
        assert!(counts.iter().all(|&count| count > 0), "{counts:?}");
    });
}

fn dump(path: &Path) -> Value {
    let file = fs::File::open(path).expect("the dump");
    serde_json::from_reader(std::io::BufReader::new(GzDecoder::new(file))).expect("JSON")
}

#[test]
fn all_at_once_shows_nothing_torn_and_keeps_nothing() {
    let seconds = std::env::var("DIAGNOSTICS_STORM_SECONDS").ok();
    let seconds: u64 = seconds.and_then(|it| it.parse().ok()).unwrap_or(12);
    let allocated = || {
        // The listener gives back what its last answer has taken.
        sleep(Duration::from_millis(300));
        MemStats::read().expect("counts").alloc
    };
    let process = &start();
    storm(process, Duration::from_secs(3));
    let before = allocated();
    storm(process, Duration::from_secs(seconds));
    let grown = allocated().saturating_sub(before);
    assert!(grown < MIB, "{grown} bytes more than the {before} before");
    let [known, unknown] = [&KNOWN, &UNKNOWN].map(|it| it.load(Ordering::Relaxed));
    assert!(unknown < known / 5, "{unknown} beside {known}");
    let folder = fs::read_dir(process.dumps.path())
        .expect("a folder")
        .count();
    assert!(folder <= 20, "{folder} dumps");
}
