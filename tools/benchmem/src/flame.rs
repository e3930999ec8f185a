//! A flame graph of a benchmark, drawn from samples of its stacks.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use criterion::profiler::Profiler;
use pprof::flamegraph::Options;
use pprof::{Frames, ProfilerGuard, ProfilerGuardBuilder, Symbol};

use crate::whole;

/// Samples per second of processor time. A prime, so that the samples do not keep step with work that repeats at a
/// round interval. The kernel's timer may have fewer ticks than that, then there are as many samples as ticks.
const FREQUENCY: i32 = 997;

/// Where a stack must not be walked: the unwinder would meet itself, and the kernel's own page has no frames to follow.
/// The C library stays, since system calls are made there.
const NOT_SAMPLED: [&str; 2] = ["libgcc", "vdso"];

/// Draws what criterion runs under `--profile-time SECONDS`, into `profile/flamegraph.svg` in the benchmark's folder of
/// criterion's, and says on standard output where that is.
///
/// Widths are processor time: a benchmark that waits leaves few samples or none. What goes wrong is a sentence on
/// standard error, and criterion runs the next benchmark.
#[derive(Default)]
pub struct FlameGraph {
    running: Option<ProfilerGuard<'static>>,
}

impl fmt::Debug for FlameGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlameGraph")
            .field("running", &self.running.is_some())
            .finish()
    }
}

impl Profiler for FlameGraph {
    fn start_profiling(&mut self, benchmark: &str, folder: &Path) {
        // If this one comes to nothing, an earlier one must not be taken for it.
        let _ = fs::remove_file(path_in(folder));
        let builder = ProfilerGuardBuilder::default()
            .frequency(FREQUENCY)
            .blocklist(&NOT_SAMPLED);
        match builder.build() {
            Ok(guard) => self.running = Some(guard),
            Err(error) => eprintln!("benchmem: {benchmark} is not sampled: {error}"),
        }
    }

    fn stop_profiling(&mut self, benchmark: &str, folder: &Path) {
        let Some(guard) = self.running.take() else {
            return;
        };
        let path = path_in(folder);
        match draw(&guard, benchmark, &path) {
            Ok(samples) => {
                let path = path.display();
                let told = format!("flame graph of {benchmark}, {samples} samples:\n{path}");
                // As with a benchmark's line, nobody may be reading any more.
                let _ = writeln!(io::stdout().lock(), "{told}");
            }
            Err(error) => eprintln!("benchmem: no flame graph of {benchmark}: {error}"),
        }
    }
}

fn path_in(folder: &Path) -> PathBuf {
    folder.join("flamegraph.svg")
}

/// Writes the picture and returns the number of samples in it.
fn draw(guard: &ProfilerGuard<'_>, title: &str, path: &Path) -> io::Result<isize> {
    let report = guard.report().frames_post_processor(trim).build();
    let mut report = report.map_err(io::Error::other)?;
    report.data.retain(|stack, _| !stack.frames.is_empty());
    let samples = report.data.values().sum();
    if samples == 0 {
        return Err(io::Error::other(
            "no sample met it at work: it waits rather than computes, or it ran too briefly",
        ));
    }
    let mut options = Options::default();
    options.title = title.to_owned();
    let mut svg = Vec::new();
    report
        .flamegraph_with_options(&mut svg, &mut options)
        .map_err(io::Error::other)?;
    whole::write(path, &svg)?;
    Ok(samples)
}

