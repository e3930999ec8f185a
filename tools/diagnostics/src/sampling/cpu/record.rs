//! Recording: from the first timer to the last sample.
#![allow(unsafe_code)]

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::session::{Running, Session};
use super::threads::{Seen, Threads};
use super::weigh;
use super::{Compared, Facts, Follow, Recording, Refused, Sample, Settings, Timed};
use crate::sampling::clock::Clock;
use crate::sampling::labels::Label;
use crate::sampling::stacks::Tables;
use crate::sampling::stacks::signal::{self, NotInstalled};

/// How often threads are looked for, and samples fetched.
const SCAN: Duration = Duration::from_millis(100);

/// Words that the different stacks of a recording may take: 64 MiB.
const MOST_WORDS: usize = 8 << 20;

/// Words of an entry beside its addresses.
const ENTRY: usize = 8;

/// Records for as long as is asked, or until nobody holds the other end of `wanted` any more. One recording at a time:
/// a second one would take the first one's signals.
///
/// Call it on a thread of its own, which it needs a little of every tenth of a second.
pub(crate) fn record(
    settings: Settings,
    wanted: &Receiver<Infallible>,
    follower: &mut dyn Follow,
) -> Result<Recording, Refused> {
    let own = Clock::THIS_THREAD.read().unwrap_or_default();
    let tables = Tables::of_this_process();
    if !tables.lead_anywhere() {
        return Err(Refused::NoFrames);
    }
    let session = Session::new(tables, settings.compare).map_err(Refused::NoMemory)?;
    let session = session.run().map_err(|error| match error {
        NotInstalled::Taken => Refused::SignalTaken,
        NotInstalled::Refused(error) => Refused::NoHandler(error),
    })?;

    let mut threads = Threads::new(settings.period());
    let mut stacks = Stacks::default();
    let process = Clock::PROCESS.read().unwrap_or_default();
    let start = Instant::now();
    follower.started();
    loop {
        threads.scan(&session);
        stacks.fetch(&session, follower);
        let left = settings.duration.saturating_sub(start.elapsed());
        if left.is_zero() {
            break;
        }
        match wanted.recv_timeout(left.min(SCAN)) {
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(Refused::Unwanted),
            Ok(never) => match never {},
        }
    }
    let duration = start.elapsed();
    let seen = threads.finish(&session);
    let process = Clock::PROCESS
        .read()
        .unwrap_or_default()
        .saturating_sub(process);
    stacks.fetch(&session, follower);

    let facts = Facts {
        duration,
        hz: settings.hz,
        threads: seen.len() as u64,
        no_timer: threads.no_timer,
        process,
        replaced: !signal::is_installed(),
        forgotten: stacks.forgotten,
        ..told_by(&session, settings)
    };
    drop(session);
    let mut recording = Recording {
        samples: stacks.weigh(&seen, settings.period()),
        facts,
    };
    let sampled = recording
        .samples
        .iter()
        .map(|sample| sample.nanoseconds)
        .sum();
    let facts = &mut recording.facts;
    facts.unseen = process.saturating_sub(Duration::from_nanos(sampled));
    facts.recording = Clock::THIS_THREAD
        .read()
        .unwrap_or_default()
        .saturating_sub(own);
    Ok(recording)
}

fn told_by(session: &Running, settings: Settings) -> Facts {
    let counts = &session.counts;
    let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
    Facts {
        taken: count(&counts.taken),
        dropped: count(&counts.dropped),
        cut: count(&counts.cut),
        handlers: Duration::from_nanos(count(&counts.nanoseconds)),
        frame_pointers: session.tables.frame_pointers(),
        without_information: session.tables.without_information().to_vec(),
        compared: settings.compare.then(|| Compared {
            stacks: count(&counts.compared),
            identical: count(&counts.identical),
        }),
        ..Facts::default()
    }
}

/// The different stacks so far, each with the number of its thread and its label, and the expiries that it stands for.
#[derive(Default)]
struct Stacks {
    expiries: HashMap<(u32, Label, Box<[usize]>), u64>,
    words: usize,
    forgotten: u64,
}

impl Stacks {
    fn fetch(&mut self, session: &Session, follower: &mut dyn Follow) {
        while let Some(record) = session.ring.pop() {
            follower.sampled(Timed {
                time: record.of.time,
                thread: record.of.thread & u64::from(u32::MAX),
                stack: &record.stack,
            });
            let words = record.stack.len() + ENTRY;
            // SAFETY: the handlers push labels.
            let label = unsafe { Label::from_word(record.of.label) };
            let thread = (record.of.thread >> 32) as u32;
            let key = (thread, label, record.stack.into_boxed_slice());
            if let Some(expiries) = self.expiries.get_mut(&key) {
                *expiries += u64::from(record.weight);
            } else if self.words + words <= MOST_WORDS {
                self.words += words;
                self.expiries.insert(key, record.weight.into());
            } else {
                self.forgotten += 1;
            }
        }
    }

    fn weigh(self, seen: &[Seen], period: Duration) -> Vec<Sample> {
        let mut expiries = vec![0; seen.len()];
        for ((thread, ..), count) in &self.expiries {
            expiries[*thread as usize] += count;
        }
        let each: Vec<_> = seen
            .iter()
            .zip(expiries)
            .map(|(seen, expiries)| weigh::nanoseconds(seen.time, expiries, period))
            .collect();
        // Threads of one name come together: one whose threads come and go would have a sample of each of them.
        let mut merged = HashMap::new();
        for ((thread, label, stack), expiries) in self.expiries {
            let thread = thread as usize;
            let key = (seen[thread].name.as_str(), label, stack);
            let total: &mut Total = merged.entry(key).or_default();
            total.expiries += expiries;
            total.nanoseconds += expiries as f64 * each[thread];
        }
        merged
            .into_iter()
            .map(|((thread, label, stack), total)| Sample {
                stack,
                thread: thread.to_owned(),
                label,
                weight: total.expiries,
                nanoseconds: total.nanoseconds as u64,
            })
            .collect()
    }
}

/// What the same stack on threads of one name adds up to.
#[derive(Default)]
struct Total {
    expiries: u64,
    nanoseconds: f64,
}
