//! Large profiles are looked at on all cores.

use std::panic::resume_unwind;
use std::thread;

/// Fewer are done before a thread has begun.
const MANY: usize = 20_000;

/// More threads would want more memory than they save time: each has sums of its own.
const MOST_THREADS: usize = 4;

/// Has all looked at in parts, and gives what came of them in their order.
pub(super) fn in_parts<T: Sync, R: Send>(all: &[T], of: impl Fn(&[T]) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let threads = cores.min(MOST_THREADS);
    if all.len() < MANY || threads == 1 {
        return vec![of(all)];
    }
    thread::scope(|scope| {
        let parts = all.chunks(all.len().div_ceil(threads));
        let threads: Vec<_> = parts.map(|part| scope.spawn(|| of(part))).collect();
        let done = threads.into_iter().map(|thread| thread.join());
        done.map(|done| done.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}
