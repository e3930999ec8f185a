//! The records of all threads, in the order of time.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::chunk::Stamp;
use super::record::{Event, Name};
use super::threads::Thread;

/// Reads what is recorded, as it comes or all at once.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// How much was read of each chunk.
    seen: HashMap<usize, (Stamp, usize)>,
    /// What was read and is later than what was asked for.
    later: Vec<Recorded>,
    /// The names of the threads that have recorded something, by their numbers.
    pub(crate) threads: BTreeMap<u64, String>,
    /// Records read.
    pub(crate) records: u64,
}

/// What a thread has recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Recorded {
    /// The kernel's number of the thread.
    pub(crate) thread: u64,
    pub(crate) event: Event,
}

impl Reader {
    /// For what is recorded from now on.
    pub(crate) fn from_now() -> Self {
        let mut reader = Self::default();
        reader.fetch();
        reader.later.clear();
        reader.records = 0;
        reader
    }

    /// What was over by that time, in ticks, and was not given before; in the order in which it was over.
    ///
    /// A thread writes a record a moment after its end. So ask for what is a while ago, lest one comes too late for its
    /// place in the order.
    pub(crate) fn until(&mut self, time: u64) -> Vec<Recorded> {
        self.fetch();
        // Stable: records of one thread at the same time stay in their order.
        self.later.sort_by_key(|recorded| recorded.event.end());
        let count = self
            .later
            .partition_point(|recorded| recorded.event.end() <= time);
        let later = self.later.split_off(count);
        std::mem::replace(&mut self.later, later)
    }

    fn fetch(&mut self) {
        let Some(pool) = super::pool() else { return };
        let seen = &self.seen;
        for read in pool.read(|chunk| seen.get(&chunk).copied().unwrap_or_default()) {
            let thread = Thread::from(read.filling.writer);
            self.seen
                .insert(read.index, (read.filling.stamp, read.filling.records));
            self.records += read.records.len() as u64;
            let events = read.records.into_iter().filter_map(Event::unpack);
            let number = thread.number;
            self.later.extend(events.map(|event| Recorded {
                thread: number,
                event,
            }));
            self.threads.insert(number, thread.name);
        }
    }
}

/// A span that was opened while the recorder was on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OpenSpan {
    pub(crate) span: u64,
    /// The span that it was opened in; 0 is none.
    pub(crate) parent: u64,
    /// Ticks.
    pub(crate) opened: u64,
    pub(crate) site: Name,
    /// If it is a request's.
    pub(crate) route: Option<Name>,
}

/// The spans that are open now, as they are met.
pub(crate) fn open_spans() -> Vec<OpenSpan> {
    #[cfg(feature = "tracing")]
    return super::of_spans::open_spans();
    #[cfg(not(feature = "tracing"))]
    Vec::new()
}

/// The spans that were open when the first of these records was written: those that are still open, `now`, and those that
/// were closed since.
pub(crate) fn open_before(records: &[Recorded], now: Vec<OpenSpan>) -> Vec<OpenSpan> {
    let mut opened = HashSet::new();
    let mut before = Vec::new();
    for recorded in records {
        match recorded.event {
            Event::SpanOpened { span, .. } => {
                opened.insert(span);
            }
            // A number is used again after it was closed.
            Event::SpanClosed {
                opened: time,
                span,
                site,
                route,
                ..
            } if !opened.remove(&span) => before.push(OpenSpan {
                span,
                parent: 0,
                opened: time,
                site,
                route,
            }),
            _ => {}
        }
    }
    let of_records: HashSet<_> = before.iter().map(|span| span.span).collect();
    before.extend(
        now.into_iter()
            .filter(|span| !opened.contains(&span.span) && !of_records.contains(&span.span)),
    );
    before
}

/// Records that were written since the start, and those of them that were dropped or gave way to later ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) written: u64,
    pub(crate) overwritten: u64,
    /// Not written, since all chunks were in use.
    pub(crate) dropped: u64,
}

pub(crate) fn totals() -> Totals {
    let Some(pool) = super::pool() else {
        return Totals::default();
    };
    let present = pool.present();
    let (overwritten, dropped) = pool.lost();
    Totals {
        written: present + overwritten,
        overwritten,
        dropped,
    }
}
