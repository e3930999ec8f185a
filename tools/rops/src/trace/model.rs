//! What is known of a program's time.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use foldhash::fast::RandomState;

use super::facts::Facts;
use super::names::{Name, Names};

/// From here to there, in nanoseconds from the start of the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time {
    /// When it began.
    pub start: u64,
    /// When it was over; not before its start.
    pub end: u64,
}

impl Time {
    /// All there is.
    pub(super) const ALL: Self = Self {
        start: 0,
        end: u64::MAX,
    };

    /// Nanoseconds.
    #[must_use]
    pub fn length(self) -> u64 {
        self.end - self.start
    }

    pub(super) fn after(self, time: u64) -> Self {
        Self {
            start: self.start + time,
            end: self.end + time,
        }
    }

    /// The time that both have in common; empty at the edge of one if there is none.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let start = self.start.max(other.start);
        let end = self.end.min(other.end).max(start);
        Self { start, end }
    }

    /// Whether it is within.
    #[must_use]
    pub fn has(self, time: u64) -> bool {
        (self.start..=self.end).contains(&time)
    }
}

/// A track: a thread, or what a program draws as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thread {
    /// The process's number.
    pub pid: u64,
    /// The number of the thread; it may be hashed from a text.
    pub tid: u64,
    /// Its name; empty if none is told.
    pub name: Name,
    /// Whether it polls tasks.
    pub is_worker: bool,
}

/// A task was polled.
#[derive(Debug, Clone, Copy)]
pub struct Poll {
    /// When.
    pub time: Time,
    /// Which task.
    pub task: u64,
    /// Nanoseconds that it was ready before; `NOT_TOLD` if nobody tells.
    pub(super) ready: u64,
    /// Where the task was spawned.
    pub place: Name,
    /// The index of the thread.
    pub thread: u32,
    /// The index of the flow that leads here.
    pub(super) flow: u32,
    /// Whether the trace ended first.
    pub is_unfinished: bool,
}

/// In place of an index or a time that is not there.
pub(super) const NONE: u32 = u32::MAX;
pub(super) const NOT_TOLD: u64 = u64::MAX;

impl Poll {
    /// The time before it in which the task was ready, if that is told.
    #[must_use]
    pub fn ready(&self) -> Option<Time> {
        let end = self.time.start;
        let start = end.saturating_sub(self.ready);
        (self.ready != NOT_TOLD).then_some(Time { start, end })
    }
}

/// A thread was in a span.
#[derive(Debug, Clone, Copy)]
pub struct Visit {
    /// When.
    pub time: Time,
    /// The span's number.
    pub span: u64,
    /// The span's name.
    pub name: Name,
    /// The index of the thread.
    pub thread: u32,
}

/// Work on a thread for blocking work.
#[derive(Debug, Clone, Copy)]
pub struct Blocking {
    /// When.
    pub time: Time,
    /// Nanoseconds that it has waited for a thread before.
    pub queued: u64,
    /// The task that has asked for it; 0 is none.
    pub by: u64,
    /// Where it was asked for.
    pub place: Name,
    /// The index of the thread.
    pub thread: u32,
}

/// A worker had nothing to do.
#[derive(Debug, Clone, Copy)]
pub struct Parked {
    /// When.
    pub time: Time,
    /// The index of the thread.
    pub thread: u32,
}

/// A span from its opening to its end.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// When.
    pub time: Time,
    /// Its number, as the program has it.
    pub id: u64,
    /// Its name, or the route of a request.
    pub name: Name,
    /// Where it stands in the source.
    pub at: Name,
    /// The index of the lane that it is drawn in.
    pub(super) lane: u32,
    /// The index of the span around it.
    pub(super) outer: u32,
    /// The index of the request that it is of.
    pub(super) request: u32,
    /// Spans around it.
    pub depth: u16,
    /// As HTTP numbers it; 0 if none is told.
    pub(super) status: u16,
    /// Whether it is a request's.
    pub is_request: bool,
    /// Whether it was open when the trace ended.
    pub is_unfinished: bool,
}

