//! Where the allocator counts: cheap enough to be always on.
//!
//! Every thread writes to a slot of its own, so counting is a load, an addition and a store, without
//! a locked instruction and without a cache line that two threads fight for. A reader adds the slots
//! up. A slot is never cleared: when its thread ends, the next thread goes on counting in it, and so no
//! count is ever lost. When more threads live than there are slots, those that are left over share one
//! slot and pay for an atomic addition.

pub(crate) mod bitmap;
mod slot;

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};

use slot::{Counted, Slot};

use crate::AllocCounts;

/// Slots for threads that are alive at the same time. tokio's default limit for blocking threads is
/// 512; a slot that was never used costs no resident memory.
const SLOTS: usize = 1024;

static SLOT_TABLE: [Slot; SLOTS] = [NEW_SLOT; SLOTS];

/// A bit for each slot that a thread owns.
static TAKEN: [AtomicU64; SLOTS / 64] = [const { AtomicU64::new(0) }; SLOTS / 64];

/// All slots from this index on have never been used, so that a reader can stop here.
static SLOTS_USED: AtomicUsize = AtomicUsize::new(0);

/// Counts of the threads that have no slot: more than [`SLOTS`] at once, or on their way in or out.
static SHARED: Slot = NEW_SLOT;

/// Whether a counting allocator with jemalloc below it has been called.
static ON_JEMALLOC: AtomicBool = AtomicBool::new(false);

#[expect(
    clippy::declare_interior_mutable_const,
    reason = "it initializes statics, and nothing else"
)]
const NEW_SLOT: Slot = Slot {
    mallocs: AtomicU64::new(0),
    frees: AtomicU64::new(0),
    reallocs: AtomicU64::new(0),
    allocated_bytes: AtomicU64::new(0),
    freed_bytes: AtomicU64::new(0),
};

/// Takes the first free slot, or none when all are owned.
fn claim() -> Option<usize> {
    let index = bitmap::claim(&TAKEN)?;
    SLOTS_USED.fetch_max(index + 1, Ordering::Release);
    Some(index)
}

fn release(index: usize) {
    bitmap::release(&TAKEN, index);
}

thread_local! {
    /// The slot that this thread owns. Without a destructor and without lazy initialization, so
    /// that reading it is one instruction, and possible at any time of a thread's life.
    static SLOT: Cell<Option<&'static Slot>> = const { Cell::new(None) };

    static THREAD: Thread = const {
        Thread { may_claim: Cell::new(true), own: Cell::new(AllocCounts::ZERO) }
    };

    /// Its destructor gives the slot back when the thread ends. Touched only when a slot is claimed.
    static LEASE: Lease = const { Lease { index: Cell::new(None) } };
}

/// What the slow path knows about its thread; like `SLOT`, it has no destructor.
struct Thread {
    /// Whether this thread has not tried yet to get a slot.
    may_claim: Cell<bool>,
    /// To be added to what the slot says, to have this thread's own counts: what it counted in the
    /// shared slot, less what the slot's former owners had left in it.
    own: Cell<AllocCounts>,
}

struct Lease {
    index: Cell<Option<usize>>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        // Destructors of other thread-locals may still allocate: from here on in the shared slot.
        if let Some(slot) = SLOT.take() {
            THREAD.with(|thread| thread.own.set(thread.own.get().plus(slot.read().into())));
        }
        if let Some(index) = self.index.take() {
            release(index);
        }
    }
}

/// Counts an allocation of `bytes`. `tell` is asked on a thread's first count whether jemalloc is below.
#[inline]
pub(crate) fn allocated(bytes: usize, tell: fn() -> bool) {
    match SLOT.get() {
        Some(slot) => slot.allocated(bytes as u64),
        None => allocated_slowly(bytes, tell),
    }
}

/// Counts a release of `bytes`.
#[inline]
pub(crate) fn freed(bytes: usize, tell: fn() -> bool) {
    match SLOT.get() {
        Some(slot) => slot.freed(bytes as u64),
        None => freed_slowly(bytes, tell),
    }
}

/// Counts a reallocation from `old` to `new` bytes.
#[inline]
pub(crate) fn reallocated(old: usize, new: usize, tell: fn() -> bool) {
    match SLOT.get() {
        Some(slot) => slot.reallocated(old as u64, new as u64),
        None => reallocated_slowly(old, new, tell),
    }
}

// The slow ways take plain numbers, so that the fast ones, which are compiled into every allocation, need no
// room on the stack.

#[cold]
#[inline(never)]
fn allocated_slowly(bytes: usize, tell: fn() -> bool) {
    let change = Counted {
        mallocs: 1,
        allocated_bytes: bytes as u64,
        ..NOTHING
    };
    count_slowly(change, tell);
}

#[cold]
#[inline(never)]
fn freed_slowly(bytes: usize, tell: fn() -> bool) {
    let change = Counted {
        frees: 1,
        freed_bytes: bytes as u64,
        ..NOTHING
    };
    count_slowly(change, tell);
}

#[cold]
#[inline(never)]
fn reallocated_slowly(old: usize, new: usize, tell: fn() -> bool) {
    let change = Counted {
        mallocs: 1,
        frees: 1,
        reallocs: 1,
        allocated_bytes: new as u64,
        freed_bytes: old as u64,
    };
    count_slowly(change, tell);
}

const NOTHING: Counted = Counted {
    mallocs: 0,
    frees: 0,
    reallocs: 0,
    allocated_bytes: 0,
    freed_bytes: 0,
};

/// Counts for a thread that has no slot, and tries once in its life to get it one.
fn count_slowly(change: Counted, tell: fn() -> bool) {
    THREAD.with(|thread| {
        SHARED.add_shared(change);
        thread.own.set(thread.own.get().plus(change.into()));
        // Registering the destructor may allocate and come back here: that call must not claim too.
        if !thread.may_claim.replace(false) {
            return;
        }
        if tell() {
            ON_JEMALLOC.store(true, Ordering::Relaxed);
        }
        if let Some(index) = claim() {
            if LEASE.try_with(|lease| lease.index.set(Some(index))).is_ok() {
                let slot = &SLOT_TABLE[index];
                thread.own.set(thread.own.get().minus(slot.read().into()));
                SLOT.set(Some(slot));
            } else {
                // The thread is ending and could not give the slot back.
                release(index);
            }
        }
    });
}

impl From<Counted> for AllocCounts {
    fn from(counted: Counted) -> Self {
        Self {
            mallocs: counted.mallocs,
            frees: counted.frees,
            reallocs: counted.reallocs,
            allocated_bytes: counted.allocated_bytes,
            freed_bytes: counted.freed_bytes,
        }
    }
}

/// Adds up the slots of all threads, alive and ended.
pub(crate) fn process() -> AllocCounts {
    slot::sum(&SLOT_TABLE, &SLOTS_USED, &SHARED).into()
}

/// What the calling thread has counted.
pub(crate) fn current_thread() -> AllocCounts {
    let own = THREAD.with(|thread| thread.own.get());
    match SLOT.get() {
        Some(slot) => own.plus(slot.read().into()),
        None => own,
    }
}

/// Whether what counts here has jemalloc below it.
pub(crate) fn on_jemalloc() -> bool {
    ON_JEMALLOC.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests;
