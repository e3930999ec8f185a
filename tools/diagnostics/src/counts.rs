//! Exact counts of what the allocator handed out and took back.

use std::ops::Sub;
use std::sync::OnceLock;

use serde::Serialize;

use crate::slots;

/// What the allocator handed out and took back, from the start of the process or thread.
///
/// Bytes are those that the program asked for (`Layout::size`), not what jemalloc rounded them up to.
/// A reallocation counts as an allocation of the new size and a release of the old one, whether or not the
/// memory moved: that is what a growing slice costs in Go's figures, and it keeps
/// `allocated_bytes - freed_bytes` exactly the bytes in use. Failed calls are not counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct AllocCounts {
    /// Successful allocations, reallocations included.
    pub mallocs: u64,
    /// Releases, reallocations included.
    pub frees: u64,
    /// How many of `mallocs` (and as many of `frees`) were reallocations.
    pub reallocs: u64,
    /// Bytes handed out; never falls.
    pub allocated_bytes: u64,
    /// Bytes taken back; never falls.
    pub freed_bytes: u64,
}

impl AllocCounts {
    pub(crate) const ZERO: Self = Self {
        mallocs: 0,
        frees: 0,
        reallocs: 0,
        allocated_bytes: 0,
        freed_bytes: 0,
    };

    /// The counts of the whole process: of all threads that are alive and of all that have ended.
    ///
    /// Exact for everything that happened before the call. While other threads allocate, releases are
    /// read first, so that the bytes in use are never understated.
    pub fn process() -> Self {
        slots::process()
    }

    /// The counts of the calling thread alone: read them before and after a call to know exactly
    /// what the call allocated on this thread, whatever the other threads do.
    ///
    /// Memory that this thread allocated and another one released counts as allocated here and as
    /// freed there, so `freed_bytes` may exceed `allocated_bytes`.
    pub fn current_thread() -> Self {
        slots::current_thread()
    }

    /// Bytes in use: allocated and not yet freed.
    pub fn live_bytes(&self) -> u64 {
        self.allocated_bytes.saturating_sub(self.freed_bytes)
    }

    /// Whether this process counts at all: [`crate::Allocator`] is its global allocator.
    pub fn are_counted() -> bool {
        static COUNTED: OnceLock<bool> = OnceLock::new();
        *COUNTED.get_or_init(|| {
            let before = Self::current_thread().mallocs;
            drop(std::hint::black_box(Box::new(0u8)));
            Self::current_thread().mallocs != before
        })
    }

    pub(crate) fn plus(self, other: Self) -> Self {
        self.with(other, u64::wrapping_add)
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        self.with(other, u64::wrapping_sub)
    }

    fn with(self, other: Self, of: fn(u64, u64) -> u64) -> Self {
        Self {
            mallocs: of(self.mallocs, other.mallocs),
            frees: of(self.frees, other.frees),
            reallocs: of(self.reallocs, other.reallocs),
            allocated_bytes: of(self.allocated_bytes, other.allocated_bytes),
            freed_bytes: of(self.freed_bytes, other.freed_bytes),
        }
    }
}

impl Sub for AllocCounts {
    type Output = Self;

    /// What happened between two readings; `later - earlier`. The other way round every field is zero.
    fn sub(self, earlier: Self) -> Self {
        self.with(earlier, u64::saturating_sub)
    }
}
