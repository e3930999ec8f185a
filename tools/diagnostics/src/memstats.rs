//! `MemStats`: Go's `runtime.MemStats` for a Rust process, and measuring a piece of work with it.
//!
//! ```
//! use diagnostics::memstats;
//! # #[global_allocator]
//! # static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();
//! # fn main() {
//! // Prints Alloc, TotalAlloc, Sys, Mallocs and Frees before and after, and the difference.
//! let squares = memstats::measure("squares", || (0..1000u64).map(|n| n * n).collect::<Vec<_>>());
//!
//! // The same figures as data.
//! let sum = memstats::measured(|| squares.iter().sum::<u64>()).expect("the allocator counts");
//! assert_eq!((sum.value, sum.own.mallocs), (332_833_500, 0));
//! # }
//! ```

mod change;
mod heap;
mod measure;
mod print;

pub use change::Change;
pub use measure::{Measured, NotMeasured, measure, measure_async, measured, measured_async};

use std::fs::File;
use std::io::Read;
use std::sync::OnceLock;

use serde::Serialize;

use crate::{AllocCounts, Error};

/// A reading of the process's memory. All sizes are bytes.
///
/// Fields that Go's `runtime.MemStats` has too bear Go's name and say where they differ. The first
/// group comes from the counting allocator and is exact; the second from jemalloc, which counts in whole pages
/// and size classes, and is absent when something else is below the counting allocator. `missing` says why.
///
/// Go's remaining fields have no counterpart, since Rust has no garbage collector: `NumGC`, `PauseTotalNs`,
/// `PauseNs`, `GCCPUFraction`, `NextGC`, `LastGC`, `GCSys`, `EnableGC`. Memory is free at the moment when its
/// owner drops it, so there is nothing to wait for before a reading (Go's examples call `runtime.GC()` first).
/// What comes nearest to asking how often memory was collected during a call (`NumGC`) is how many blocks were
/// released meanwhile: the growth of `frees`, which [`measure()`] prints in its place.
/// `StackSys` has none either: threads' stacks are mapped by the operating system and are in `rss` only, and a
/// suspended async function keeps its state on the heap, hence in `alloc`. `Lookups` and `BySize` are not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct MemStats {
    /// Bytes in use: `total_alloc - freed`. Go's `Alloc` (and `HeapAlloc`), except that Go counts size
    /// classes, and objects that are dead but not yet swept.
    pub alloc: u64,
    /// Bytes handed out since the start; never falls. Go's `TotalAlloc`.
    pub total_alloc: u64,
    /// Bytes taken back since the start. Go has it as `TotalAlloc - Alloc`.
    pub freed: u64,
    /// Allocations since the start, reallocations included. Go's `Mallocs`.
    pub mallocs: u64,
    /// Releases since the start, reallocations included. Go's `Frees`.
    pub frees: u64,
    /// How many of `mallocs` were reallocations of a block that existed. Go has none: there, growing
    /// is always a new allocation.
    pub reallocs: u64,
    /// Blocks in use: `mallocs - frees`. Go's `HeapObjects`.
    pub objects: u64,

    /// Address space taken from the operating system for the heap: `mapped + retained`. Go's `Sys` less its
    /// stacks.
    pub sys: Option<u64>,
    /// Bytes of the blocks that jemalloc handed out, rounded up to size classes, with those that were
    /// released into a thread's cache and wait there to be used again: `stats.allocated`. The nearest to Go's
    /// `HeapAlloc`, which rounds up too.
    pub allocated: Option<u64>,
    /// Bytes in pages that hold at least one block: `stats.active`. Go's `HeapInuse`; `active - allocated`
    /// is lost to fragmentation.
    pub active: Option<u64>,
    /// Bytes of physical memory that the heap holds at most, with jemalloc's own data and unused
    /// pages not yet given back: `stats.resident`.
    pub resident: Option<u64>,
    /// Bytes mapped and usable, with jemalloc's own data: `stats.mapped`.
    pub mapped: Option<u64>,
    /// Address space kept for later use without memory behind it: `stats.retained`. Go's `HeapReleased`.
    pub retained: Option<u64>,
    /// jemalloc's own data structures: `stats.metadata`. Go's `MSpanSys + MCacheSys + OtherSys`.
    pub metadata: Option<u64>,

    /// Physical memory of the whole process, with code, stacks and the memory of C libraries: the resident
    /// pages in `/proc/self/statm`. Absent where there is no `/proc`. Go does not tell it.
    pub rss: Option<u64>,

    /// A sentence for what is absent.
    pub missing: &'static [&'static str],
}