/// Somebody worked for a request, in the innermost span that this was in.
#[derive(Debug, Clone, Copy)]
pub struct Busy {
    /// When.
    pub time: Time,
    /// The task that was polled meanwhile; 0 is none.
    pub task: u64,
    /// The index of the span.
    pub(super) span: u32,
    /// The index of the thread.
    pub thread: u32,
}

/// A request: its spans, and what was done for it.
#[derive(Debug, Clone)]
pub struct Request {
    /// The index of its outermost span.
    pub(super) span: u32,
    /// All its spans, the outermost first.
    pub(super) spans: Vec<u32>,
    /// Of the trace's `busy`.
    pub(super) busy: Range<u32>,
}

/// Somebody has made a task ready.
#[derive(Debug, Clone, Copy)]
pub struct Flow {
    /// When.
    pub time: u64,
    /// The index of the thread that did.
    pub thread: u32,
    /// The index of the poll that it led to.
    pub(super) poll: u32,
    /// Whether it has spawned the task.
    pub is_spawn: bool,
}

/// A moment in which a thread was interrupted.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// When.
    pub time: u64,
    /// The index of the thread.
    pub thread: u32,
    /// The index of the stack.
    pub stack: u32,
}

/// What another program has drawn on a track.
#[derive(Debug, Clone, Copy)]
pub struct Slice {
    /// When.
    pub time: Time,
    /// What it says.
    pub name: Name,
    /// The index of the track.
    pub thread: u32,
}

/// A number from time to time.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Series {
    /// Nanoseconds, and what was counted then.
    pub values: Vec<(u64, f64)>,
}

impl Series {
    /// The largest number.
    #[must_use]
    pub fn most(&self) -> Option<f64> {
        self.values.iter().map(|&(_, value)| value).reduce(f64::max)
    }

    /// How much the last one is more than the first, if there are two.
    #[must_use]
    pub fn grown(&self) -> Option<f64> {
        match &*self.values {
            [first, .., last] => Some(last.1 - first.1),
            _ => None,
        }
    }
}

/// What a program did, and when. Lists of what takes time are in the order of their starts.
#[derive(Debug, Default)]
pub struct Trace {
    pub(super) names: Names,
    /// What the trace says about itself.
    pub facts: Facts,
    /// Sentences on what is wrong with it.
    pub warnings: Vec<String>,
    /// What all its times are less than they are written, in nanoseconds.
    pub(super) first: u64,
    /// Nanoseconds from its start to the end of the last event.
    pub length: u64,
    /// Tracks: threads first, and then what is drawn.
    pub threads: Vec<Thread>,
    /// Tasks that were polled.
    pub polls: Vec<Poll>,
    /// Threads in spans.
    pub visits: Vec<Visit>,
    /// Work on blocking threads.
    pub blocking: Vec<Blocking>,
    /// Workers with nothing to do.
    pub parked: Vec<Parked>,
    /// Spans, inside of each other.
    pub spans: Vec<Span>,
    /// What was done in them, one request after the other.
    pub busy: Vec<Busy>,
    /// Requests, in the order in which they began.
    pub requests: Vec<Request>,
    /// Who has made whom ready.
    pub flows: Vec<Flow>,
    /// Where the processor was.
    pub samples: Vec<Sample>,
    /// The frames of each stack, the innermost first.
    pub stacks: Vec<Box<[Name]>>,
    /// Counters by their names, and what they count.
    pub series: BTreeMap<(Name, Name), Series>,
    /// What other programs have drawn.
    pub slices: Vec<Slice>,
    /// Indexes of polls by their tasks.
    pub(super) by_task: HashMap<u64, Vec<u32>, RandomState>,
    /// Indexes of what was done in spans by the tasks that did.
    pub(super) busy_of_task: HashMap<u64, Vec<u32>, RandomState>,
    /// Indexes of polls by their threads.
    pub(super) polls_of: Vec<Vec<u32>>,
    /// Indexes of visits by their threads.
    pub(super) visits_of: Vec<Vec<u32>>,
    /// Indexes of times without anything to do by their threads.
    pub(super) parked_of: Vec<Vec<u32>>,
    /// Indexes of spans by the program's numbers.
    pub(super) by_span: HashMap<u64, u32, RandomState>,
}
