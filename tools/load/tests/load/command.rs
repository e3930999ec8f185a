//! Runs the commands as a person would.

use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::stub::Stub;

/// `load` or `allocs` with these arguments.
pub fn command(name: &str, arguments: &str) -> Command {
    let mut command = Command::new(match name {
        "load" => env!("CARGO_BIN_EXE_load"),
        _ => env!("CARGO_BIN_EXE_allocs"),
    });
    command
        .args(arguments.split_whitespace())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs it to its end.
pub fn run(name: &str, arguments: &str) -> Outcome {
    Outcome::of(command(name, arguments).output().unwrap())
}

/// What came out of a run.
#[derive(Debug)]
pub struct Outcome {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// What was printed by a run with this exit code.
    #[track_caller]
    pub fn text(&self, code: i32) -> &str {
        assert_eq!(self.code, Some(code), "{self:?}");
        &self.stdout
    }

    /// The report of a run with `--json` and this exit code.
    #[track_caller]
    pub fn json(&self, code: i32) -> Value {
        serde_json::from_str(self.text(code)).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// Checks that it failed with this code and printed nothing but an error with these words.
    #[track_caller]
    pub fn failed(&self, code: i32, words: &str) {
        assert_eq!(self.text(code), "", "{self:?}");
        assert!(self.stderr.contains(words), "{words} in {self:?}");
    }
}

impl Stub {
    /// Runs `cargo load` at it.
    pub fn load(&self, arguments: &str) -> Outcome {
        run("load", &format!("{arguments} --url {}", self.url))
    }

    /// The report of a load that must go well.
    #[track_caller]
    pub fn report(&self, arguments: &str) -> Value {
        self.load(&format!("{arguments} --json")).json(0)
    }

    /// Starts `cargo load` at it and waits until it has got so many requests.
    pub fn start_load(&self, arguments: &str, requests: usize) -> Child {
        let arguments = format!("{arguments} --url {}", self.url);
        let child = command("load", &arguments).spawn().unwrap();
        self.wait_for_requests(requests);
        child
    }

    /// Runs `cargo allocs` at it, as if it were its own diagnostics.
    pub fn allocs(&self, arguments: &str) -> Outcome {
        let arguments = format!("{arguments} --url {0} --debug-url {0}", self.url);
        run("allocs", &arguments)
    }
}
