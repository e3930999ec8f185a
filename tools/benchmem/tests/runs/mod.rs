//! Runs this program as a program of benchmarks, and reads what it prints.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use benchmem::Suite;
use criterion::Criterion;
use libtest_mimic::{Arguments, Trial};
use tempfile::TempDir;

/// Set for a program of benchmarks.
const CHILD: &str = "BENCHMEM_TEST_CHILD";

/// Runs the tests, or in a child the benchmarks.
pub fn main<const N: usize>(benchmarks: fn(Suite), tests: [(&str, fn()); N]) {
    if env::var_os(CHILD).is_some() {
        let criterion = Criterion::default()
            .sample_size(10)
            // Fewer, since a test program is not optimized.
            .nresamples(2000)
            .warm_up_time(Duration::from_millis(1))
            .measurement_time(Duration::from_millis(10));
        return benchmarks(Suite::from_args(criterion));
    }
    let tests = tests.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), tests.into()).exit();
}

/// What a run left behind.
pub struct Run {
    /// Criterion's.
    pub folder: Rc<TempDir>,
    pub stdout: String,
    pub stderr: String,
    pub lines: Vec<Line>,
}

/// A line as Go's tools read it.
#[derive(Debug, PartialEq)]
pub struct Line {
    pub name: String,
    pub iterations: u64,
    pub nanoseconds: f64,
    /// Bytes and allocations.
    pub counts: Option<(u64, u64)>,
}

/// Runs the benchmarks in a folder of their own.
pub fn run(arguments: &[&str]) -> Run {
    run_by("CRITERION_HOME", arguments)
}

/// As [`run`], with the folder named by this variable of the environment.
pub fn run_by(variable: &str, arguments: &[&str]) -> Run {
    let folder = tempfile::tempdir().expect("a folder");
    run_in(Rc::new(folder), variable, arguments)
}

fn run_in(folder: Rc<TempDir>, variable: &str, arguments: &[&str]) -> Run {
    let output = Command::new(env::current_exe().expect("this program"))
        .args(arguments)
        .env(CHILD, "1")
        .env_remove("CRITERION_HOME")
        .env(variable, folder.path())
        .output()
        .expect("it starts");
    let stdout = String::from_utf8(output.stdout).expect("text");
    let stderr = String::from_utf8(output.stderr).expect("text");
    assert!(output.status.success(), "{arguments:?}\n{stdout}\n{stderr}");
    let lines = stdout.lines().filter_map(Line::parse).collect();
    Run {
        folder,
        stdout,
        stderr,
        lines,
    }
}

#[allow(dead_code, reason = "each of the test programs uses some of it")]
impl Run {
    /// Runs them again in the same folder.
    pub fn again(&self, arguments: &[&str]) -> Self {
        run_in(Rc::clone(&self.folder), "CRITERION_HOME", arguments)
    }

    pub fn line(&self, name: &str) -> &Line {
        let line = self.lines.iter().find(|line| line.name == name);
        line.unwrap_or_else(|| panic!("no line of {name} in\n{}", self.stdout))
    }

    /// A file of criterion's.
    pub fn json(&self, benchmark: &str, file: &str) -> serde_json::Value {
        let path = self.folder.path().join(benchmark).join(file);
        let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        serde_json::from_slice(&text).expect("JSON")
    }

    /// Where the units stand; one element if all lines are aligned.
    pub fn columns(&self) -> BTreeSet<[Option<usize>; 3]> {
        let units = |line: &str| ["ns/op", "B/op", "allocs/op"].map(|unit| line.find(unit));
        let lines = self
            .stdout
            .lines()
            .filter(|line| Line::parse(line).is_some());
        lines.map(units).collect()
    }
}

impl Line {
    /// By the rules of Go's benchmark format: `Benchmark` and no lower-case letter, iterations, values with units.
    fn parse(line: &str) -> Option<Self> {
        let mut words = line.split_ascii_whitespace();
        let name = words.next()?.strip_prefix("Benchmark")?;
        if name.starts_with(|first: char| first.is_lowercase()) {
            return None;
        }
        let iterations = words.next()?.parse().ok()?;
        let values: Vec<&str> = words.collect();
        let value = |unit: &str| {
            let mut pairs = values.chunks_exact(2);
            pairs.find_map(|pair| (pair[1] == unit).then(|| pair[0].to_owned()))
        };
        let whole = |unit: &str| value(unit).map(|text| text.parse().expect("a whole number"));
        Some(Self {
            name: name.to_owned(),
            iterations,
            nanoseconds: value("ns/op")?.parse().expect("a number"),
            counts: whole("B/op").zip(whole("allocs/op")),
        })
    }
}
