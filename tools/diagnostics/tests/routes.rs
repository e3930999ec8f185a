//! For whom samples are: a request's route, across awaits and workers, or the place where a task was spawned. And which
//! tasks are alive.
#![cfg(tokio_unstable)]

mod http;

#[allow(dead_code, reason = "the tests of CPU profiles ask for more")]
#[path = "cpu_profile/pprof.rs"]
mod pprof;
#[allow(dead_code, reason = "the tests of heap profiles ask for more")]
#[path = "heap_profile/sums.rs"]
mod sums;

use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::net::SocketAddr;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError, mpsc};
use std::task::{Poll, Waker};
use std::thread;
use std::time::{Duration, Instant};

use profile::Profile;
use test_tools::eventually;
use tokio::runtime::Runtime;
use tracing::{Instrument as _, debug_span};
use tracing_subscriber::prelude::*;

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

/// So many intervals between samples that each block is sampled.
const SIZE: usize = 64 << 10;

struct Service {
    address: SocketAddr,
    runtime: Runtime,
}

/// A process has one, which the tests have in turn.
fn service() -> (MutexGuard<'static, ()>, &'static Service) {
    static ALONE: Mutex<()> = Mutex::new(());
    static SERVICE: LazyLock<Service> = LazyLock::new(|| {
        tracing_subscriber::registry()
            .with(diagnostics::layer())
            .init();
        let options = diagnostics::Options::default().heap_sample_interval(1024);
        let diagnostics = diagnostics::install_with(options).expect("a first installation");
        let listening = diagnostics.listen(([127, 0, 0, 1], 0).into());
        let runtime = diagnostics.runtime().worker_threads(4).build();
        Service {
            address: listening.http.expect("a free port"),
            runtime: runtime.expect("a runtime"),
        }
    });
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    (alone, &SERVICE)
}

