//! Runs the command as a person would.

use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::stub::Stub;

/// `cargo load` with these arguments.
pub fn load(arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_load"));
    command
        .args(arguments.split_whitespace())
        .stdin(Stdio::null());
    command
}

/// The same, at a stub.
pub fn load_stub(stub: &Stub, arguments: &str) -> Command {
    let mut command = load(arguments);
    command.arg("--url").arg(format!("http://{}", stub.address));
    command
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

    /// The report of a run with `--json`.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

/// Runs it to its end.
pub fn finish(mut command: Command) -> Outcome {
    Outcome::of(command.output().unwrap())
}

/// A run with `--json` that must succeed.
pub fn succeed(stub: &Stub, arguments: &str) -> Value {
    let outcome = finish(load_stub(stub, &format!("{arguments} --json")));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    outcome.json()
}

/// Starts it and captures what it prints.
pub fn start(mut command: Command) -> Child {
    command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}
