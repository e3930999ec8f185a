//! The allocations of an operation, counted exactly and beside the timing: criterion measures one thing at a time, and
//! this way it is the time of the bare routine.
//!
//! Criterion has called the routine many times by then, so nothing that only the first call makes is counted.

use std::hint::black_box;

use diagnostics::AllocCounts;
use tokio::runtime::Runtime;

/// What one operation allocates, as in Go's `B/op` and `allocs/op`: rounded down, so that what happens once in a while
/// does not count. A reallocation is an allocation of the new size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    pub bytes: u64,
    pub allocations: u64,
}

impl Counts {
    fn per_operation(total: AllocCounts, operations: u64) -> Self {
        Self {
            bytes: total.allocated_bytes / operations,
            allocations: total.mallocs / operations,
        }
    }
}

/// What the calling thread allocates in each of some calls; none if this program does not count.
pub fn of_closure<O>(operations: u64, mut routine: impl FnMut() -> O) -> Option<Counts> {
    if !AllocCounts::are_counted() {
        return None;
    }
    let before = AllocCounts::current_thread();
    for _ in 0..operations {
        black_box(routine());
    }
    let total = AllocCounts::current_thread() - before;
    Some(Counts::per_operation(total, operations))
}

/// What the whole process allocates in each of some runs of a future; none if this program does not count.
pub fn of_future<F: Future>(
    operations: u64,
    runtime: &Runtime,
    mut routine: impl FnMut() -> F,
) -> Option<Counts> {
    if !AllocCounts::are_counted() {
        return None;
    }
    let total = runtime.block_on(async {
        let before = AllocCounts::process();
        for _ in 0..operations {
            black_box(routine().await);
        }
        AllocCounts::process() - before
    });
    Some(Counts::per_operation(total, operations))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_the_allocator_there_is_no_figure() {
        assert_eq!(of_closure(2, || vec![1u8; 10]), None);
        let runtime = Runtime::new().expect("a runtime");
        assert_eq!(of_future(2, &runtime, async || vec![1u8; 10]), None);
    }

    #[test]
    fn it_is_divided_as_go_does() {
        let mut total = AllocCounts::default();
        total.mallocs = 19;
        total.allocated_bytes = 100;
        let counts = Counts::per_operation(total, 10);
        assert_eq!((counts.allocations, counts.bytes), (1, 10));
    }
}
