//! A profile harms nothing, and says what it could not see.

use std::thread;
use std::time::{Duration, Instant};

use crate::accuracy::decoded;
use crate::pprof;
use crate::service::Service;

pub const TESTS: &[(&str, fn())] = &[
    (
        "threads_over_the_limit_are_told",
        threads_over_the_limit_are_told,
    ),
    ("three_hundred_threads", three_hundred_threads),
    ("threads_that_come_and_go", threads_that_come_and_go),
    ("two_thousand_frames", two_thousand_frames),
    ("children_are_left_alone", children_are_left_alone),
    (
        "a_signal_from_outside_does_nothing",
        a_signal_from_outside_does_nothing,
    ),
    ("memory_goes_back", memory_goes_back),
    ("storm", storm),
];

const MIB: usize = 1 << 20;

fn threads_over_the_limit_are_told() {
    let profile = decoded(&Service::start("few signals").profile("seconds=1&symbolize=0"));
    let comment = pprof::comment(&profile, "RLIMIT_SIGPENDING");
    // Main, the listener and the profile's own beside 20; jemalloc may have one.
    let (threads, without) = (
        pprof::number(&comment, "threads;"),
        pprof::number(&comment, "since the limit"),
    );
    assert!(threads >= 23.0 && without >= 19.0, "{comment}");
}

fn three_hundred_threads() {
    let profile = decoded(&Service::start("many threads").profile("seconds=3&hz=500&symbolize=0"));
    let comment = pprof::comment(&profile, "threads;");
    assert!(pprof::number(&comment, "threads;") >= 303.0, "{comment}");
    assert_eq!(pprof::number(&comment, "since the limit"), 0.0, "{comment}");
    // One millisecond in 200 each: 300 threads share what one and a half cores do.
    let named = (0..300).filter(|number| {
        pprof::of_threads(&profile, |name| name == format!("one-of-{number}")) > 0.0
    });
    let named = named.count();
    assert!(named > 200, "{named} threads were seen working");
}

/// A thread that lives for a millisecond is hardly ever seen. What matters is that the profile says so.
fn threads_that_come_and_go() {
    let profile = decoded(&Service::start("coming and going").profile("seconds=3&symbolize=0"));
    let comment = pprof::comment(&profile, "Processor time of the process:");
    let seconds = |before| {
        let (front, _) = comment.split_once(before).expect("a part");
        let word = front.rsplit(' ').next().unwrap_or_default();
        word.parse::<f64>().expect("seconds")
    };
    let all = seconds(" s, of which");
    let unseen = seconds(" s: threads that");
    let sampled = pprof::of_threads(&profile, |_| true) / 1e9;
    assert!(
        (all - unseen - sampled).abs() < 0.1 * all,
        "{comment}; sampled {sampled} s"
    );
    assert!(unseen > 0.1 * all, "{comment}");
}

fn two_thousand_frames() {
    let profile = decoded(&Service::start("deep").profile("seconds=1&symbolize=0"));
    let deepest = profile
        .samples
        .iter()
        .map(|sample| sample.location_ids.len())
        .max();
    assert!(deepest >= Some(2000), "{deepest:?}");
}

/// Children that run another program, and children that go on in this one: timers are nobody's heritage.
fn children_are_left_alone() {
    let service = Service::start("children");
    let profile = decoded(&service.profile("seconds=3&hz=1000&symbolize=0"));
    assert!(pprof::of_threads(&profile, |name| name == "parent") > 0.0);
    service.ends_well();
}

fn a_signal_from_outside_does_nothing() {
    let service = Service::start("three lines");
    let send = || {
        // SAFETY: it takes numbers.
        assert_eq!(unsafe { libc::kill(service.id(), libc::SIGPROF) }, 0);
        thread::sleep(Duration::from_millis(1));
    };
    // The first profile has the handler installed.
    service.profile("seconds=1&symbolize=0");
    (0..100).for_each(|_| send());
    let profile = thread::scope(|scope| {
        let profile = scope.spawn(|| service.profile("seconds=2&symbolize=0"));
        while !profile.is_finished() {
            send();
        }
        decoded(&profile.join().expect("a profile"))
    });
    // Signals of others are no samples: one thread worked for two seconds.
    let samples: i64 = profile.samples.iter().map(|sample| sample.values[0]).sum();
    assert!((1..=220).contains(&samples), "{samples}");
    service.ends_well();
}

fn memory_goes_back() {
    let service = Service::start("three lines");
    service.get("/debug/pprof/");
    let before = service.resident();
    for _ in 0..20 {
        service.profile("seconds=1");
    }
    let after = service.resident();
    let grown = after.saturating_sub(before) / MIB;
    assert!(
        grown < 32,
        "{grown} MiB more than the {} MiB before",
        before / MIB
    );
}

/// Panics with backtraces, libraries that are loaded and unloaded, and allocations, while profiles of both kinds are taken,
/// one after another.
fn storm() {
    let seconds = std::env::var("DIAGNOSTICS_STORM_SECONDS").ok();
    let seconds = seconds.and_then(|seconds| seconds.parse().ok()).unwrap_or(
        if std::env::var("CI").as_deref() == Ok("true") {
            120
        } else {
            20
        },
    );
    let service = Service::start("storm");
    let taken =
        |profile: &[u8]| pprof::number(&pprof::comment(&decoded(profile), "taken,"), "taken,");
    // Panics read debug information, which std keeps.
    service.profile("seconds=5&hz=1000");
    heap_profiles(&service);
    let before = service.resident();
    let end = Instant::now() + Duration::from_secs(seconds);
    thread::scope(|scope| {
        let heap = scope.spawn(|| {
            while Instant::now() < end {
                heap_profiles(&service);
            }
        });
        while Instant::now() < end && !heap.is_finished() {
            assert!(taken(&service.profile("seconds=5&hz=1000")) > 0.0);
        }
    });
    let grown = service.resident().saturating_sub(before) / MIB;
    assert!(
        grown < 64,
        "{grown} MiB more than the {} MiB before",
        before / MIB
    );
    service.ends_well();
}

/// What was allocated, and a difference: both have samples, and nothing is in use that was not allocated.
fn heap_profiles(service: &Service) {
    for page in ["allocs", "heap?seconds=1"] {
        let answer = service.get(&format!("/debug/pprof/{page}"));
        assert_eq!(answer.status, 200, "{}", answer.body);
        let profile = decoded(&answer.bytes);
        assert!(!profile.samples.is_empty(), "{page}");
        let negative = |sample: &profile::proto::Sample| sample.values.iter().any(|&of| of < 0);
        assert!(page != "allocs" || !profile.samples.iter().any(negative));
    }
}
