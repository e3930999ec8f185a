//! A trace at a glance.

mod text;

use std::collections::BTreeMap;

use serde::Serialize;

use super::facts::Facts;
use super::model::{Time, Trace};

/// A trace at a glance.
#[derive(Debug, Serialize)]
pub struct Summary {
    /// Nanoseconds.
    pub length: u64,
    /// Which program wrote it, as far as that can be told: `diagnostics` or `another program`.
    pub written_by: &'static str,
    /// Events of it by their kinds.
    pub events: BTreeMap<&'static str, u64>,
    /// Threads that poll tasks.
    pub workers: Vec<Worker>,
    /// Tasks that were polled.
    pub tasks: u64,
    /// The most that were alive at the same time.
    pub most_tasks: Option<f64>,
    /// Requests by their status; 0 is none.
    pub requests: BTreeMap<u16, u64>,
    /// What is known of the memory.
    pub memory: Memory,
    /// Where the processor's time went, if it was sampled.
    pub cpu: Option<Cpu>,
    /// What the trace says about itself.
    pub facts: Facts,
    /// Sentences on what is wrong with it.
    pub warnings: Vec<String>,
}

/// A thread that polls tasks. Times are nanoseconds.
#[derive(Debug, Serialize)]
pub struct Worker {
    /// Its name and number.
    pub thread: String,
    /// It polled tasks.
    pub busy: u64,
    /// It had nothing to do.
    pub parked: u64,
    /// Polls.
    pub polls: u64,
}

/// Bytes of memory; what is not known is left out.
#[derive(Debug, Default, Serialize)]
pub struct Memory {
    /// The most that was allocated at the same time.
    pub most_allocated: Option<f64>,
    /// The most that was resident.
    pub most_resident: Option<f64>,
    /// Allocated from the first count to the last.
    pub handed_out: Option<f64>,
    /// Given back from the first count to the last.
    pub given_back: Option<f64>,
}

/// Samples of the processor's time.
#[derive(Debug, Serialize)]
pub struct Cpu {
    /// All of them.
    pub samples: u64,
    /// Those in the allocator.
    pub in_allocator: u64,
}

/// What the functions of allocators are called: Rust's entry points, jemalloc's, libc's and the counting one around them.
const ALLOCATOR: &[&str] = &[
    "__rust_alloc",
    "__rust_dealloc",
    "__rust_realloc",
    "__rdl_",
    "__rg_",
    "alloc::alloc::",
    "diagnostics::allocator::",
    "_rjem_",
    "je_",
    "malloc",
    "calloc",
    "realloc",
    "free",
    "cfree",
    "_int_malloc",
    "_int_free",
];

impl Trace {
    /// The trace at a glance.
    #[must_use]
    pub fn summary(&self) -> Summary {
        let mut requests = BTreeMap::new();
        for request in &self.requests {
            *requests.entry(self.root(request).status).or_default() += 1;
        }
        let kinds = [
            ("polls", self.polls.len()),
            ("spans", self.spans.len()),
            ("visits of spans", self.visits.len()),
            ("blocking work", self.blocking.len()),
            ("wakes and spawns", self.flows.len()),
            ("samples", self.samples.len()),
            ("others", self.slices.len()),
        ];
        let kinds = kinds.into_iter().filter(|&(_, count)| count > 0);
        let series = |counter, number| self.series(counter, number);
        Summary {
            length: self.length,
            written_by: match self.facts.is_of_diagnostics() {
                true => "diagnostics",
                false => "another program",
            },
            events: kinds.map(|(kind, count)| (kind, count as u64)).collect(),
            workers: self.workers().map(|worker| self.worker(worker)).collect(),
            tasks: self.by_task.len() as u64,
            most_tasks: series("tasks", "alive").and_then(|series| series.most()),
            requests,
            memory: Memory {
                most_allocated: series("memory", "allocated").and_then(|series| series.most()),
                most_resident: series("memory", "resident").and_then(|series| series.most()),
                handed_out: series("heap", "handed out").and_then(|series| series.grown()),
                given_back: series("heap", "given back").and_then(|series| series.grown()),
            },
            cpu: (!self.samples.is_empty()).then(|| self.cpu()),
            facts: self.facts.clone(),
            warnings: self.warnings.clone(),
        }
    }

    fn worker(&self, thread: u32) -> Worker {
        let polls = self.polls_on(thread, Time::ALL);
        let (mut busy, mut count, mut until) = (0, 0, 0);
        for poll in polls {
            let time = self.polls[poll as usize].time;
            // Polls may be inside of each other.
            busy += time.end.saturating_sub(time.start.max(until));
            until = until.max(time.end);
            count += 1;
        }
        let parked = self.parked.iter().filter(|parked| parked.thread == thread);
        Worker {
            thread: self.thread(thread),
            busy,
            parked: parked.map(|parked| parked.time.length()).sum(),
            polls: count,
        }
    }

    fn cpu(&self) -> Cpu {
        let is_allocator = |stack: &[super::Name]| {
            stack.iter().take(8).any(|&frame| {
                let frame = self.text(frame);
                ALLOCATOR
                    .iter()
                    .any(|name| match name.ends_with([':', '_']) {
                        true => frame.contains(name),
                        // The name is followed by where it stands.
                        false => frame.split(' ').next() == Some(name),
                    })
            })
        };
        let in_allocator: Vec<bool> = self
            .stacks
            .iter()
            .map(|stack| is_allocator(stack))
            .collect();
        let samples = self.samples.iter();
        Cpu {
            samples: self.samples.len() as u64,
            in_allocator: samples
                .filter(|sample| in_allocator[sample.stack as usize])
                .count() as u64,
        }
    }
}
