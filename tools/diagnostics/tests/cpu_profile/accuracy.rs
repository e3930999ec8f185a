//! Costs are where they belong: on the right line, below the right caller, on the right thread.

use profile::Profile;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use test_tools::eventually;

use crate::pprof;
use crate::service::{Service, WORKLOAD};

pub const TESTS: &[(&str, fn())] = &[
    ("three_lines_of_one_function", three_lines_of_one_function),
    (
        "five_places_below_their_callers",
        five_places_below_their_callers,
    ),
    (
        "eight_threads_at_powers_of_two",
        eight_threads_at_powers_of_two,
    ),
    (
        "async_functions_by_name_and_line",
        async_functions_by_name_and_line,
    ),
    ("as_nobody", as_nobody),
    (
        "under_a_filter_of_system_calls",
        under_a_filter_of_system_calls,
    ),
];

/// In points.
const MOST_OFF: f64 = 5.0;

#[track_caller]
fn assert_shares(what: &str, measured: &[f64], expected: &[f64]) {
    let (sum, whole): (f64, f64) = (measured.iter().sum(), expected.iter().sum());
    assert!(sum > 0.0, "{what}: nothing measured");
    for (measured, expected) in measured.iter().zip(expected) {
        let (measured, expected) = (measured / sum * 100.0, expected / whole * 100.0);
        assert!(
            (measured - expected).abs() <= MOST_OFF,
            "{what}: {measured:.1} % in place of {expected:.1} %"
        );
    }
}

fn three_lines_of_one_function() {
    three_lines_of(&Service::start("three lines"));
}

fn three_lines_of(service: &Service) {
    let Some(pprof) = pprof::needed() else { return };
    let profile = service.busy_profile("hz=500");
    let line = |text| pprof::line(&pprof, &profile, "work::three_lines$", text);
    let third = line("budget.is_left()") + line("0..200") + line("wrapping_mul");
    let times = [
        line("spin_with(Budget::with(some,"),
        line("Budget::with(9 * some,"),
        third,
    ];
    assert_shares("1:9:1", &times, &[1.0, 9.0, 1.0]);

    // What is inlined has its own name, and the right caller.
    let peek = pprof::report(&pprof, &["-peek", "wrapping_mul|rotate_left"], &profile);
    assert!(peek.contains("work::three_lines"), "{peek}");
    let tags = pprof::report(&pprof, &["-tags"], &profile);
    assert!(tags.contains("three-lines"), "{tags}");
}

fn five_places_below_their_callers() {
    let Some(pprof) = pprof::needed() else { return };
    let service = Service::start("five places");
    let profile = service.busy_profile("hz=1000&compare=1");
    let line =
        |function: &str, text| pprof::line(&pprof, &profile, &format!("work::{function}$"), text);
    let times = [
        line("copying", "// memcpy"),
        line("locking", "// mutex"),
        line("checking", "// from_utf8"),
        line("hashing", "// SHA-256"),
        line("querying", "// SQLite"),
    ];
    assert_shares("five places", &times, &[1.0; 5]);
    let all = pprof::of_threads(&decoded(&profile), |_| true) / 1e6;
    // The rest is what the loops around them take, unoptimized.
    assert!(
        times.iter().sum::<f64>() > 0.85 * all,
        "{times:?} of {all} ms"
    );

    // The rule by which stacks are walked is as good as call frame information for every frame.
    let comment = pprof::comment(&decoded(&profile), "identical");
    let (stacks, identical) = (
        pprof::number(&comment, "stacks,"),
        pprof::number(&comment, "identical"),
    );
    assert!(stacks > 200.0 && identical >= 0.99 * stacks, "{comment}");
}

fn eight_threads_at_powers_of_two() {
    let service = Service::start("scaling");
    let names: Vec<_> = (0..8).map(|power| format!("power-{power}")).collect();
    // A thread has its creator's name until it runs for the first time.
    eventually("all threads have their names", || {
        let threads = service.threads();
        names.iter().all(|name| threads.contains_key(name))
    });
    let before = service.threads();
    let profile = decoded(&service.profile("seconds=6&hz=500&symbolize=0"));
    let after = service.threads();
    // What they wanted to do is no measure on a busy machine. What they did the kernel knows, to the nanosecond.
    let did = |name: &str| (after[name] - before[name]) as f64;
    let sampled = |name: &String| pprof::of_threads(&profile, |thread| thread == name);
    let sampled: Vec<_> = names.iter().map(sampled).collect();
    let did: Vec<_> = names.iter().map(|name| did(name)).collect();
    assert_shares("threads", &sampled, &did);
}

fn async_functions_by_name_and_line() {
    let Some(pprof) = pprof::needed() else { return };
    let profile = Service::start("futures").profile("seconds=3");
    let inner = pprof::line(&pprof, &profile, "work::inner_future", "// in the future");
    let outer = pprof::line(
        &pprof,
        &profile,
        "work::outer_future",
        "inner_future().await;",
    );
    let all = pprof::of_threads(&decoded(&profile), |_| true) / 1e6;
    assert!(
        inner > 0.9 * all && outer > 0.9 * all,
        "{inner} and {outer} of {all} ms"
    );
}

fn as_nobody() {
    const NOBODY: u32 = 65534;
    // SAFETY: it takes no arguments.
    if unsafe { libc::geteuid() } != 0 {
        // Whoever runs this has no privileges either, and then all other tests prove it.
        return;
    }
    // In a folder that everybody may enter.
    let folder = tempfile::tempdir_in("/tmp").expect("a folder");
    let program = folder.path().join("nobodys");
    std::fs::copy(std::env::current_exe().expect("this program"), &program).expect("a copy");
    for path in [folder.path(), &program] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, mode).expect("its mode can be set");
    }
    let mut command = Command::new(program);
    command
        .env(WORKLOAD, "three lines")
        .uid(NOBODY)
        .gid(NOBODY)
        .current_dir("/");
    three_lines_of(&Service::of(&mut command));
}

fn under_a_filter_of_system_calls() {
    three_lines_of(&Service::start("filtered"));
}

#[track_caller]
pub fn decoded(bytes: &[u8]) -> Profile {
    Profile::decode(bytes).expect("a profile")
}
