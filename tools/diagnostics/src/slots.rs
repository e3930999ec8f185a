//! Where the allocator counts: cheap enough to be always on.
//!
//! Every thread writes to a slot of its own, so counting is a load, an addition and a store, without
//! a locked instruction and without a cache line that two threads fight for. A reader adds the slots
//! up. A slot is never cleared: when its thread ends, the next thread goes on counting in it, and so no
//! count is ever lost. When more threads live than there are slots, those that are left over share one
//! slot and pay for an atomic addition.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use crate::AllocCounts;

/// Slots for threads that are alive at the same time. tokio's default limit for blocking threads is
/// 512; a slot that was never used costs no resident memory.
const SLOTS: usize = 1024;

static SLOT_TABLE: [Slot; SLOTS] = [const { Slot::new() }; SLOTS];

/// All slots from this index on have never been used, so that a reader can stop here.
static SLOTS_USED: AtomicUsize = AtomicUsize::new(0);

/// Counts of the threads that have no slot: more than [`SLOTS`] at once, or on their way in or out.
static SHARED: Slot = Slot::new();

/// The counters of one thread. 128 bytes apart, since processors fetch cache lines in pairs.
#[repr(align(128))]
struct Slot {
    /// Set while a thread counts here. Taking it acquires what the former owner wrote.
    owned: AtomicBool,
    mallocs: AtomicU64,
    frees: AtomicU64,
    reallocs: AtomicU64,
    allocated_bytes: AtomicU64,
    freed_bytes: AtomicU64,
}

impl Slot {
    const fn new() -> Self {
        Self {
            owned: AtomicBool::new(false),
            mallocs: AtomicU64::new(0),
            frees: AtomicU64::new(0),
            reallocs: AtomicU64::new(0),
            allocated_bytes: AtomicU64::new(0),
            freed_bytes: AtomicU64::new(0),
        }
    }

    fn read(&self) -> AllocCounts {
        AllocCounts {
            mallocs: self.mallocs.load(Ordering::Relaxed),
            frees: self.frees.load(Ordering::Relaxed),
            reallocs: self.reallocs.load(Ordering::Relaxed),
            allocated_bytes: self.allocated_bytes.load(Ordering::Relaxed),
            freed_bytes: self.freed_bytes.load(Ordering::Relaxed),
        }
    }

    /// Takes the first free slot, or none when all are owned.
    fn claim() -> Option<&'static Self> {
        let (index, slot) = SLOT_TABLE.iter().enumerate().find(|(_, slot)| {
            !slot.owned.load(Ordering::Relaxed) && !slot.owned.swap(true, Ordering::Acquire)
        })?;
        SLOTS_USED.fetch_max(index + 1, Ordering::Release);
        Some(slot)
    }

    fn release(&self) {
        self.owned.store(false, Ordering::Release);
    }

    /// For the shared slot, which many threads write to.
    fn add_shared(&self, change: AllocCounts) {
        for (counter, by) in [
            (&self.mallocs, change.mallocs),
            (&self.frees, change.frees),
            (&self.reallocs, change.reallocs),
            (&self.allocated_bytes, change.allocated_bytes),
            (&self.freed_bytes, change.freed_bytes),
        ] {
            if by != 0 {
                counter.fetch_add(by, Ordering::Relaxed);
            }
        }
    }
}

/// Adds to a counter that only the calling thread writes to: no locked instruction is needed, and a
/// reader sees either the old or the new value.
#[inline]
fn bump(counter: &AtomicU64, by: u64) {
    counter.store(
        counter.load(Ordering::Relaxed).wrapping_add(by),
        Ordering::Relaxed,
    );
}

thread_local! {
    /// The slot that this thread owns. Without a destructor and without lazy initialization, so
    /// that reading it is one instruction, and possible at any time of a thread's life.
    static SLOT: Cell<Option<&'static Slot>> = const { Cell::new(None) };

    static THREAD: Thread = const {
        Thread { may_claim: Cell::new(true), own: Cell::new(AllocCounts::ZERO) }
    };

    /// Its destructor gives the slot back when the thread ends. Touched only when a slot is claimed.
    static LEASE: Lease = const { Lease };
}

/// What the slow path knows about its thread; like `SLOT`, it has no destructor.
struct Thread {
    /// Whether this thread has not tried yet to get a slot.
    may_claim: Cell<bool>,
    /// To be added to what the slot says, to have this thread's own counts: what it counted in the
    /// shared slot, less what the slot's former owners had left in it.
    own: Cell<AllocCounts>,
}

