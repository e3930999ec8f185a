//! Samples of the processor's time for a timeline, taken while it is recorded.

use std::collections::HashMap;
use std::convert::Infallible;
use std::io::{self, Write};
use std::ops::RangeInclusive;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::Duration;

use serde_json::{Value, json};

use super::json::Writer;
use crate::recorder::clock::Scale;
use crate::sampling::cpu::{self, Facts, Follow, Settings, Timed};
use crate::sampling::symbols::Symbols;
use crate::thread;

/// Samples that are kept.
const MOST: usize = 200_000;

/// Frames of a stack that are shown, the innermost ones.
const FRAMES: usize = 64;

/// What is asked for.
pub(crate) struct Sampling {
    /// Samples for each second of processor time.
    pub(crate) hz: u32,
    /// The right to sample, kept until it is over.
    pub(crate) turn: Box<dyn Send>,
}

/// A recording that runs on a thread of its own. It ends when this is dropped.
pub(super) struct Samples {
    hz: u32,
    /// Nothing is ever sent.
    _waiting: Sender<Infallible>,
    told: Receiver<Result<(Kept, Facts), String>>,
}

struct Following {
    ready: Sender<()>,
    kept: Kept,
}

impl Follow for Following {
    fn started(&mut self) {
        // Somebody waits for it.
        let _ = self.ready.send(());
    }

    fn sampled(&mut self, sample: Timed<'_>) {
        self.kept.add(sample);
    }
}

#[derive(Default)]
struct Kept {
    samples: Vec<Sample>,
    stacks: HashMap<Box<[usize]>, usize>,
    left_out: u64,
}

struct Sample {
    /// Ticks.
    time: u64,
    thread: u64,
    stack: usize,
}

impl Samples {
    /// Returns as soon as samples are taken: what a sampler needs is read for a while before.
    pub(super) fn start(sampling: Sampling, duration: Duration) -> io::Result<Self> {
        let Sampling { hz, turn } = sampling;
        let (waiting, wanted) = mpsc::channel();
        let (tell, told) = mpsc::channel();
        let (ready, started) = mpsc::channel();
        let settings = Settings {
            duration,
            hz,
            compare: false,
        };
        thread::spawn("diagnostics-cpu", move || {
            let mut following = Following {
                ready,
                kept: Kept::default(),
            };
            let recorded = cpu::record(settings, &wanted, &mut following);
            let kept = following.kept;
            drop(turn);
            let recorded = recorded.map_err(|refused| format!("{refused}."));
            // Nobody may wait for it any more.
            let _ = tell.send(recorded.map(|recording| (kept, recording.facts)));
        })?;
        // Who cannot sample does not start, and says why in the end.
        let _ = started.recv();
        Ok(Self {
            hz,
            _waiting: waiting,
            told,
        })
    }

    /// Waits for the last one, and writes those of the ticks in `during`. Gives what is said about them.
    pub(super) fn write<W: Write>(
        self,
        during: RangeInclusive<u64>,
        scale: &Scale,
        out: &mut Writer<W>,
    ) -> io::Result<Value> {
        let (kept, facts) = match self.told.recv() {
            Ok(Ok(recorded)) => recorded,
            Ok(Err(reason)) => return Ok(reason.into()),
            Err(_) => return Ok("their thread has ended early.".into()),
        };
        let mut stacks: Vec<_> = kept.stacks.iter().collect();
        stacks.sort_by_key(|&(_, number)| number);
        let shown = |stack: &[usize]| stack[..stack.len().min(FRAMES)].to_vec();
        let symbols = Symbols::of(stacks.iter().flat_map(|(stack, _)| shown(stack)));
        let stacks: Vec<_> = stacks
            .iter()
            .map(|(stack, _)| symbols.stack(&shown(stack)))
            .collect();
        // Both start and end at about the same time.
        let mut outside = 0;
        for sample in &kept.samples {
            if !during.contains(&sample.time) {
                outside += 1;
                continue;
            }
            let stack = &stacks[sample.stack];
            let name = stack.first().map_or("", |frame| frame);
            out.sample(sample.thread, scale.nanoseconds(sample.time), name, stack)?;
        }
        Ok(json!({
            "hz": self.hz,
            "taken": facts.taken,
            "dropped": facts.dropped,
            "left out": kept.left_out,
            "outside": outside,
        }))
    }
}

impl Kept {
    fn add(&mut self, sample: Timed<'_>) {
        if self.samples.len() == MOST {
            self.left_out += 1;
            return;
        }
        let next = self.stacks.len();
        let stack = match self.stacks.get(sample.stack) {
            Some(&known) => known,
            None => *self.stacks.entry(sample.stack.into()).or_insert(next),
        };
        self.samples.push(Sample {
            time: sample.time,
            thread: sample.thread,
            stack,
        });
    }
}
