//! Benchmarks that criterion times and this crate counts.

use std::fmt;
use std::io::{self, Write as _};
use std::path::PathBuf;

use criterion::measurement::WallTime;
use criterion::{Bencher, BenchmarkGroup, Criterion};
use tokio::runtime::Runtime;

use crate::counting::{self, Counts};
use crate::flame::FlameGraph;
use crate::line::Line;
use crate::name::Name;
use crate::timing::{self, Earlier};

/// All benchmarks of a program.
pub struct Suite {
    criterion: Criterion,
    folder: PathBuf,
    /// Whether it has been said that nothing is counted.
    told: bool,
}

impl Suite {
    /// Takes criterion with the program's own settings, and has the command line override them.
    ///
    /// Criterion's files are where criterion itself would put them: in `$CRITERION_HOME`, else in `criterion` below
    /// `$CARGO_TARGET_DIR` or below the folder that cargo builds into. Under `--profile-time` each benchmark leaves a
    /// flame graph there. Plots are switched off, since they take longer than a short benchmark does.
    ///
    /// A wrong argument ends the process with exit code 2 and a message, as in every program of criterion's.
    pub fn from_args(criterion: Criterion) -> Self {
        let folder = timing::criterion_folder();
        let criterion = criterion
            .output_directory(&folder)
            .without_plots()
            .with_profiler(FlameGraph::default())
            .configure_from_args();
        Self {
            criterion,
            folder,
            told: false,
        }
    }

    /// Begins a group. In Go it is the function `BenchmarkName`, and its benchmarks are sub-benchmarks.
    ///
    /// # Panics
    /// When `name` does not begin with an upper-case letter, without which Go would not take the line for a
    /// benchmark's, or is not made of letters, digits and any of `_-.` alone.
    pub fn group(&mut self, name: &str) -> Group<'_> {
        Name::check_group(name);
        Group {
            name: name.to_owned(),
            criterion: self.criterion.benchmark_group(name),
            folder: &self.folder,
            told: &mut self.told,
        }
    }

    /// Ends the run as criterion's own `main` does.
    pub fn finish(self) {
        self.criterion.final_summary();
    }
}

impl fmt::Debug for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suite")
            .field("folder", &self.folder)
            .finish_non_exhaustive()
    }
}

/// Benchmarks that criterion compares with each other.
///
/// A benchmark's line is printed when criterion has measured it, hence not for one that the filter skips, nor with
/// `--test`, `--list`, `--profile-time`, `--load-baseline` and `--discard-baseline`.
pub struct Group<'suite> {
    name: String,
    criterion: BenchmarkGroup<'suite, WallTime>,
    folder: &'suite PathBuf,
    told: &'suite mut bool,
}

impl<'suite> Group<'suite> {
    /// Criterion's group, for settings such as the sampling mode.
    pub fn criterion(&mut self) -> &mut BenchmarkGroup<'suite, WallTime> {
        &mut self.criterion
    }

    /// Benchmarks a closure: criterion times it, then a few more calls count what the **calling thread** allocates.
    /// Whatever the closure returns is dropped within the time and within the counts.
    ///
    /// `name` is `function` or `function/parameter`, such as `from_reader/999-rooms`.
    ///
    /// # Panics
    /// When a part of `name` is empty, longer than 64 bytes or not made of letters, digits and any of `_-.` alone; when
    /// the group has this name already; when `routine` panics.
    pub fn bench<O>(&mut self, name: &str, routine: impl FnMut() -> O) {
        let time = |bencher: &mut Bencher<'_>, routine: &mut _| bencher.iter(routine);
        self.measure(name, routine, time, counting::of_closure);
    }

    /// As [`Group::bench`], for a future on `runtime`. What is counted is the **whole process**, since a future has
    /// others work for it: the runtime's threads, or the one on which sqlx runs SQLite.
    ///
    /// # Panics
    /// As [`Group::bench`].
    pub fn bench_async<F: Future>(
        &mut self,
        name: &str,
        runtime: &Runtime,
        routine: impl FnMut() -> F,
    ) {
        let time = |bencher: &mut Bencher<'_>, routine: &mut _| {
            bencher.to_async(runtime).iter(routine);
        };
        let count = |operations, routine| counting::of_future(operations, runtime, routine);
        self.measure(name, routine, time, count);
    }

    /// Ends the group: criterion summarizes it.
    pub fn finish(self) {
        self.criterion.finish();
    }

    fn measure<R>(
        &mut self,
        name: &str,
        mut routine: R,
        mut time: impl FnMut(&mut Bencher<'_>, &mut R),
        count: impl FnOnce(u64, R) -> Option<Counts>,
    ) {
        let name = Name::new(&self.name, name);
        let earlier = Earlier::in_folder(&name.folder(self.folder));
        self.criterion
            .bench_function(name.id(), |bencher| time(bencher, &mut routine));
        let timing = match earlier.newer() {
            Ok(Some(timing)) => timing,
            Ok(None) => return,
            Err(error) => return eprintln!("benchmem: no line for {name}: {error}"),
        };
        let counts = count(timing.few(), routine);
        if counts.is_none() && !std::mem::replace(self.told, true) {
            eprintln!(
                "benchmem: allocations are not counted, so the lines have no B/op and no allocs/op: \
                 make diagnostics::Allocator this program's #[global_allocator]"
            );
        }
        let line = Line {
            name: &name,
            timing: &timing,
            counts,
        };
        // Nobody reads standard output any more: no reason to end the other benchmarks with a panic.
        let _ = writeln!(io::stdout().lock(), "{line}");
    }
}

impl fmt::Debug for Group<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
