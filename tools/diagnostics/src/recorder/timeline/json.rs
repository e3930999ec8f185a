//! The events of the Trace Event Format, and how they are written: one after the other.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde::Serialize;

use super::nest::Interval;

pub(super) const THREADS: u32 = 1;
pub(super) const REQUESTS: u32 = 2;

/// An event as the format has it. Times are microseconds.
#[derive(Serialize)]
struct Json<'a, Args: Serialize> {
    ph: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    cat: &'static str,
    pid: u32,
    tid: u64,
    ts: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    dur: Option<f64>,
    /// Of `s` and `f`.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    /// Of `f`: it leads to the event that it is in, not to the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    bp: Option<&'static str>,
    /// Of `i`: what it is drawn across.
    #[serde(skip_serializing_if = "Option::is_none")]
    s: Option<&'static str>,
    args: Args,
}

#[derive(Serialize)]
pub(super) struct Nothing {}

#[derive(Serialize)]
pub(super) struct Polled {
    pub(super) task: u64,
    /// Microseconds that it was ready before, where tokio tells.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ready: Option<f64>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) unfinished: bool,
}

#[derive(Serialize)]
pub(super) struct InSpan {
    pub(super) span: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) task: u64,
}

#[derive(Serialize)]
pub(super) struct Blocked {
    /// Microseconds that it has waited for a thread.
    pub(super) queued: f64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) by: u64,
}

#[derive(Serialize)]
pub(super) struct OfSpan<'a> {
    pub(super) span: u64,
    /// The span around it, if that lies in another lane.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) parent: u64,
    /// Where it stands in the source.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub(super) at: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) status: Option<u64>,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) left_out: u64,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(super) unfinished: bool,
}

#[derive(Serialize)]
pub(super) struct Busy {
    pub(super) thread: u64,
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) task: u64,
}

#[derive(Serialize)]
struct Sampled<'a> {
    /// The innermost frame first.
    stack: &'a [String],
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Writes events, up to so many bytes.
pub(crate) struct Writer<W> {
    out: W,
    /// The time that is 0, in nanoseconds.
    start: u64,
    written: u64,
    most: u64,
    /// Events that came when it was full.
    pub(super) left_out: u64,
}

impl<W: Write> Writer<W> {
    pub(crate) fn new(mut out: W, start: u64, most: u64) -> io::Result<Self> {
        out.write_all(b"{\"traceEvents\":[")?;
        Ok(Self {
            out,
            start,
            written: 0,
            most,
            left_out: 0,
        })
    }

    pub(crate) fn is_full(&self) -> bool {
        self.left_out > 0
    }

    /// Events of the format's own kinds stay within what is asked for; those about the trace come always.
    fn put(&mut self, event: &Json<'_, impl Serialize>) -> io::Result<()> {
        if self.written >= self.most && event.ph != "M" {
            self.left_out += 1;
            return Ok(());
        }
        let mut text = Vec::with_capacity(256);
        text.extend_from_slice(if self.written == 0 { b"\n" } else { b",\n" });
        serde_json::to_writer(&mut text, event)?;
        self.written += text.len() as u64;
        self.out.write_all(&text)
    }

    /// Since the trace began, and 0 before. In whole 2048ths, because of what viewers do. speedscope adds start and length: only
    /// with such numbers the sum is the very end, and otherwise two that end together seem to overlap. Perfetto rounds both
    /// to nanoseconds: a start is off by less than a quarter of one, so a length by less than half, and it has what was.
    fn microseconds(&self, time: u64) -> f64 {
        const PARTS: f64 = 2048.0;
        let nanoseconds = time.saturating_sub(self.start) as f64;
        (nanoseconds * PARTS / 1000.0).round() / PARTS
    }