impl Service {
    fn get(&self, page: &str) -> http::Answer {
        let answer = http::get(self.address, &format!("/debug/pprof/{page}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer
    }
}

/// Wakes whoever waits from a thread that is no worker: so it is up to chance which worker goes on.
async fn elsewhere() {
    static WAKING: LazyLock<mpsc::Sender<Waker>> = LazyLock::new(|| {
        let (sender, wakers) = mpsc::channel::<Waker>();
        thread::spawn(move || wakers.into_iter().for_each(Waker::wake));
        sender
    });
    let mut woken = false;
    poll_fn(|context| {
        if woken {
            return Poll::Ready(());
        }
        woken = true;
        WAKING.send(context.waker().clone()).expect("it runs");
        Poll::Pending
    })
    .await;
}

fn work() {
    drop(black_box(vec![1_u8; SIZE]));
    let start = Instant::now();
    while start.elapsed() < Duration::from_micros(500) {
        black_box(());
    }
}

#[inline(never)]
fn for_thin() {
    work();
    black_box(());
}

#[inline(never)]
fn for_fat() {
    work();
    work();
    black_box(());
}

#[inline(never)]
fn for_nobody() {
    work();
    black_box(());
}

static GO_ON: AtomicBool = AtomicBool::new(true);
static MOVED: AtomicUsize = AtomicUsize::new(0);

/// Calls for as long as it is let, each time perhaps on another worker. How often.
async fn again(call: fn()) -> usize {
    let mut calls = 0;
    while GO_ON.load(Ordering::Relaxed) {
        call();
        calls += 1;
        let before = thread::current().id();
        // Whoever works in between must not be taken for the one that waits.
        elsewhere().instrument(debug_span!("waiting")).await;
        if thread::current().id() != before {
            MOVED.fetch_add(1, Ordering::Relaxed);
        }
    }
    calls
}

#[track_caller]
fn request(route: &'static str, call: fn()) -> impl Future<Output = usize> {
    again(call).instrument(debug_span!("request", route))
}

/// The label of all samples that a function is part of; they are of one.
#[track_caller]
fn label(profile: &Profile, function: &str) -> (String, String) {
    let mut found: Vec<_> = profile
        .samples
        .iter()
        .filter(|sample| {
            let functions = sums::functions(profile, sample);
            functions.iter().any(|name| name.ends_with(function))
        })
        .map(|sample| {
            let labels = sample.labels.iter();
            let labels = labels.map(|label| (profile.text(label.key), profile.text(label.text)));
            let label = labels.into_iter().find(|(key, _)| *key != "thread");
            let (key, text) = label.unwrap_or_default();
            (key.to_owned(), text.to_owned())
        })
        .collect();
    found.sort();
    found.dedup();
    let [label] = found.as_slice() else {
        panic!("{function} has the labels {found:?}");
    };
    label.clone()
}

#[test]
fn labels_follow_requests_from_worker_to_worker() {
    let (_alone, service) = service();
    GO_ON.store(true, Ordering::Relaxed);
    let (thin, fat) = ("/thin/{id}", "/fat");
    let requests: Vec<_> = (0..4)
        .flat_map(|_| {
            [
                service.runtime.spawn(request(thin, for_thin)),
                service.runtime.spawn(request(fat, for_fat)),
            ]
        })
        .collect();
    let nobody = Location::caller().line() + 1;
    let task = service.runtime.spawn(again(for_nobody));
    let cpu = service.get("profile?seconds=5&hz=500").bytes;
    GO_ON.store(false, Ordering::Relaxed);
    let [mut thin_calls, mut fat_calls] = [0, 0];
    for (number, request) in requests.into_iter().enumerate() {
        let calls = service.runtime.block_on(request).expect("no panic");
        *[&mut thin_calls, &mut fat_calls][number % 2] += calls as i64;
    }
    service.runtime.block_on(task).expect("no panic");
    assert!(MOVED.load(Ordering::Relaxed) > 100, "they moved too seldom");

    let heap = service.get("heap").bytes;
    let task = format!("tools/diagnostics/tests/routes.rs:{nobody}:");
    for profile in [&cpu, &heap] {
        let profile = sums::decoded(profile);
        assert_eq!(label(&profile, "for_thin"), ("route".into(), thin.into()));
        assert_eq!(label(&profile, "for_fat"), ("route".into(), fat.into()));
        let (key, place) = label(&profile, "for_nobody");
        assert_eq!(key, "task");
        assert!(place.starts_with(&task), "{place}, and not {task}");
    }

    // What pprof makes of it.
    let Some(pprof) = pprof::needed() else { return };
    let size = SIZE as i64;
    for (route, bytes) in [(thin, thin_calls * size), (fat, 2 * fat_calls * size)] {
        let focus = format!(
            "-tagfocus=route=^{}$",
            route.replace('{', r"\{").replace('}', r"\}")
        );
        let arguments = [
            "-top",
            "-sample_index=alloc_space",
            "-unit=B",
            "-focus=for_",
            &focus,
        ];
        let printed = pprof::report(&pprof, &arguments, &heap);
        let showing = format!("Showing nodes accounting for {bytes}B");
        assert!(printed.contains(&showing), "no {showing:?}:\n{printed}");
    }
}

#[test]
fn tasks_are_listed_by_place_and_idle_time() {
    let (_alone, service) = service();
    let sleep = async || tokio::time::sleep(Duration::from_secs(3600)).await;
    let line = Location::caller().line() + 1;
    let tasks: Vec<_> = (0..50).map(|_| service.runtime.spawn(sleep())).collect();
    let blocked = service.runtime.spawn_blocking(|| ());
    service.runtime.block_on(blocked).expect("no panic");
    // Over a second, so that there is something else than moments.
    thread::sleep(Duration::from_millis(1200));

    let place = format!("tools/diagnostics/tests/routes.rs:{line}:");
    let text = service.get("tasks?debug=1").body;
    let mut lines = text.lines().skip_while(|line| !line.contains(&place));
    let found = lines
        .next()
        .unwrap_or_else(|| panic!("no {place}:\n{text}"));
    assert!(found.starts_with("50 spawned at "), "{text}");
    assert_eq!(lines.next(), Some("    50 idle for 1 s to 1 min"), "{text}");

    for page in ["tasks", "goroutine"] {
        let bytes = service.get(page).bytes;
        let profile = sums::decoded(&bytes);
        assert_eq!(profile.text(profile.sample_types[0].kind), "tasks");
        if let Some(pprof) = pprof::needed() {
            let printed = pprof::report(&pprof, &["-top", "-lines"], &bytes);
            let top = printed.lines().find(|line| line.contains(&place));
            let top = top.unwrap_or_else(|| panic!("no {place}:\n{printed}"));
            assert_eq!(top.split_whitespace().next(), Some("50"), "{printed}");
            let tags = pprof::report(&pprof, &["-tags"], &bytes);
            assert!(tags.contains("1 s to 1 min"), "{tags}");
        }
    }

    tasks.iter().for_each(|task| task.abort());
    for task in tasks {
        assert!(service.runtime.block_on(task).is_err(), "it was aborted");
    }
    // tokio tells who waits for a task a moment before it tells the hook.
    eventually("they are gone", || {
        !service.get("tasks?debug=2").body.contains(&place)
    });
    let wrong = http::get(service.address, "/debug/pprof/tasks?debug=3");
    assert_eq!(wrong.status, 400);
}
