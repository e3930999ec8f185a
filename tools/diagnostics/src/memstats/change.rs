//! The difference of two readings.

use std::ops::Sub;

use serde::Serialize;

use super::MemStats;

/// What happened to the process's memory between two readings: `after - before`.
///
/// The fields are those of [`MemStats`], in bytes or in calls. What only ever grows has no sign; what is a
/// level at a moment may have fallen, and is negative then.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Bytes that are in use now and were not before: `total_alloc - freed`.
    pub alloc: i64,
    /// Bytes handed out meanwhile.
    pub total_alloc: u64,
    /// Bytes taken back meanwhile, those included that had been handed out before.
    pub freed: u64,
    /// Allocations meanwhile, reallocations included.
    pub mallocs: u64,
    /// Releases meanwhile, reallocations included. It is what Rust has in place of a change of Go's
    /// `NumGC`: memory went back at these moments, each chosen by the program, and at no others.
    pub frees: u64,
    /// How many of `mallocs` were reallocations.
    pub reallocs: u64,
    /// Blocks that are in use now and were not before: `mallocs - frees`.
    pub objects: i64,

    /// Address space taken from the operating system for the heap.
    pub sys: i64,
    /// jemalloc's `stats.allocated`.
    pub allocated: i64,
    /// jemalloc's `stats.active`.
    pub active: i64,
    /// jemalloc's `stats.resident`.
    pub resident: i64,
    /// jemalloc's `stats.mapped`.
    pub mapped: i64,
    /// jemalloc's `stats.retained`.
    pub retained: i64,
    /// jemalloc's `stats.metadata`.
    pub metadata: i64,

    /// Physical memory of the whole process; absent if either reading has none.
    pub rss: Option<i64>,
}

impl Sub for MemStats {
    type Output = Change;

    /// What happened between two readings; `later - earlier`. The other way round, what only grows is zero.
    fn sub(self, earlier: Self) -> Change {
        Change {
            alloc: signed(self.alloc, earlier.alloc),
            total_alloc: self.total_alloc.saturating_sub(earlier.total_alloc),
            freed: self.freed.saturating_sub(earlier.freed),
            mallocs: self.mallocs.saturating_sub(earlier.mallocs),
            frees: self.frees.saturating_sub(earlier.frees),
            reallocs: self.reallocs.saturating_sub(earlier.reallocs),
            objects: signed(self.objects, earlier.objects),
            sys: signed(self.sys, earlier.sys),
            allocated: signed(self.allocated, earlier.allocated),
            active: signed(self.active, earlier.active),
            resident: signed(self.resident, earlier.resident),
            mapped: signed(self.mapped, earlier.mapped),
            retained: signed(self.retained, earlier.retained),
            metadata: signed(self.metadata, earlier.metadata),
            rss: self
                .rss
                .zip(earlier.rss)
                .map(|(after, before)| signed(after, before)),
        }
    }
}

/// `after - before`. Sizes of memory are far below the 8 EiB at which it would wrap.
pub(super) fn signed(after: u64, before: u64) -> i64 {
    after.wrapping_sub(before).cast_signed()
}