/// Removes what every benchmark has alike: the sampler's own frames, and whatever called the benchmarked routine. Stacks
/// begin with the innermost function; each of their frames may be several functions, inlined into each other.
fn trim(stack: &mut Frames) {
    let sampler = stack
        .frames
        .iter()
        .take_while(|frame| frame.iter().all(is_sampler))
        .count();
    stack.frames.drain(..sampler);
    let caller = stack.frames.iter().enumerate().find_map(|(depth, frame)| {
        let inlined = frame.iter().position(is_bencher)?;
        Some((depth, inlined))
    });
    if caller.is_none() && stack.frames.iter().flatten().any(is_criterion) {
        // Criterion itself was met at work, before or after it called the routine.
        stack.frames.clear();
    }
    if let Some((depth, inlined)) = caller {
        stack.frames.truncate(depth + 1);
        stack.frames[depth].truncate(inlined);
        // Criterion calls a closure, by way of the traits of closures.
        while let Some(frame) = stack.frames.last_mut() {
            while frame.last().is_some_and(is_call) {
                frame.pop();
            }
            if !frame.is_empty() {
                break;
            }
            stack.frames.pop();
        }
    }
}

fn is_sampler(symbol: &Symbol) -> bool {
    let name = symbol.name();
    name.starts_with("backtrace::") || name.contains("pprof::")
}

/// Whether it is `Bencher::iter`, or for a future what `AsyncBencher::iter` has polled.
fn is_bencher(symbol: &Symbol) -> bool {
    symbol.name().contains("criterion::bencher::")
        || (is_criterion(symbol) && symbol.filename().ends_with("bencher.rs"))
}

/// Where a binary has line tables and no other debug information, a function's name is without its path, and the file
/// tells: `…/criterion-0.8.2/src/routine.rs`.
fn is_criterion(symbol: &Symbol) -> bool {
    let file = symbol.filename();
    let version = file
        .split_once("/criterion-")
        .map_or("", |(_, version)| version);
    version.starts_with(|first: char| first.is_ascii_digit())
        || file.contains("/criterion/src/")
        || symbol.name().contains("criterion::")
}

fn is_call(symbol: &Symbol) -> bool {
    symbol.filename().ends_with("core/src/ops/function.rs")
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    /// What is left of a stack of functions, each perhaps with its file after an @.
    fn trimmed(frames: &[&[&str]]) -> Vec<Vec<String>> {
        let symbol = |text: &&str| {
            let (name, file) = text.split_once('@').unwrap_or((text, ""));
            Symbol {
                name: Some(name.as_bytes().to_vec()),
                addr: None,
                lineno: None,
                filename: Some(file.into()),
            }
        };
        let frames = frames
            .iter()
            .map(|frame| frame.iter().map(symbol).collect());
        let mut stack = Frames {
            frames: frames.collect(),
            thread_name: String::new(),
            thread_id: 0,
            sample_timestamp: SystemTime::UNIX_EPOCH,
        };
        trim(&mut stack);
        let names = |frame: &Vec<Symbol>| frame.iter().map(Symbol::name).collect();
        stack.frames.iter().map(names).collect()
    }

    #[test]
    fn the_picture_begins_at_the_routine() {
        let frames: &[&[&str]] = &[
            &["backtrace::backtrace::trace_unsynchronized"],
            &["parse", "read"],
            &[
                "bench::{{closure}}",
                "criterion::bencher::Bencher<M>::iter",
                "x",
            ],
            &["main"],
        ];
        let routine = [&["parse", "read"][..], &["bench::{{closure}}"]];
        assert_eq!(trimmed(frames), routine);
        // Where names have no path the file tells.
        let frames: &[&[&str]] = &[
            &["read"],
            &[
                "{closure#4}",
                "call_mut<()>@/rustc/1/library/core/src/ops/function.rs",
                "iter<WallTime>@/registry/criterion-0.8.2/src/bencher.rs",
                "bench@/work/suite.rs",
            ],
            &["main"],
        ];
        assert_eq!(trimmed(frames), [["read"], ["{closure#4}"]]);
    }

    #[test]
    fn what_another_thread_does_stays_and_criterion_by_itself_is_nothing() {
        assert_eq!(trimmed(&[&["step"], &["run"]]), [["step"], ["run"]]);
        for own in [
            "criterion::bencher::Bencher<M>::iter",
            "profile@/registry/criterion-0.8.2/src/routine.rs",
        ] {
            assert!(trimmed(&[&[own], &["main"]]).is_empty(), "{own}");
        }
    }
}
