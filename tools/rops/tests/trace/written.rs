//! Traces as `diagnostics` writes them, with what a test wants in them.

use std::fs;
use std::process::Command;

use rops::trace::{Trace, decode};
use serde_json::{Value, json};
use test_tools::{Folder, Ran};

/// A trace that is being written. Times are microseconds.
#[derive(Default)]
pub struct Written {
    events: Vec<Value>,
}

impl Written {
    /// Something that takes time.
    pub fn add(
        mut self,
        (cat, name): (&str, &str),
        (pid, tid): (u64, u64),
        (start, end): (f64, f64),
        args: Value,
    ) -> Self {
        self.events.push(json!({
            "ph": "X", "name": name, "cat": cat, "pid": pid, "tid": tid,
            "ts": start, "dur": end - start, "args": args,
        }));
        self
    }

    /// A poll of a task on a thread, which was ready for so long.
    pub fn poll(self, task: u64, thread: u64, times: (f64, f64), ready: f64) -> Self {
        let args = json!({"task": task, "ready": ready});
        self.add(("poll", "src/main.rs:9:5"), (1, thread), times, args)
    }

    /// A request in a lane.
    pub fn request(self, span: u64, lane: u64, times: (f64, f64), route: &str) -> Self {
        let args = json!({"span": span, "at": "src/http.rs:7", "status": 200});
        self.add(("request", route), (2, lane), times, args)
    }

    /// A span of a request.
    pub fn span(self, span: u64, lane: u64, times: (f64, f64), (name, at): (&str, &str)) -> Self {
        self.add(
            ("span", name),
            (2, lane),
            times,
            json!({"span": span, "at": at}),
        )
    }

    /// Somebody works in the innermost span, and is in it.
    pub fn busy(self, (lane, span): (u64, u64), task: u64, thread: u64, times: (f64, f64)) -> Self {
        let args = json!({"thread": thread, "task": task});
        let busy = self.add(("busy", "busy"), (2, lane), times, args);
        let args = json!({"span": span, "task": task});
        busy.add(("span", "any"), (1, thread), times, args)
    }

    /// Any other event.
    pub fn other(mut self, event: Value) -> Self {
        self.events.push(event);
        self
    }

    /// As JSON.
    pub fn json(&self) -> String {
        let facts = json!({
            "start": 1.5e9, "seconds": 1.0, "clock": "a clock", "records": 9, "overwritten": 2,
            "dropped": 0, "too many": 0, "missing": ["No wakes."],
        });
        json!({"traceEvents": self.events, "otherData": facts}).to_string()
    }

    /// As the reader has it.
    pub fn trace(&self) -> Trace {
        decode(self.json().as_bytes(), "a trace").expect("it is a trace")
    }
}

/// What a command prints about a file of these bytes.
pub fn run(bytes: &[u8], arguments: &[&str]) -> Ran {
    let folder = Folder::new();
    let path = folder.path("trace.json");
    fs::write(&path, bytes).expect("the folder can be written to");
    let mut command = Command::new(env!("CARGO_BIN_EXE_rops"));
    command.arg("trace").args(arguments).arg(path);
    Ran::of(command)
}
