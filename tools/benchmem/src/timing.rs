//! What criterion measured, from its own files, so that a line and criterion's report agree.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// How long counting may take, by the measured time of an operation.
const COUNTING: Duration = Duration::from_millis(100);

/// A benchmark's time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timing {
    /// How often the routine was called while it was measured: the sum over the samples.
    pub iterations: u64,
    /// Nanoseconds per operation: the estimate in the middle of criterion's `time: […]`, which is the slope of the
    /// regression, or the mean when all samples have the same number of iterations.
    pub nanoseconds: f64,
}

impl Timing {
    /// A few operations: as many as take [`COUNTING`], and more than one.
    pub fn few(&self) -> u64 {
        let fitting = COUNTING.as_nanos() as f64 / self.nanoseconds;
        (fitting as u64).clamp(2, 1000)
    }
}

#[derive(Deserialize)]
struct Estimates {
    mean: Estimate,
    slope: Option<Estimate>,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
}

/// Each sample is a number of iterations and the time that they took together.
#[derive(Deserialize)]
struct Samples {
    iters: Vec<f64>,
}

/// What an earlier run left in a benchmark's folder. It stays there when criterion skips the benchmark.
#[derive(Debug)]
pub struct Earlier {
    new: PathBuf,
    samples: Option<Vec<u8>>,
}

impl Earlier {
    /// Looks into a benchmark's folder, before criterion runs it. Criterion writes what it measures into `new`, whether
    /// or not it has a baseline to compare with, and copies it to the baseline that is to be saved.
    pub fn in_folder(benchmark: &Path) -> Self {
        let new = benchmark.join("new");
        Self {
            samples: fs::read(new.join("sample.json")).ok(),
            new,
        }
    }

    /// What criterion has measured since; none if it has not. Two runs never measure the same nanoseconds in all of
    /// their samples.
    ///
    /// # Errors
    /// When criterion's files are not what they are known to be.
    pub fn newer(&self) -> io::Result<Option<Timing>> {
        let now = Self::in_folder(self.new.parent().unwrap_or(&self.new));
        if now.samples.is_none() || now.samples == self.samples {
            return Ok(None);
        }
        let samples: Samples = read(&self.new.join("sample.json"))?;
        let Estimates { mean, slope } = read(&self.new.join("estimates.json"))?;
        Ok(Some(Timing {
            iterations: samples.iters.iter().sum::<f64>() as u64,
            nanoseconds: slope.unwrap_or(mean).point_estimate,
        }))
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    let wrong = |error| io::Error::other(format!("{}: {error}", path.display()));
    serde_json::from_slice(&fs::read(path)?).map_err(wrong)
}

/// The folder that criterion would choose. It does not tell, so it is chosen here by the same rules and then given to it.
pub fn criterion_folder() -> PathBuf {
    if let Some(home) = env::var_os("CRITERION_HOME") {
        return home.into();
    }
    let target = env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.or_else(cargo_target_folder);
    target.unwrap_or_else(|| "target".into()).join("criterion")
}

/// The folder that cargo builds into, if cargo started this program.
fn cargo_target_folder() -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Metadata {
        target_directory: PathBuf,
    }
    let output = Command::new(env::var_os("CARGO")?)
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .output()
        .ok()?;
    let metadata: Metadata = serde_json::from_slice(&output.stdout).ok()?;
    Some(metadata.target_directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLES: &str = r#"{"sampling_mode":"Flat","iters":[2.0,2.0,3.0],"times":[1.0,2.0,3.0]}"#;

    /// What is read after criterion has left these files, and once more when it has left nothing since.
    fn measured(samples: &str, estimates: &str) -> [io::Result<Option<Timing>>; 2] {
        let folder = tempfile::tempdir().expect("a folder");
        let new = folder.path().join("new");
        let earlier = Earlier::in_folder(folder.path());
        fs::create_dir_all(&new).expect("a folder");
        fs::write(new.join("sample.json"), samples).expect("samples");
        fs::write(new.join("estimates.json"), estimates).expect("estimates");
        [earlier.newer(), Earlier::in_folder(folder.path()).newer()]
    }

    #[test]
    fn the_estimate_is_the_slope_or_else_the_mean() {
        for (slope, nanoseconds) in [("null", 7.5), (r#"{"point_estimate":6.25}"#, 6.25)] {
            let estimates = format!(r#"{{"mean":{{"point_estimate":7.5}},"slope":{slope}}}"#);
            let [first, second] = measured(SAMPLES, &estimates).map(|read| read.expect("readable"));
            let timing = first.expect("measured");
            assert_eq!((timing.iterations, timing.nanoseconds), (7, nanoseconds));
            assert_eq!(second, None, "what an earlier run left is no measurement");
        }
    }

    #[test]
    fn files_of_another_shape_are_an_error_that_names_them() {
        for (samples, estimates, file) in [
            ("{}", "{}", "sample.json"),
            (SAMPLES, "{}", "estimates.json"),
        ] {
            let [first, _] = measured(samples, estimates);
            let error = first.expect_err("nothing in it").to_string();
            assert!(error.contains(file), "{error}");
        }
    }

    #[test]
    fn counting_takes_a_few_operations() {
        let few = |nanoseconds| {
            Timing {
                iterations: 1,
                nanoseconds,
            }
            .few()
        };
        assert_eq!((few(0.5), few(1e7), few(7e8)), (1000, 10, 2));
    }
}
