//! Where a timeline comes from: what is recorded from now on, or what the flight recorder remembers.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::thread::sleep;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::events::Trace;
use super::json::Writer;
use super::samples::{Samples, Sampling};
use crate::recorder::clock::{self, Scale};
use crate::recorder::polls::{self, Running};
use crate::recorder::reading::{self, Reader, Totals};
use crate::recorder::{self, DEFAULT_SIZE};
use crate::sampling::symbols::Symbols;

/// How often what was recorded is fetched: long before it could be overwritten.
const FETCH: Duration = Duration::from_millis(100);

/// A thread writes a record when something is over. So long a thread may be interrupted between the two, and its record is
/// still in its place in the order of time.
pub(super) const LATE: Duration = Duration::from_millis(50);

/// Why somebody wants to know what is remembered.
#[derive(Debug)]
pub(crate) struct Why {
    sentence: String,
    /// Addresses on the stack of the thread that it is about; empty if it is about none.
    stack: Vec<usize>,
}

impl Why {
    pub(crate) fn new(sentence: String) -> Self {
        Self::with_stack(sentence, Vec::new())
    }

    pub(crate) fn with_stack(sentence: String, stack: Vec<usize>) -> Self {
        Self { sentence, stack }
    }
}

/// Bytes of JSON that a record becomes, with some to spare.
const BYTES_OF_A_RECORD: u64 = 180;

/// Writes what happens for so long, while it happens, or until `out` fails. If the recorder is off it is on meanwhile.
/// With `sampling`, what it samples meanwhile is among it.
pub(crate) fn record(
    out: &mut dyn Write,
    most: u64,
    duration: Duration,
    sampling: Option<Sampling>,
) -> io::Result<()> {
    let _on = On::meanwhile()?;
    let samples = sampling.map(|sampling| Samples::start(sampling, duration));
    let samples = samples.transpose()?;
    let (mut reader, before) = (Reader::from_now(), reading::totals());
    let (open, start) = (reading::open_spans(), clock::now());
    let until = Instant::now() + duration;
    // A moment, so that both clocks have gone on and the scale is exact.
    sleep(LATE);
    let scale = Scale::now();
    let start_time = scale.nanoseconds(start);
    let mut out = Writer::new(out, start_time, most)?;
    let mut trace = Trace::new(scale, &open);
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() || out.is_full() {
            break;
        }
        sleep(left.min(FETCH));
        let late = scale.ticks(LATE.as_nanos() as u64);
        for recorded in reader.until(clock::now().saturating_sub(late)) {
            trace.add(&recorded, &mut out)?;
        }
    }
    let (end, running) = (clock::now(), running());
    sleep(LATE);
    for recorded in reader.until(end) {
        trace.add(&recorded, &mut out)?;
    }
    let lost = lost(before, reader.records);
    trace.finish(end, &running, &reader.threads, &mut out)?;
    let mut facts = facts(&scale, start, end, reader.records, lost);
    if let Some(samples) = samples {
        let written = samples.write(start..=end, &scale, &mut out)?;
        facts.insert("cpu", written);
    }
    out.finish(&facts)?;
    Ok(())
}

/// Writes what the flight recorder remembers of the last seconds, and why.
pub(crate) fn remembered(
    out: &mut dyn Write,
    most: u64,
    duration: Duration,
    why: Option<&Why>,
) -> io::Result<()> {
    let (end, running, open) = (clock::now(), running(), reading::open_spans());
    let mut reader = Reader::default();
    sleep(LATE);
    let records = reader.until(end);
    let scale = Scale::now();
    let asked = end.saturating_sub(scale.ticks(duration.as_nanos() as u64));
    let asked = records.partition_point(|recorded| recorded.event.end() < asked);
    // Of what would be too much, the newest is wanted.
    let fits = (most / BYTES_OF_A_RECORD) as usize;
    let first = asked.max(records.len().saturating_sub(fits));
    let records = &records[first..];
    let start = records.first().map_or(end, |first| first.event.end());
    let open = reading::open_before(records, open);
    let mut out = Writer::new(out, scale.nanoseconds(start), most)?;
    let mut trace = Trace::new(scale, &open);
    for recorded in records {
        trace.add(recorded, &mut out)?;
    }
    trace.finish(end, &running, &reader.threads, &mut out)?;
    let totals = reading::totals();
    let mut facts = facts(&scale, start, end, records.len() as u64, totals);
    facts.insert("too old", (first - asked).into());
    if let Some(Why { sentence, stack }) = why {
        facts.insert("why", sentence.as_str().into());
        if !stack.is_empty() {
            let symbols = Symbols::of(stack.iter().copied());
            facts.insert("stack", symbols.stack(stack).into());
        }
    }
    out.finish(&facts)?;
    Ok(())
}

/// The polls that have begun and not ended.
fn running() -> Vec<Running> {
    polls::running().collect()
}

/// The recorder, on for as long as this exists.
struct On {
    was_off: bool,
}

impl On {
    fn meanwhile() -> io::Result<Self> {
        let was_off = recorder::size() == 0;
        if was_off {
            recorder::resize(DEFAULT_SIZE)?;
        }
        Ok(Self { was_off })
    }
}

impl Drop for On {
    fn drop(&mut self) {
        if self.was_off {
            let _ = recorder::resize(0);
        }
    }
}

/// What was not read since: overwritten before it was, or dropped.
fn lost(before: Totals, read: u64) -> Totals {
    let now = reading::totals();
    let written = now.written - before.written;
    Totals {
        written,
        overwritten: written.saturating_sub(read),
        dropped: now.dropped - before.dropped,
    }
}

fn facts(
    scale: &Scale,
    start: u64,
    end: u64,
    records: u64,
    lost: Totals,
) -> BTreeMap<&'static str, Value> {
    let length = scale.nanoseconds(end) - scale.nanoseconds(start);
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let ago = scale
        .nanoseconds(clock::now())
        .saturating_sub(scale.nanoseconds(start));
    let started = now.saturating_sub(Duration::from_nanos(ago));
    BTreeMap::from([
        ("start", json!(started.as_secs_f64())),
        ("seconds", json!(length as f64 / 1e9)),
        ("clock", json!(clock::name())),
        ("records", json!(records)),
        ("overwritten", json!(lost.overwritten)),
        ("dropped", json!(lost.dropped)),
        ("missing", json!(recorder::missing())),
    ])
}