impl MemStats {
    /// Reads the statistics. It takes tens of microseconds, since jemalloc adds up its arenas, and stops
    /// no thread (Go's `ReadMemStats` stops the world).
    ///
    /// A reading allocates nothing, the first one aside, which is done before its counts are taken. So the
    /// difference of two readings is exactly what happened between them.
    ///
    /// # Errors
    ///
    /// [`Error::NotCounted`] when [`crate::Allocator`] is not the program's global allocator,
    /// [`Error::Jemalloc`] when jemalloc refuses.
    pub fn read() -> Result<Self, Error> {
        if !AllocCounts::are_counted() {
            return Err(Error::NotCounted);
        }
        let heap = heap::read()?;
        let rss = rss();
        // Last, so that what the first reading allocates lies before it.
        let counts = AllocCounts::process();
        Ok(Self {
            alloc: counts.live_bytes(),
            total_alloc: counts.allocated_bytes,
            freed: counts.freed_bytes,
            mallocs: counts.mallocs,
            frees: counts.frees,
            reallocs: counts.reallocs,
            objects: counts.mallocs.saturating_sub(counts.frees),
            sys: heap.map(|heap| heap.mapped + heap.retained),
            allocated: heap.map(|heap| heap.allocated),
            active: heap.map(|heap| heap.active),
            resident: heap.map(|heap| heap.resident),
            mapped: heap.map(|heap| heap.mapped),
            retained: heap.map(|heap| heap.retained),
            metadata: heap.map(|heap| heap.metadata),
            rss,
            missing: missing(heap.is_some(), rss.is_some()),
        })
    }
}

/// The sentences are put together beforehand, since a reading allocates nothing.
fn missing(heap: bool, rss: bool) -> &'static [&'static str] {
    const HEAP: &str = heap::MISSING;
    const RSS: &str = "No `rss`: this system has no /proc/self/statm.";
    match (heap, rss) {
        (true, true) => &[],
        (true, false) => &[RSS],
        (false, true) => &[HEAP],
        (false, false) => &[HEAP, RSS],
    }
}

/// Resident pages of the process, where the kernel tells them; read without allocating.
pub(crate) fn rss() -> Option<u64> {
    let mut statm = [0; 256];
    let length = File::open("/proc/self/statm").ok()?.read(&mut statm).ok()?;
    let statm = str::from_utf8(&statm[..length]).ok()?;
    let pages: u64 = statm.split_ascii_whitespace().nth(1)?.parse().ok()?;
    static PAGE_SIZE: OnceLock<Option<u64>> = OnceLock::new();
    pages.checked_mul((*PAGE_SIZE.get_or_init(page_size))?)
}

/// The page size that the kernel reports in the process's auxiliary vector, where entry 6 (`AT_PAGESZ`)
/// holds it; aarch64 kernels come with 4, 16 or 64 KiB.
fn page_size() -> Option<u64> {
    const AT_PAGESZ: usize = 6;
    const WORD: usize = size_of::<usize>();
    let vector = std::fs::read("/proc/self/auxv").ok()?;
    let word = |bytes: &[u8]| Some(usize::from_ne_bytes(bytes.try_into().ok()?));
    vector
        .chunks_exact(2 * WORD)
        .find_map(|entry| {
            let (key, value) = entry.split_at(WORD);
            (word(key)? == AT_PAGESZ).then(|| word(value))?
        })
        .map(|size| size as u64)
}

#[cfg(test)]
mod tests;