struct Lease;

impl Drop for Lease {
    fn drop(&mut self) {
        // Destructors of other thread-locals may still allocate: from here on in the shared slot.
        if let Some(slot) = SLOT.take() {
            THREAD.with(|thread| thread.own.set(thread.own.get().plus(slot.read())));
            slot.release();
        }
    }
}

/// Counts an allocation of `bytes`.
#[inline]
pub(crate) fn allocated(bytes: usize) {
    match SLOT.get() {
        Some(slot) => {
            bump(&slot.mallocs, 1);
            bump(&slot.allocated_bytes, bytes as u64);
        }
        None => allocated_slowly(bytes),
    }
}

/// Counts a release of `bytes`.
#[inline]
pub(crate) fn freed(bytes: usize) {
    match SLOT.get() {
        Some(slot) => {
            bump(&slot.frees, 1);
            bump(&slot.freed_bytes, bytes as u64);
        }
        None => freed_slowly(bytes),
    }
}

/// Counts a reallocation from `old` to `new` bytes.
#[inline]
pub(crate) fn reallocated(old: usize, new: usize) {
    match SLOT.get() {
        Some(slot) => {
            bump(&slot.mallocs, 1);
            bump(&slot.frees, 1);
            bump(&slot.reallocs, 1);
            bump(&slot.allocated_bytes, new as u64);
            bump(&slot.freed_bytes, old as u64);
        }
        None => reallocated_slowly(old, new),
    }
}

// The slow ways take plain numbers, so that the fast ones, which are compiled into every allocation, need no
// room on the stack.

#[cold]
#[inline(never)]
fn allocated_slowly(bytes: usize) {
    count_slowly(AllocCounts {
        mallocs: 1,
        allocated_bytes: bytes as u64,
        ..AllocCounts::ZERO
    });
}

#[cold]
#[inline(never)]
fn freed_slowly(bytes: usize) {
    count_slowly(AllocCounts {
        frees: 1,
        freed_bytes: bytes as u64,
        ..AllocCounts::ZERO
    });
}

#[cold]
#[inline(never)]
fn reallocated_slowly(old: usize, new: usize) {
    count_slowly(AllocCounts {
        mallocs: 1,
        frees: 1,
        reallocs: 1,
        allocated_bytes: new as u64,
        freed_bytes: old as u64,
    });
}

/// Counts for a thread that has no slot, and tries once in its life to get it one.
fn count_slowly(change: AllocCounts) {
    THREAD.with(|thread| {
        SHARED.add_shared(change);
        thread.own.set(thread.own.get().plus(change));
        // Registering the destructor may allocate and come back here: that call must not claim too.
        if thread.may_claim.replace(false)
            && let Some(slot) = Slot::claim()
        {
            if LEASE.try_with(|_| ()).is_ok() {
                thread.own.set(thread.own.get().minus(slot.read()));
                SLOT.set(Some(slot));
            } else {
                // The thread is ending and could not give the slot back.
                slot.release();
            }
        }
    });
}

/// Adds up the slots of all threads, alive and ended.
pub(crate) fn process() -> AllocCounts {
    let used = SLOTS_USED.load(Ordering::Acquire).min(SLOTS);
    let slots = || SLOT_TABLE[..used].iter().chain([&SHARED]);
    let mut total = AllocCounts::ZERO;
    // Releases first: what was released had been allocated, so the second pass sees that too.
    for slot in slots() {
        total.frees = total.frees.wrapping_add(slot.frees.load(Ordering::Acquire));
        total.freed_bytes = total
            .freed_bytes
            .wrapping_add(slot.freed_bytes.load(Ordering::Acquire));
    }
    for slot in slots() {
        let AllocCounts {
            mallocs,
            reallocs,
            allocated_bytes,
            ..
        } = slot.read();
        total = total.plus(AllocCounts {
            mallocs,
            reallocs,
            allocated_bytes,
            ..AllocCounts::ZERO
        });
    }
    total
}

/// What the calling thread has counted.
pub(crate) fn current_thread() -> AllocCounts {
    let own = THREAD.with(|thread| thread.own.get());
    match SLOT.get() {
        Some(slot) => own.plus(slot.read()),
        None => own,
    }
}

#[cfg(test)]
mod tests;
