//! Measuring one piece of work: what `PrintMemStats` before and after a call is in Go.

use std::fmt;
use std::future::poll_fn;
use std::io::{self, Write};
use std::pin::{Pin, pin};
use std::task::Poll;

use serde::Serialize;

use super::{Change, MemStats};
use crate::{AllocCounts, Error};

/// A piece of work's result, and the process's memory before and after it.
///
/// `before`, `after` and `change` are the **whole process**: what other threads and tasks did
/// meanwhile is in them. `own` is the work's alone. What goes to libc's `malloc` without Rust's allocator, as
/// SQLite's memory does, is in none of the counts, and in `rss` only.
///
/// `Display` prints both readings and their difference; it allocates nothing. As JSON it is the
/// measurement without the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Measured<T> {
    /// What the work returned.
    #[serde(skip)]
    pub value: T,
    /// The process just before the work.
    pub before: MemStats,
    /// The process just after it, while `value` is still held.
    pub after: MemStats,
    /// `after - before`.
    pub change: Change,
    /// Exactly what was allocated and released on the thread that did the work, while it did it: for a
    /// closure the calling thread, for a future whichever thread polled it, during those polls. Threads and
    /// tasks that the work started are not in it, tasks that it merely waited for neither.
    pub own: AllocCounts,
}

impl<T> Measured<T> {
    /// Puts a measurement together from its readings.
    pub fn new(value: T, before: MemStats, after: MemStats, own: AllocCounts) -> Self {
        Self {
            value,
            before,
            after,
            change: after - before,
            own,
        }
    }
}

/// The work was done, and nothing about it was counted.
#[derive(thiserror::Error)]
#[error("nothing was counted: {reason}")]
pub struct NotMeasured<T> {
    /// What the work returned.
    pub value: T,
    /// Why there are no readings, most often [`Error::NotCounted`].
    pub reason: Error,
}

impl<T> fmt::Debug for NotMeasured<T> {
    /// Without the value, so that a measurement of any type can be expected to succeed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NotMeasured")
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

/// Does `work`, prints on standard output what it did to the memory, and returns its value.
///
/// The print has Go's names and the form of a `PrintMemStats` before and after a call, for the
/// **whole process**, then their difference, then the part of it that is `work`'s own
/// ([`Measured::own`]):
///
/// ```text
/// migrate and seed
///
/// Before:
///
/// Alloc = 52.1 KiB (53,304 bytes)
/// TotalAlloc = 60.4 KiB (61,842 bytes)
/// Sys = 8.0 MiB (8,388,608 bytes)
/// Mallocs = 311
/// Frees = 40
/// ```
///
/// | line | unit | tells |
/// |---|---|---|
/// | `Alloc` | bytes, exact | what is in use; its difference is what the work left behind |
/// | `TotalAlloc` | bytes, exact | what was handed out; its difference is what the work asked for, kept or not |
/// | `Sys` | bytes, in jemalloc's steps of pages and more | address space of the heap; small work does not move it |
/// | `Mallocs` | calls, exact | allocations, reallocations included |
/// | `Frees` | calls, exact | releases, reallocations included |
///
/// `Frees` stands where Go has `NumGC`. Rust has no garbage collector, hence no collections to count: memory
/// goes back when its owner drops it, and `Frees` tells how often that happened. `Sys` is missing from the
/// thread's part, since address space belongs to the process, and everywhere if the allocator is not jemalloc.
///
/// The print comes from outside the two readings. When it cannot be written, because nobody reads
/// standard output any more, the value is returned all the same. If [`crate::Allocator`] is not the
/// program's allocator, `work` is done, and one sentence says that nothing was counted.
///
/// The print allocates only if it is the program's first on standard output, whose buffer it makes (1 KiB): a
/// measurement around this one would have that in its figures.
///
/// # Panics
///
/// Only if `work` does. Then nothing is printed.
pub fn measure<T>(label: &str, work: impl FnOnce() -> T) -> T {
    report(label, measured(work))
}

/// As [`measure`], for a future: from its first poll until it is done and dropped.
///
/// While the future waits, other tasks run: they are in the figures of the process. A future that is dropped
/// before it is done prints nothing. The returned future holds `future` and room to pin it, so it is twice as
/// large; box a large one before.
pub async fn measure_async<F: Future>(label: &str, future: F) -> F::Output {
    report(label, watch(pin!(Some(future))).await)
}

/// Does `work` and returns its value with the measurement, for scripts and tests; prints nothing.
///
/// Between the two readings nothing but `work` runs on this thread, and the readings allocate nothing
/// themselves: an empty closure has exactly zero in every field of [`Measured::own`].
///
/// # Errors
///
/// [`NotMeasured`], which has the value too, when the memory cannot be read ([`MemStats::read`]).
pub fn measured<T>(work: impl FnOnce() -> T) -> Result<Measured<T>, NotMeasured<T>> {
    let before = MemStats::read();
    let start = AllocCounts::current_thread();
    let value = work();
    let own = AllocCounts::current_thread() - start;
    conclude(value, before, MemStats::read(), own)
}

/// As [`measured`], for a future; what [`measure_async`] says about futures holds here too.
///
/// # Errors
///
/// [`NotMeasured`], which has the value too, when the memory cannot be read ([`MemStats::read`]).
pub async fn measured_async<F: Future>(
    future: F,
) -> Result<Measured<F::Output>, NotMeasured<F::Output>> {
    watch(pin!(Some(future))).await
}

/// Runs a future that its caller has pinned, so that this one is small.
async fn watch<F: Future>(
    mut work: Pin<&mut Option<F>>,
) -> Result<Measured<F::Output>, NotMeasured<F::Output>> {
    let before = MemStats::read();
    let mut own = AllocCounts::default();
    let value = poll_fn(|context| {
        let start = AllocCounts::current_thread();
        let poll = match work.as_mut().as_pin_mut() {
            Some(future) => future.poll(context),
            None => Poll::Pending,
        };
        if poll.is_ready() {
            // What the future still owns is released within the measurement, as with a closure.
            work.set(None);
        }
        own = own.plus(AllocCounts::current_thread() - start);
        poll
    })
    .await;
    conclude(value, before, MemStats::read(), own)
}

fn conclude<T>(
    value: T,
    before: Result<MemStats, Error>,
    after: Result<MemStats, Error>,
    own: AllocCounts,
) -> Result<Measured<T>, NotMeasured<T>> {
    match (before, after) {
        (Ok(before), Ok(after)) => Ok(Measured::new(value, before, after, own)),
        (Err(reason), _) | (_, Err(reason)) => Err(NotMeasured { value, reason }),
    }
}

fn report<T>(label: &str, outcome: Result<Measured<T>, NotMeasured<T>>) -> T {
    // Locked, so that two measurements that end at once do not print into each other. A failed write is no
    // reason to lose the work's value, or to panic as `println!` does.
    let mut stdout = io::stdout().lock();
    match outcome {
        Ok(measured) => {
            let _ = writeln!(stdout, "{label}\n\n{measured}\n");
            measured.value
        }
        Err(not) => {
            let NotMeasured { value, reason } = not;
            let _ = writeln!(stdout, "{label}: nothing was counted: {reason}.");
            value
        }
    }
}
