//! The flight recorder: what tasks, spans and workers did in the last seconds, kept in a fixed amount of memory.
//!
//! Each thread writes records of 32 bytes into a chunk of its own. When that is full it takes the oldest chunk that nobody
//! is attached to, so all threads together remember about as far back as the memory reaches. Nothing here is locked, no
//! record allocates, and no two threads write to the same line of the cache, but for one counter each time that a chunk is
//! taken.
//!
//! | | |
//! |---|---|
//! | [`chunk`] | who may write to a chunk, and how a reader knows what it has read whole |
//! | [`pool`] | the chunks, handed out in turn |
//! | [`writer`] | each thread's end of it |
//! | [`record`] | what is recorded, in 32 bytes |
//! | [`clock`], [`names`], [`threads`] | what the numbers in records mean |
//! | [`polls`] | what is being polled now |
//! | [`reading`] | the records, in the order of time |
//! | [`collector`] | the thread that counts ten times a second |
//! | [`timeline`] | the records as Trace Event JSON |
//! | [`dumps`] | files with it, when something was slow |
//!
//! Other builds have `no_recorder.rs` in its place.

mod chunk;
pub(crate) mod clock;
mod collector;
pub(crate) mod dumps;
pub(crate) mod names;
mod polls;
mod pool;
pub(crate) mod reading;
pub(crate) mod record;
mod threads;
pub(crate) mod timeline;
mod writer;

use std::cell::Cell;
use std::io;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering, fence};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::task::Id;
#[cfg(feature = "tracing")]
use tracing::Metadata;

use self::pool::Pool;
use self::record::Event;
#[cfg(feature = "tracing")]
use crate::sampling::labels::Open;
use crate::sampling::tasks;
use crate::watch;

/// Whether this build has a recorder.
pub(crate) const IS_BUILT: bool = true;

/// Bytes that the recorder takes unless told otherwise.
pub(crate) const DEFAULT_SIZE: u64 = 48 << 20;

/// Whether a runtime was built while the recorder was on, and so tells how long tasks are ready before they are polled.
static READY_IS_TOLD: AtomicBool = AtomicBool::new(false);

/// As soon as the recorder was started for the first time.
static POOL: OnceLock<Pool> = OnceLock::new();

static ON: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Since when the calling thread is parked; 0 if it is not.
    static PARKED: Cell<u64> = const { Cell::new(0) };
}

#[inline]
fn pool() -> Option<&'static Pool> {
    POOL.get()
}

#[inline]
fn write(event: Event) {
    if let Some(pool) = pool() {
        writer::write(pool, event);
    }
}

/// The time, if it is to be recorded.
#[inline]
pub(crate) fn now() -> Option<u64> {
    ON.load(Ordering::Relaxed).then(clock::now)
}

/// The size changes, and what is too much goes, one after the other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Gives back what the recorder no longer needs.
fn trim() {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = pool() {
        pool.trim();
    }
}

/// Starts the recorder, or stops it, or gives it another size: at most 1 GiB, and 0 is off. What is remembered stays, as
/// far as there is room for it.
pub(crate) fn resize(bytes: u64) -> io::Result<()> {
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if bytes == 0 && pool().is_none() {
        return Ok(());
    }
    let pool = match pool() {
        Some(pool) => pool,
        None => {
            clock::choose();
            let pool = Pool::new()?;
            POOL.get_or_init(|| pool)
        }
    };
    ON.store(bytes > 0, Ordering::Relaxed);
    pool.resize(bytes);
    if bytes > 0 {
        collector::start()?;
    }
    Ok(())
}

/// Whether a runtime that is being built shall tell how long tasks are ready before they are polled. It takes two looks at
/// the clock for each poll, so not where nobody records.
#[cfg(tokio_unstable)]
pub(crate) fn wants_ready_times() -> bool {
    let wanted = size() > 0;
    READY_IS_TOLD.fetch_or(wanted, Ordering::Relaxed);
    wanted
}

/// What a timeline lacks, and why.
pub(crate) fn missing() -> Vec<&'static str> {
    let mut missing = Vec::new();
    if watch::totals().is_none() {
        missing.push("No tasks: no runtime has the hooks (`Diagnostics::runtime`, `hook`).");
    } else if !cfg!(tokio_unstable) {
        missing.push("No polls: the build lacks `--cfg tokio_unstable`.");
    } else if !READY_IS_TOLD.load(Ordering::Relaxed) {
        missing.push(
            "No times that tasks are ready: the recorder was off when the runtime was built.",
        );
    }
    missing.push(
        "Wakes are those of futures in `diagnostics::spawn` or behind the layer `diagnostics::wakes()`: tokio has no hook for others.",
    );
    missing.push(
        "Blocking work is that of `diagnostics::spawn_blocking`: of others, tokio tells the end alone.",
    );
    if !cfg!(feature = "tracing") {
        missing.push("No spans: this program is built without diagnostics' feature `tracing`.");
    }
    missing
}

/// Bytes that the recorder may take; 0 is off.
pub(crate) fn size() -> usize {
    pool().map_or(0, Pool::size)
}

#[cfg_attr(
    not(tokio_unstable),
    allow(dead_code, reason = "there are no hooks for tasks")
)]
mod of_tasks {
    use super::*;

    pub(crate) fn spawned(task: Id, place: &'static Location<'static>) {
        if let Some(time) = now() {
            let (task, place) = (tasks::number(task), names::of_place(place));
            let by = polls::task();
            write(Event::Spawned {
                time,
                task,
                place,
                by,
            });
        }
    }

    #[inline]
    pub(crate) fn poll_begins(
        task: Id,
        place: &'static Location<'static>,
        ready: Option<Duration>,
    ) {
        if ON.load(Ordering::Relaxed) {
            polls::begins(tasks::number(task), place, ready);
        }
    }

