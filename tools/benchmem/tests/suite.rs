//! A program of benchmarks, run as `cargo bench` would run it: its lines are held against criterion's files and against
//! allocations that are known. With `CHILD` in its environment this program is that program of benchmarks.

mod runs;

use std::fs;
use std::hint::black_box;

use benchmem::Suite;
use criterion::SamplingMode;
use runs::{run, run_by};

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

fn main() {
    let tests: [(&str, fn()); 6] = [
        ("lines_agree_with_criterion", lines_agree_with_criterion),
        ("baselines_make_no_difference", baselines_make_no_difference),
        ("what_is_not_measured_has_no_line", what_is_not_measured),
        ("cargos_folder_is_respected", cargos_folder_is_respected),
        ("a_profile_is_drawn", a_profile_is_drawn),
        ("an_empty_profile_is_said", an_empty_profile_is_said),
    ];
    runs::main(benchmarks, tests);
}

/// The program of benchmarks.
fn benchmarks(mut suite: Suite) {
    let mut group = suite.group("Known");
    // Two allocations, the second of them a reallocation.
    group.bench("grown/50-bytes", || {
        let mut bytes = black_box(Vec::<u8>::with_capacity(10));
        bytes.reserve_exact(black_box(50));
        bytes
    });
    group.bench("spinning", spin);
    group.bench("sleeping", || {
        std::thread::sleep(std::time::Duration::from_millis(1));
    });
    group.finish();

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut group = suite.group("Future");
    group.criterion().sampling_mode(SamplingMode::Flat);
    // One allocation of the future's own, and one on a thread of its own, with what the task itself takes.
    group.bench_async("elsewhere/3000-bytes", &runtime, async || {
        let own = black_box(vec![1u8; 1000]);
        let elsewhere = tokio::task::spawn_blocking(|| drop(black_box(vec![1u8; 2000])));
        elsewhere.await.expect("it ends");
        own
    });
    group.finish();
    suite.finish();
}

/// Never inlined, so that the flame graph has its name.
#[inline(never)]
fn spin() -> u64 {
    (0..black_box(100_000u64)).fold(1, |sum, number| black_box(sum ^ number))
}

fn lines_agree_with_criterion() {
    let run = run(&["--bench"]);
    let names: Vec<&str> = run.lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "Known/grown/50-bytes",
            "Known/spinning",
            "Known/sleeping",
            "Future/elsewhere/3000-bytes"
        ]
    );
    for line in &run.lines {
        let estimates = run.json(&line.name, "new/estimates.json");
        let typical = match &estimates["slope"] {
            serde_json::Value::Null => &estimates["mean"],
            slope => slope,
        };
        let nanoseconds = typical["point_estimate"].as_f64().expect("a number");
        // As many digits as the line has.
        assert!(
            (line.nanoseconds - nanoseconds).abs() <= nanoseconds * 1e-3 + 5e-4,
            "{line:?}"
        );
        let samples = run.json(&line.name, "new/sample.json");
        let iterations = samples["iters"].as_array().expect("an array");
        let iterations: f64 = iterations.iter().filter_map(|number| number.as_f64()).sum();
        assert_eq!(line.iterations as f64, iterations, "{line:?}");
    }
    // Both kinds of estimates have been met.
    assert!(run.json("Future/elsewhere/3000-bytes", "new/estimates.json")["slope"].is_null());
    assert!(!run.json("Known/grown/50-bytes", "new/estimates.json")["slope"].is_null());
    assert_eq!(run.columns().len(), 1, "{}", run.stdout);

    let counts = |name| run.line(name).counts.expect("counted");
    assert_eq!(counts("Known/grown/50-bytes"), (60, 2));
    assert_eq!(counts("Known/spinning"), (0, 0));
    let (bytes, allocations) = counts("Future/elsewhere/3000-bytes");
    assert!((3000..4000).contains(&bytes), "{bytes}");
    assert!((2..=6).contains(&allocations), "{allocations}");
}

fn baselines_make_no_difference() {
    let saved = run(&["--bench", "--save-baseline", "before", "spinning"]);
    assert_eq!(saved.lines.len(), 1, "{}", saved.stdout);
    let compared = saved.again(&["--bench", "--baseline", "before", "spinning"]);
    assert_eq!(compared.lines.len(), 1, "{}", compared.stdout);
    assert!(compared.stdout.contains("change:"), "{}", compared.stdout);
    assert_ne!(saved.lines[0], compared.lines[0]);
    let loaded = [
        "--bench",
        "--load-baseline",
        "before",
        "--baseline",
        "before",
        "spinning",
    ];
    assert_eq!(compared.again(&loaded).lines.len(), 0);
}

fn what_is_not_measured() {
    let first = run(&["--bench", "spinning"]);
    assert_eq!(first.lines.len(), 1);
    for arguments in [
        &["--bench", "--list"][..],
        &["--bench", "--test"],
        // As `cargo test --benches` runs it.
        &[],
        &["--bench", "no-such-benchmark"],
        &["--bench", "--discard-baseline", "spinning"],
    ] {
        // In a new folder, and where an earlier run has left its files.
        for run in [run(arguments), first.again(arguments)] {
            assert_eq!(run.lines.len(), 0, "{arguments:?}: {}", run.stdout);
        }
    }
    let other = first.again(&["--bench", "grown"]);
    let names: Vec<&str> = other.lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["Known/grown/50-bytes"]);
}

fn cargos_folder_is_respected() {
    let run = run_by("CARGO_TARGET_DIR", &["--bench", "spinning"]);
    assert_eq!(run.lines.len(), 1, "{}", run.stdout);
    let samples = "criterion/Known/spinning/new/sample.json";
    assert!(run.folder.path().join(samples).exists());
}

fn a_profile_is_drawn() {
    let run = run(&["--bench", "--profile-time", "1", "Known/spinning"]);
    assert_eq!(run.lines.len(), 0);
    let picture = "Known/spinning/profile/flamegraph.svg";
    let path = run.folder.path().join(picture);
    let told = path.display().to_string();
    assert!(run.stdout.contains(&told), "{}", run.stdout);
    let svg = fs::read_to_string(path).expect("a picture");
    let routine = ["<title>suite::spin (", "<title>spin ("];
    assert!(routine.iter().any(|title| svg.contains(title)), "{svg}");
    // What called the routine, and the sampler.
    for absent in ["bencher", "lang_start", "perf_signal_handler"] {
        assert!(!svg.contains(absent), "{absent}: {svg}");
    }
}

fn an_empty_profile_is_said() {
    let run = run(&["--bench", "--profile-time", "1", "Known/sleeping"]);
    let picture = "Known/sleeping/profile/flamegraph.svg";
    // Waking up takes some processor time, which a sample may meet.
    let said = "benchmem: no flame graph of Known/sleeping: ";
    let is_drawn = run.folder.path().join(picture).exists();
    assert_ne!(run.stderr.contains(said), is_drawn, "{}", run.stderr);
}
