//! The difference of two readings.

use std::ops::Sub;

use serde::Serialize;

use super::MemStats;

/// What happened to the process's memory between two readings: `after - before`.
///
/// The fields are those of [`MemStats`], in bytes or in calls. What only ever grows has no sign; what is a
/// level at a moment may have fallen, and is negative then. Absent is what either reading lacks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
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
    pub sys: Option<i64>,
    /// jemalloc's `stats.allocated`.
    pub allocated: Option<i64>,
    /// jemalloc's `stats.active`.
    pub active: Option<i64>,
    /// jemalloc's `stats.resident`.
    pub resident: Option<i64>,
    /// jemalloc's `stats.mapped`.
    pub mapped: Option<i64>,
    /// jemalloc's `stats.retained`.
    pub retained: Option<i64>,
    /// jemalloc's `stats.metadata`.
    pub metadata: Option<i64>,

    /// Physical memory of the whole process.
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
            sys: level(self.sys, earlier.sys),
            allocated: level(self.allocated, earlier.allocated),
            active: level(self.active, earlier.active),
            resident: level(self.resident, earlier.resident),
            mapped: level(self.mapped, earlier.mapped),
            retained: level(self.retained, earlier.retained),
            metadata: level(self.metadata, earlier.metadata),
            rss: level(self.rss, earlier.rss),
        }
    }
}

/// The change of a level that is known at both moments.
fn level(after: Option<u64>, before: Option<u64>) -> Option<i64> {
    after
        .zip(before)
        .map(|(after, before)| signed(after, before))
}

/// `after - before`. Sizes of memory are far below the 8 EiB at which it would wrap.
pub(super) fn signed(after: u64, before: u64) -> i64 {
    after.wrapping_sub(before).cast_signed()
}
