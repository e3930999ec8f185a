//! Which task each thread polls, since when: for the record that is written at the end of the poll, and for the watchdog,
//! which looks before the end.

use std::cell::Cell;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::record::{Event, Name};
use super::{clock, names, threads, writer};
use crate::slots::bitmap;

/// Polls inside of polls on one thread: a `LocalSet` in a task, a runtime in a runtime. Deeper ones are not recorded.
const DEEPEST: usize = 4;

/// Threads that the watchdog sees, of those that poll at the same time.
const THREADS: usize = 1024;

thread_local! {
    static THREAD: Polls = const { Polls {
        depth: Cell::new(0),
        polls: [const { Cell::new(Poll::NONE) }; DEEPEST],
        shown: Cell::new(None),
    } };

    /// Its destructor gives the thread's place in [`SHOWN`] back.
    static LEASE: Lease = const { Lease };
}

struct Polls {
    depth: Cell<usize>,
    polls: [Cell<Poll>; DEEPEST],
    /// Where the thread shows what it polls, as soon as it has a place.
    shown: Cell<Option<usize>>,
}

#[derive(Clone, Copy)]
struct Poll {
    start: u64,
    task: u64,
    place: Name,
    ready: Option<u64>,
}

impl Poll {
    const NONE: Self = Self {
        start: 0,
        task: 0,
        place: Name(0),
        ready: None,
    };
}

/// What one thread polls, for others to look at. 128 bytes apart, since processors fetch cache lines in pairs.
#[repr(align(128))]
struct Shown {
    thread: AtomicU64,
    /// When the poll has begun; 0 between polls.
    since: AtomicU64,
    task: AtomicU64,
    place: AtomicU64,
    /// Nanoseconds that the task was ready before; [`NOT_TOLD`] if tokio does not tell.
    ready: AtomicU64,
}

const NOT_TOLD: u64 = u64::MAX;

static SHOWN: [Shown; THREADS] = [const {
    Shown {
        thread: AtomicU64::new(0),
        since: AtomicU64::new(0),
        task: AtomicU64::new(0),
        place: AtomicU64::new(0),
        ready: AtomicU64::new(NOT_TOLD),
    }
}; THREADS];

/// A bit for each place that a thread has.
static TAKEN: [AtomicU64; THREADS / 64] = [const { AtomicU64::new(0) }; THREADS / 64];

struct Lease;

impl Drop for Lease {
    fn drop(&mut self) {
        THREAD.with(|thread| {
            if let Some(place) = thread.shown.take() {
                SHOWN[place].since.store(0, Ordering::Relaxed);
                bitmap::release(&TAKEN, place);
            }
        });
    }
}

/// The task that the calling thread polls; 0 is none.
#[inline]
pub(super) fn task() -> u64 {
    THREAD.with(|thread| match thread.depth.get() {
        0 => 0,
        depth => thread.polls[depth.min(DEEPEST) - 1].get().task,
    })
}

/// The calling thread begins to poll a task, which was ready for so long.
#[inline]
pub(super) fn begins(task: u64, place: &'static Location<'static>, ready: Option<Duration>) {
    let poll = Poll {
        start: clock::now(),
        task,
        place: names::of_place(place),
        ready: ready.map(|ready| u64::try_from(ready.as_nanos()).unwrap_or(u64::MAX)),
    };
    writer::begins();
    THREAD.with(|thread| {
        let depth = thread.depth.get();
        if let Some(room) = thread.polls.get(depth) {
            room.set(poll);
        }
        thread.depth.set(depth + 1);
        if depth == 0 {
            thread.show(poll);
        }
    });
}

/// The calling thread has polled a task. None if nobody has told that it begins: then the recorder was started later.
/// Else the event, unless too many polls are inside of each other.
#[inline]
pub(super) fn ends(task: u64) -> Option<Option<Event>> {
    THREAD.with(|thread| {
        let depth = thread.depth.get().checked_sub(1)?;
        thread.depth.set(depth);
        if depth == 0 {
            thread.show_none();
        }
        let poll = thread.polls.get(depth).map(Cell::get);
        let poll = poll.filter(|poll| poll.task == task);
        Some(poll.map(|poll| Event::Poll {
            start: poll.start,
            length: clock::now() - poll.start,
            task,
            place: poll.place,
            ready: poll.ready,
        }))
    })
}

impl Polls {
    #[inline]
    fn show(&self, poll: Poll) {
        if let Some(place) = self.shown.get().or_else(|| self.find_place()) {
            let shown = &SHOWN[place];
            shown.task.store(poll.task, Ordering::Relaxed);
            shown.place.store(poll.place.0.into(), Ordering::Relaxed);
            let ready = poll.ready.unwrap_or(NOT_TOLD);
            shown.ready.store(ready, Ordering::Relaxed);
            shown.since.store(poll.start, Ordering::Release);
        }
    }

    #[inline]
    fn show_none(&self) {
        if let Some(place) = self.shown.get() {
            SHOWN[place].since.store(0, Ordering::Relaxed);
        }
    }

    #[cold]
    fn find_place(&self) -> Option<usize> {
        // Not while the thread's destructors run.
        LEASE.try_with(|_| ()).ok()?;
        let place = bitmap::claim(&TAKEN)?;
        let [thread, ..] = threads::this();
        SHOWN[place].thread.store(thread, Ordering::Relaxed);
        self.shown.set(Some(place));
        Some(place)
    }
}

/// A poll that has not ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Running {
    /// The kernel's number of the thread.
    pub(super) thread: u64,
    /// Ticks.
    pub(super) since: u64,
    pub(super) task: u64,
    pub(super) place: Name,
    /// Nanoseconds that the task was ready before, where tokio tells.
    pub(super) ready: Option<u64>,
}

/// What is being polled now, outside of other polls.
pub(super) fn running() -> impl Iterator<Item = Running> {
    let taken = TAKEN.iter().enumerate().flat_map(|(index, word)| {
        let word = word.load(Ordering::Acquire);
        (0..64)
            .filter(move |bit| word & (1 << bit) != 0)
            .map(move |bit| index * 64 + bit)
    });
    taken.filter_map(|place| {
        let shown = &SHOWN[place];
        let since = shown.since.load(Ordering::Acquire);
        let running = Running {
            thread: shown.thread.load(Ordering::Relaxed),
            since,
            task: shown.task.load(Ordering::Acquire),
            place: Name(shown.place.load(Ordering::Acquire) as u16),
            ready: Some(shown.ready.load(Ordering::Acquire)).filter(|&ready| ready != NOT_TOLD),
        };
        // Else another poll has begun meanwhile.
        (since != 0 && shown.since.load(Ordering::Relaxed) == since).then_some(running)
    })
}
