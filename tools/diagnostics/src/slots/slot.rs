//! The counters of one thread, and how they are added up.
//!
//! What keeps the sum right is the order of these few loads and stores, so `tests/loom.rs` compiles this file a
//! second time with atomics that try out all that the memory model allows. Hence they come from `super`.

use super::{AtomicU64, AtomicUsize, Ordering};

/// The counters of one thread. 128 bytes apart, since processors fetch cache lines in pairs.
#[repr(align(128))]
pub(super) struct Slot {
    pub(super) mallocs: AtomicU64,
    pub(super) frees: AtomicU64,
    pub(super) reallocs: AtomicU64,
    pub(super) allocated_bytes: AtomicU64,
    pub(super) freed_bytes: AtomicU64,
}

/// What one slot says, or several together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) mallocs: u64,
    pub(super) frees: u64,
    pub(super) reallocs: u64,
    pub(super) allocated_bytes: u64,
    pub(super) freed_bytes: u64,
}

// A release is stored with `Release` and read first, with `Acquire`: whoever sees it sees all that came before it, its
// block's allocation included, whichever thread made that. An allocation needs no order of its own.
//
// These three are for the thread that owns the slot.
impl Slot {
    #[inline]
    pub(super) fn allocated(&self, bytes: u64) {
        bump(&self.mallocs, 1, Ordering::Relaxed);
        bump(&self.allocated_bytes, bytes, Ordering::Relaxed);
    }

    #[inline]
    pub(super) fn freed(&self, bytes: u64) {
        bump(&self.frees, 1, Ordering::Release);
        bump(&self.freed_bytes, bytes, Ordering::Release);
    }

    /// The new block is counted before the old one's release, as if there were two calls.
    #[inline]
    pub(super) fn reallocated(&self, old: u64, new: u64) {
        bump(&self.reallocs, 1, Ordering::Relaxed);
        self.allocated(new);
        self.freed(old);
    }
}

impl Slot {
    /// For the shared slot, which many threads write to. Additions continue each other's order, so that a
    /// reader of the last one sees what came before each.
    pub(super) fn add_shared(&self, change: Counted) {
        for (counter, by, order) in [
            (&self.reallocs, change.reallocs, Ordering::Relaxed),
            (&self.mallocs, change.mallocs, Ordering::Relaxed),
            (
                &self.allocated_bytes,
                change.allocated_bytes,
                Ordering::Relaxed,
            ),
            (&self.frees, change.frees, Ordering::Release),
            (&self.freed_bytes, change.freed_bytes, Ordering::Release),
        ] {
            if by != 0 {
                counter.fetch_add(by, order);
            }
        }
    }

    /// What the thread that owns the slot has counted itself.
    pub(super) fn read(&self) -> Counted {
        Counted {
            frees: self.frees.load(Ordering::Relaxed),
            freed_bytes: self.freed_bytes.load(Ordering::Relaxed),
            mallocs: self.mallocs.load(Ordering::Relaxed),
            reallocs: self.reallocs.load(Ordering::Relaxed),
            allocated_bytes: self.allocated_bytes.load(Ordering::Relaxed),
        }
    }
}

/// Adds to a counter that only the calling thread writes to: no locked instruction is needed, and a
/// reader sees either the old or the new value.
#[inline]
fn bump(counter: &AtomicU64, by: u64, order: Ordering) {
    counter.store(counter.load(Ordering::Relaxed).wrapping_add(by), order);
}

/// Adds up the first `used` slots and the shared one, so that the bytes and blocks in use are never understated: what
/// is seen of releases is seen of their allocations.
pub(super) fn sum(slots: &[Slot], used: &AtomicUsize, shared: &Slot) -> Counted {
    let mut total = Counted {
        mallocs: 0,
        frees: 0,
        reallocs: 0,
        allocated_bytes: 0,
        freed_bytes: 0,
    };
    let in_use = || {
        let used = used.load(Ordering::Acquire).min(slots.len());
        slots[..used].iter().chain([shared])
    };
    for slot in in_use() {
        let (frees, bytes) = (
            slot.frees.load(Ordering::Acquire),
            slot.freed_bytes.load(Ordering::Acquire),
        );
        total.frees = total.frees.wrapping_add(frees);
        total.freed_bytes = total.freed_bytes.wrapping_add(bytes);
    }
    // Asked anew how many there are: what was released may have been allocated in a slot that came into use since.
    for slot in in_use() {
        let allocations = slot.read();
        total.mallocs = total.mallocs.wrapping_add(allocations.mallocs);
        total.reallocs = total.reallocs.wrapping_add(allocations.reallocs);
        total.allocated_bytes = total
            .allocated_bytes
            .wrapping_add(allocations.allocated_bytes);
    }
    total
}
