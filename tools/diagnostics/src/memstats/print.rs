//! A measurement in the form of Go's `PrintMemStats`, before and after a call.

use std::fmt;

use super::change::signed;
use super::{Change, Measured, MemStats};
use crate::AllocCounts;
use crate::readable::{Bytes, Grouped, Growth};

impl<T> fmt::Display for Measured<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "Before:\n")?;
        reading(f, &self.before)?;
        writeln!(f, "\nAfter:\n")?;
        reading(f, &self.after)?;
        writeln!(f, "\nDifference, whole process:\n")?;
        change(f, &self.change)?;
        writeln!(f, "\nDifference, on the thread that did the work:\n")?;
        own(f, &self.own)
    }
}

fn reading(f: &mut fmt::Formatter<'_>, stats: &MemStats) -> fmt::Result {
    writeln!(f, "Alloc = {}", Bytes::level(stats.alloc))?;
    writeln!(f, "TotalAlloc = {}", Bytes::level(stats.total_alloc))?;
    if let Some(sys) = stats.sys {
        writeln!(f, "Sys = {}", Bytes::level(sys))?;
    }
    writeln!(f, "Mallocs = {}", Grouped(stats.mallocs))?;
    writeln!(f, "Frees = {}", Grouped(stats.frees))
}

fn change(f: &mut fmt::Formatter<'_>, change: &Change) -> fmt::Result {
    writeln!(f, "Alloc = {}", Bytes::change(change.alloc))?;
    writeln!(f, "TotalAlloc = {}", Bytes::growth(change.total_alloc))?;
    if let Some(sys) = change.sys {
        writeln!(f, "Sys = {}", Bytes::change(sys))?;
    }
    writeln!(f, "Mallocs = {}", Growth(change.mallocs))?;
    writeln!(f, "Frees = {}", Growth(change.frees))
}

/// A thread has no `Sys`: address space belongs to the process. The end of the line is left to the caller.
fn own(f: &mut fmt::Formatter<'_>, own: &AllocCounts) -> fmt::Result {
    let alloc = signed(own.allocated_bytes, own.freed_bytes);
    writeln!(f, "Alloc = {}", Bytes::change(alloc))?;
    writeln!(f, "TotalAlloc = {}", Bytes::growth(own.allocated_bytes))?;
    writeln!(f, "Mallocs = {}", Growth(own.mallocs))?;
    write!(f, "Frees = {}", Growth(own.frees))
}
