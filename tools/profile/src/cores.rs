//! Large profiles are looked at on several cores.

use std::panic::resume_unwind;
use std::thread;

/// Fewer are done before a thread has begun.
const MANY: usize = 20_000;

/// More threads would want more memory than they save time: each has sums of its own.
const MOST_THREADS: usize = 4;

/// How many of so many things one thread is to look at.
pub fn part_of(all: usize) -> usize {
    if all < MANY {
        return all.max(1);
    }
    // It reads several files.
    let cores = thread::available_parallelism().map_or(1, usize::from);
    all.div_ceil(cores.min(MOST_THREADS))
}

/// Has all parts looked at at the same time, and gives what came of them in their order.
pub fn at_once<P: Send, R: Send>(
    parts: impl ExactSizeIterator<Item = P>,
    of: impl Fn(P) -> R + Sync,
) -> Vec<R> {
    if parts.len() <= 1 {
        return parts.map(of).collect();
    }
    let of = &of;
    thread::scope(|scope| {
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || of(part))).collect();
        let done = threads.into_iter().map(|thread| thread.join());
        done.map(|done| done.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}
