//! A program of benchmarks that does not count its allocations: its lines claim nothing about them.

mod runs;

use std::env;
use std::time::Duration;

use criterion::Criterion;
use libtest_mimic::{Arguments, Trial};
use runs::{CHILD, run};

fn main() {
    if env::var_os(CHILD).is_some() {
        return benchmarks();
    }
    let test = Trial::test("it_is_said_once_and_no_figure_is_printed", || {
        let run = run(&["--bench"]);
        assert_eq!(run.lines.len(), 2, "{}", run.stdout);
        for line in &run.lines {
            assert!(line.nanoseconds > 0.0 && line.iterations > 0, "{line:?}");
            assert_eq!(line.counts, None);
        }
        assert_eq!(
            run.stderr.matches("allocations are not counted").count(),
            1,
            "{}",
            run.stderr
        );
        Ok(())
    });
    libtest_mimic::run(&Arguments::from_args(), vec![test]).exit();
}

fn benchmarks() {
    let criterion = Criterion::default()
        .sample_size(10)
        // Fewer, since a test program is not optimized.
        .nresamples(2000)
        .warm_up_time(Duration::from_millis(1))
        .measurement_time(Duration::from_millis(10));
    let mut suite = benchmem::Suite::from_args(criterion);
    let mut group = suite.group("Uncounted");
    group.bench("boxed", || Box::new(1u8));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    group.bench_async("boxed_later", &runtime, async || Box::new(1u8));
    group.finish();
    suite.finish();
}
