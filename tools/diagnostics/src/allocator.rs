//! The global allocator: jemalloc, with every call counted.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};

#[cfg(target_env = "msvc")]
use std::alloc::System as Backend;
#[cfg(not(target_env = "msvc"))]
use tikv_jemallocator::Jemalloc as Backend;

use crate::slots::{allocated, freed, reallocated};

const COUNTING: bool = cfg!(not(feature = "uncounted"));

/// jemalloc that counts calls and bytes exactly; install it in one line:
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator;
/// # fn main() { assert!(diagnostics::AllocCounts::are_counted()); }
/// ```
///
/// It counts what goes through Rust's allocator. Memory that a C library takes from libc's `malloc`
/// (SQLite does) is in nobody's counts; [`crate::MemStats::rss`] shows it.
///
/// With the feature `uncounted` it is jemalloc and nothing else.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allocator;

// SAFETY: every method hands its arguments unchanged to jemalloc's `GlobalAlloc`, which upholds the
// contract, and returns what that returned. Counting neither touches the memory nor unwinds: it is
// wrapping arithmetic on atomics and on thread-locals that need no initialization. Where it claims
// a slot for a new thread it may register a thread-local destructor; should that allocate, the
// re-entrant call finds the claim under way and counts in the shared slot.
unsafe impl GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises about `layout` are passed on.
        let pointer = unsafe { Backend.alloc(layout) };
        if COUNTING && !pointer.is_null() {
            allocated(layout.size());
        }
        pointer
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // jemalloc knows which pages are zero already, so this must not become `alloc` and a fill.
        // SAFETY: the caller's promises about `layout` are passed on.
        let pointer = unsafe { Backend.alloc_zeroed(layout) };
        if COUNTING && !pointer.is_null() {
            allocated(layout.size());
        }
        pointer
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // Counted first, so that the call to jemalloc is the last thing and needs no frame of its own.
        if COUNTING {
            freed(layout.size());
        }
        // SAFETY: the caller got `pointer` from this allocator with `layout`, hence from the backend.
        unsafe { Backend.dealloc(pointer, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller got `pointer` from this allocator with `layout`, hence from the backend,
        // and promises that `new_size` is valid.
        let moved = unsafe { Backend.realloc(pointer, layout, new_size) };
        // A failed reallocation leaves the old block as it was.
        if COUNTING && !moved.is_null() {
            reallocated(layout.size(), new_size);
        }
        moved
    }
}