    /// Something that takes time. What takes none within the trace is left out, since speedscope ends it before it begins:
    /// it was over before the trace began, and was read for what it tells about spans that go on, or began at its end.
    pub(super) fn complete(
        &mut self,
        (pid, tid): (u32, u64),
        interval: Interval,
        (name, cat): (&str, &'static str),
        args: impl Serialize,
    ) -> io::Result<()> {
        let (start, end) = (
            self.microseconds(interval.start),
            self.microseconds(interval.end),
        );
        if start >= end {
            return Ok(());
        }
        self.put(&Json {
            ph: "X",
            name,
            cat,
            pid,
            tid,
            ts: start,
            dur: Some(end - start),
            id: None,
            bp: None,
            s: None,
            args,
        })
    }

    pub(super) fn flow(
        &mut self,
        id: u64,
        name: &str,
        from: (u64, u64),
        to: (u64, u64),
    ) -> io::Result<()> {
        // What it would begin in is not in the trace.
        if from.1 < self.start {
            return Ok(());
        }
        for (ph, bp, (tid, time)) in [("s", None, from), ("f", Some("e"), to)] {
            self.put(&Json {
                ph,
                name,
                cat: "flow",
                pid: THREADS,
                tid,
                ts: self.microseconds(time),
                dur: None,
                id: Some(id),
                bp,
                s: None,
                args: Nothing {},
            })?;
        }
        Ok(())
    }

    /// A moment in which a thread was interrupted.
    pub(super) fn sample(
        &mut self,
        thread: u64,
        time: u64,
        name: &str,
        stack: &[String],
    ) -> io::Result<()> {
        self.put(&Json {
            ph: "i",
            name,
            cat: "cpu",
            pid: THREADS,
            tid: thread,
            ts: self.microseconds(time),
            dur: None,
            id: None,
            bp: None,
            s: Some("t"),
            args: Sampled { stack },
        })
    }

    pub(super) fn count(&mut self, name: &str, time: u64, args: impl Serialize) -> io::Result<()> {
        self.put(&Json {
            ph: "C",
            name,
            cat: "",
            pid: THREADS,
            tid: 0,
            ts: self.microseconds(time),
            dur: None,
            id: None,
            bp: None,
            s: None,
            args,
        })
    }

    pub(super) fn name(&mut self, what: &str, pid: u32, tid: u64, name: &str) -> io::Result<()> {
        self.put(&Json {
            ph: "M",
            name: what,
            cat: "",
            pid,
            tid,
            ts: 0.0,
            dur: None,
            id: None,
            bp: None,
            s: None,
            args: Named { name },
        })
    }

    /// Ends the trace with what is said about it.
    pub(crate) fn finish(mut self, facts: &BTreeMap<&str, serde_json::Value>) -> io::Result<W> {
        let mut facts = facts.clone();
        facts.insert("too many", self.left_out.into());
        write!(
            self.out,
            "\n],\n\"displayTimeUnit\":\"ns\",\n\"otherData\":{}}}\n",
            serde_json::to_string(&facts)?
        )?;
        self.out.flush()?;
        Ok(self.out)
    }
}

#[derive(Serialize)]
pub(super) struct Tasks {
    pub(super) alive: u64,
    pub(super) queued: u64,
}

#[derive(Serialize)]
pub(super) struct Memory {
    pub(super) allocated: u64,
    pub(super) resident: u64,
}

#[derive(Serialize)]
pub(super) struct Blocking {
    pub(super) threads: u64,
    pub(super) queued: u64,
}

/// Bytes since the start of the process.
#[derive(Serialize)]
pub(super) struct Heap {
    #[serde(rename = "handed out")]
    pub(super) handed_out: u64,
    #[serde(rename = "given back")]
    pub(super) given_back: u64,
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn times_are_those_that_were_and_sums_are_exact() {
        const START: u64 = 5_000;
        let mut random = fastrand::Rng::with_seed(3);
        let mut writer = Writer::new(Vec::new(), START, u64::MAX).expect("memory");
        // Each begins where the one before ends, and the last ones are an hour later.
        let mut ends = vec![START];
        for number in 0..10_000 {
            let start = ends[number];
            let end =
                start + random.u64(1..1_000_000) + u64::from(number == 9000) * 3_600_000_000_000;
            let interval = Interval { start, end };
            let written = writer.complete((1, 1), interval, ("poll", "poll"), Nothing {});
            written.expect("memory");
            ends.push(end);
        }
        let json = writer.finish(&BTreeMap::new()).expect("memory");
        let json: Value = serde_json::from_slice(&json).expect("JSON");
        let events = json["traceEvents"].as_array().expect("events");
        assert_eq!(events.len(), 10_000);
        let number = |event: &Value, name: &str| event[name].as_f64().expect("a number");
        let nanoseconds = |microseconds: f64| (microseconds * 1000.0).round() as u64;
        let mut sum = 0.0;
        for (event, ends) in events.iter().zip(ends.windows(2)) {
            let (start, length) = (number(event, "ts"), number(event, "dur"));
            assert_eq!(nanoseconds(start), ends[0] - START);
            assert_eq!(nanoseconds(length), ends[1] - ends[0]);
            assert!(start == sum, "{start} and {sum}");
            sum = start + length;
        }
    }
}
