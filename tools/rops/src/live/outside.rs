//! What can be told of a process that has no agent.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::process::{Compilers, Process, Thread};

/// Threads without their stacks.
#[derive(Debug, Serialize)]
pub struct Threads {
    threads: Vec<Thread>,
}

impl Threads {
    /// # Errors
    /// When the process has ended.
    pub fn of(process: &Process) -> anyhow::Result<Self> {
        let threads = process.threads()?;
        Ok(Self { threads })
    }

    /// A line for each.
    pub fn text(&self) -> String {
        let mut text = format!("{} threads\n\n", self.threads.len());
        for thread in &self.threads {
            let Thread {
                number,
                name,
                state,
                cpu_seconds,
            } = thread;
            let state = if *state == 'R' { "on CPU" } else { "off CPU" };
            let _ = writeln!(
                text,
                "thread {number} {name}: {state} ({cpu_seconds:.2} s of CPU so far)"
            );
        }
        text
    }
}

/// Values by name; null is for what is not known.
pub struct Values(Map<String, Value>);

impl Values {
    /// # Errors
    /// When the process has ended.
    pub fn memory(process: &Process) -> anyhow::Result<Self> {
        let sizes = process.memory()?.into_iter();
        Ok(Self(
            sizes
                .map(|(name, size)| (name.to_owned(), json!(size)))
                .collect(),
        ))
    }

    /// # Errors
    /// When the process has ended.
    pub fn stats(process: &Process) -> anyhow::Result<Self> {
        let threads = process.threads()?.len();
        let cores = std::thread::available_parallelism().ok().map(usize::from);
        Ok(Self::of([
            ("OS threads", json!(threads)),
            ("CPUs", json!(cores)),
        ]))
    }

    pub fn version(process: &Process) -> Self {
        let rustc = Compilers::default().of(process);
        Self::of([
            ("program", json!(process.name)),
            (
                "compiler",
                json!(rustc.map(|version| format!("rustc {version}"))),
            ),
        ])
    }

    fn of<const COUNT: usize>(values: [(&str, Value); COUNT]) -> Self {
        Self(
            values
                .map(|(name, value)| (name.to_owned(), value))
                .into_iter()
                .collect(),
        )
    }

    pub fn json(&self) -> Value {
        Value::Object(self.0.clone())
    }

    /// A line for each.
    pub fn text(&self, as_bytes: bool) -> String {
        let mut text = String::new();
        for (name, value) in &self.0 {
            let value = match value {
                Value::Null => "not known".to_owned(),
                Value::Number(number) if as_bytes => {
                    let bytes = number.as_u64().unwrap_or(0);
                    format!(
                        "{} ({} bytes)",
                        terminal::bytes(bytes as f64),
                        terminal::grouped(bytes)
                    )
                }
                Value::String(text) => text.clone(),
                value => value.to_string(),
            };
            let _ = writeln!(text, "{name}: {value}");
        }
        text
    }
}