    /// How long the poll has taken, in ticks, if its begin was seen.
    #[inline]
    pub(crate) fn poll_ends(task: Id) -> Option<u64> {
        let ended = polls::ends(tasks::number(task))?;
        if let Some(event) = ended.filter(|_| ON.load(Ordering::Relaxed)) {
            write(event);
        }
        // A worker stays attached to its chunk until it has nothing to do.
        writer::ends();
        match ended? {
            Event::Poll { length, .. } => Some(length),
            _ => None,
        }
    }

    pub(crate) fn ended(task: Id) {
        if let Some(time) = now() {
            let task = tasks::number(task);
            write(Event::Ended { time, task });
        }
    }
}

#[cfg(tokio_unstable)]
pub(crate) use of_tasks::{ended, poll_begins, poll_ends, spawned};

/// A poll that goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Polling {
    /// The kernel's number of the thread.
    pub(crate) thread: u64,
    pub(crate) task: u64,
    /// Where the task was spawned.
    pub(crate) place: Option<&'static Location<'static>>,
    pub(crate) since: Duration,
}

/// What is being polled now, as far as it is recorded.
pub(crate) fn polling() -> impl Iterator<Item = Polling> {
    let (scale, now) = (clock::Scale::now(), clock::now());
    polls::running().map(move |poll| Polling {
        thread: poll.thread,
        task: poll.task,
        place: names::place(poll.place),
        since: Duration::from_nanos(scale.duration(now.saturating_sub(poll.since))),
    })
}

/// The task that is polled here, if that is recorded; 0 is none.
#[inline]
pub(crate) fn task() -> Option<u64> {
    ON.load(Ordering::Relaxed).then(polls::task)
}

/// A task is told that it can go on.
pub(crate) fn woken(task: u64) {
    if let Some(time) = now().filter(|_| task != 0) {
        let by = polls::task();
        write(Event::Woken { time, task, by });
    }
}

/// Work for a blocking thread that was asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    time: u64,
    by: u64,
    place: &'static Location<'static>,
}

/// The caller's caller asks for blocking work.
#[track_caller]
pub(crate) fn blocking_asked() -> Option<Asked> {
    // A closure would be its own caller.
    let place = Location::caller();
    now().map(|time| Asked {
        time,
        by: polls::task(),
        place,
    })
}

/// Blocking work that runs. It is recorded when this is dropped, by a panic too.
pub(crate) struct Blocking {
    asked: Asked,
    start: u64,
}

pub(crate) fn blocking_begins(asked: Option<Asked>) -> Option<Blocking> {
    let asked = asked?;
    let start = now()?;
    writer::begins();
    Some(Blocking { asked, start })
}

impl Drop for Blocking {
    fn drop(&mut self) {
        writer::ends();
        let Self { asked, start } = self;
        match now() {
            Some(now) => write(Event::Blocking {
                start: *start,
                length: now - *start,
                place: names::of_place(asked.place),
                queued: start.saturating_sub(asked.time),
                by: asked.by,
            }),
            None => writer::rest_if_idle(),
        }
    }
}

/// A worker has nothing to do.
pub(crate) fn parks() {
    if let Some(time) = now() {
        PARKED.set(time);
    }
    writer::rest();
}

/// It has again.
pub(crate) fn unparks() {
    let start = PARKED.take();
    if let Some(now) = now().filter(|_| start != 0) {
        let length = now - start;
        write(Event::Parked { start, length });
    }
}

#[cfg(feature = "tracing")]
pub(crate) use of_spans::{span_closed, span_entered, span_left, span_opened, span_status};

#[cfg(feature = "tracing")]
mod of_spans {
    use super::reading::OpenSpan;
    use super::record::Name;
    use super::*;
    use crate::sampling::labels::{self, Label};

    fn route(request: Option<Label>) -> Option<Name> {
        request.and_then(Label::route_number).map(Name)
    }

    /// When it is opened, if that is recorded.
    pub(crate) fn span_opened(
        span: u64,
        parent: u64,
        site: &'static Metadata<'static>,
        request: Option<Label>,
    ) -> Option<u64> {
        let time = now()?;
        let site = names::of_site(site);
        write(Event::SpanOpened {
            time,
            span,
            parent,
            site,
            route: route(request),
        });
        Some(time)
    }

    pub(crate) fn span_status(span: u64, status: u64) {
        if let Some(time) = now() {
            write(Event::Status { time, span, status });
        }
    }

    #[inline]
    pub(crate) fn span_entered() {
        writer::begins();
    }

    /// `since` is 0 if it was not recorded.
    #[inline]
    pub(crate) fn span_left(span: u64, since: u64) {
        writer::ends();
        match now().filter(|_| since != 0) {
            Some(now) => write(Event::Visit {
                start: since,
                length: now - since,
                span,
                task: polls::task(),
            }),
            None => writer::rest_if_idle(),
        }
    }

    /// Those that were opened while the recorder was on.
    pub(crate) fn open_spans() -> Vec<OpenSpan> {
        let open = labels::open_spans().filter(|span| span.opened != 0);
        open.map(|span| OpenSpan {
            span: span.span,
            parent: span.parent,
            opened: span.opened,
            site: names::of_site(span.site),
            route: route(span.request),
        })
        .collect()
    }

    pub(crate) fn span_closed(span: &Open) {
        if let Some(time) = now().filter(|_| span.opened != 0) {
            if span.request.is_some() {
                dumps::request_took(time - span.opened, || span.request);
            }
            write(Event::SpanClosed {
                time,
                opened: span.opened,
                span: span.span,
                site: names::of_site(span.site),
                route: route(span.request),
            });
        }
    }
}
