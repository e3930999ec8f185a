//! What cannot be seen from outside: which slot a thread has.

use std::thread;

use super::*;

/// The test program does not use the counting allocator, so what is counted here is only what this
/// test counts itself; hence one test for all of it.
#[test]
fn slots_are_reused_and_nothing_is_lost_with_or_without_one() {
    // A few thousand threads, one after another, need a few slots only.
    for _ in 0..2 * SLOTS {
        thread::spawn(|| {
            allocated(10, || false);
            reallocated(10, 30, || false);
            freed(30, || false);
            assert!(SLOT.get().is_some(), "a free slot was not taken");
            assert_eq!(current_thread().mallocs, 2, "a former owner's counts show");
        })
        .join()
        .expect("the thread counts");
    }
    assert!(
        SLOTS_USED.load(Ordering::Acquire) <= 4,
        "slots are not reused"
    );
    let sequential = AllocCounts {
        mallocs: 4 * SLOTS as u64,
        frees: 4 * SLOTS as u64,
        reallocs: 2 * SLOTS as u64,
        allocated_bytes: 80 * SLOTS as u64,
        freed_bytes: 80 * SLOTS as u64,
    };
    assert_eq!(process(), sequential);

    // With every slot taken, a thread counts in the shared slot and still knows its own part.
    let taken: Vec<_> = std::iter::from_fn(claim).collect();
    thread::spawn(|| {
        allocated(7, || false);
        allocated(8, || false);
        freed(7, || false);
        assert!(SLOT.get().is_none(), "a slot appeared from nowhere");
        let own = current_thread();
        assert_eq!((own.mallocs, own.allocated_bytes, own.frees), (2, 15, 1));
    })
    .join()
    .expect("the thread counts");
    taken.into_iter().for_each(release);
    assert_eq!(process().mallocs, sequential.mallocs + 2);
    assert_eq!(process().live_bytes(), 8);
}
