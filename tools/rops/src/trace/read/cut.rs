//! A part of a trace, with its events as they are written.

use std::io::{self, Read, Write};

use super::event::Event;
use super::source::{self, Position};
use super::stream;
use crate::trace::build::nanoseconds;
use crate::trace::model::Time;

/// Writes what is in a window, which is in the trace's own time. What was read before shows that it can be.
pub(super) fn write(
    bytes: impl Read,
    name: &str,
    window: Time,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let (json, position) = source::open(bytes, name)?;
    let mut sink = Cut {
        window,
        position,
        out,
        written: 0,
        facts: None,
        result: Ok(()),
    };
    // One that is cut off ends where it ends.
    let _ = stream::read(json, &mut sink);
    let Cut {
        out, facts, result, ..
    } = sink;
    result?;
    let facts = facts.unwrap_or_else(|| "{}".into());
    writeln!(
        out,
        "\n],\n\"displayTimeUnit\":\"ns\",\n\"otherData\":{facts}}}"
    )?;
    out.flush()?;
    Ok(())
}

struct Cut<'o> {
    window: Time,
    position: Position,
    out: &'o mut dyn Write,
    written: u64,
    facts: Option<String>,
    result: io::Result<()>,
}

impl Cut<'_> {
    fn has(&self, event: &Event<'_>) -> bool {
        let start = nanoseconds(event.ts);
        match &*event.ph {
            "X" => {
                let end = start + event.dur.map_or(0, nanoseconds);
                start < self.window.end && end > self.window.start
            }
            "C" | "i" | "I" | "s" | "f" => self.window.has(start),
            // Names of threads, and beginnings that lack their ends without all others.
            _ => true,
        }
    }
}

impl stream::Sink for Cut<'_> {
    fn event(&mut self, event: &Event<'_>, text: &str) {
        self.position.used();
        if self.has(event) && self.result.is_ok() {
            let before = match self.written {
                0 => "{\"traceEvents\":[\n",
                _ => ",\n",
            };
            self.written += 1;
            self.result = self.out.write_all(before.as_bytes());
            if self.result.is_ok() {
                self.result = self.out.write_all(text.as_bytes());
            }
        }
    }

    fn no_event(&mut self) {
        self.position.used();
    }

    fn facts(&mut self, text: &str) {
        self.facts = Some(text.to_owned());
    }
}
