//! A program of benchmarks that does not count its allocations: its lines claim nothing about them.

mod runs;

use benchmem::Suite;

fn main() {
    let test = (
        "it_is_said_once_and_no_figure_is_printed",
        it_is_said_once as fn(),
    );
    runs::main(benchmarks, [test]);
}

fn it_is_said_once() {
    let run = runs::run(&["--bench"]);
    assert_eq!(run.lines.len(), 2, "{}", run.stdout);
    for line in &run.lines {
        assert!(line.nanoseconds > 0.0 && line.iterations > 0, "{line:?}");
        assert_eq!(line.counts, None);
    }
    let said = run.stderr.matches("allocations are not counted").count();
    assert_eq!(said, 1, "{}", run.stderr);
}

fn benchmarks(mut suite: Suite) {
    let mut group = suite.group("Uncounted");
    group.bench("boxed", || Box::new(1u8));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    group.bench_async("boxed_later", &runtime, async || Box::new(1u8));
    group.finish();
    suite.finish();
}
