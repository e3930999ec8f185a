//! The global allocator: jemalloc or another one, with every call counted and some sampled.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::any::TypeId;

#[cfg(not(all(feature = "jemalloc", not(target_env = "msvc"))))]
use std::alloc::System as Backend;
#[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
use tikv_jemallocator::Jemalloc as Backend;

use crate::sampling::heap;
use crate::slots::{allocated, freed, reallocated};

/// Whether the default is jemalloc, as it is unless the build is without it.
const HAS_JEMALLOC: bool = cfg!(all(feature = "jemalloc", not(target_env = "msvc")));

/// An allocator that counts calls and bytes exactly; install it in one line:
///
/// ```
/// #[global_allocator]
/// static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();
/// # fn main() { assert!(diagnostics::AllocCounts::are_counted()); }
/// ```
///
/// Below it is jemalloc, or whatever other allocator it is put [over](Self::over). In a build without the feature
/// `jemalloc`, and with Microsoft's compiler, for which jemalloc does not build, it is [`std::alloc::System`].
///
/// It counts what goes through Rust's allocator. Memory that a C library takes from libc's `malloc`
/// (SQLite does) is in nobody's counts; [`crate::MemStats::rss`] shows it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allocator<A = Backend> {
    below: A,
}

impl Allocator {
    /// Counts what jemalloc hands out; the system's allocator where jemalloc is not built.
    #[must_use]
    pub const fn new() -> Self {
        Self::over(Backend)
    }
}

impl<A> Allocator<A> {
    /// Counts what another allocator hands out. [`crate::MemStats`] then has the counts and `rss`; what jemalloc would
    /// tell is absent.
    ///
    /// ```
    /// use std::alloc::System;
    ///
    /// #[global_allocator]
    /// static ALLOCATOR: diagnostics::Allocator<System> = diagnostics::Allocator::over(System);
    /// # fn main() { assert!(diagnostics::AllocCounts::are_counted()); }
    /// ```
    #[must_use]
    pub const fn over(below: A) -> Self {
        Self { below }
    }
}

/// Whether `A` is the jemalloc that the memory statistics read.
fn is_jemalloc<A: 'static>() -> bool {
    HAS_JEMALLOC && TypeId::of::<A>() == TypeId::of::<Backend>()
}

// SAFETY: every method hands its arguments unchanged to the `GlobalAlloc` below, which upholds the contract, and
// returns what that returned. Counting and sampling neither touch the memory nor unwind: they are wrapping arithmetic
// on atomics, on tables of their own, and on thread-locals that need no initialization. Where it claims a slot for a
// new thread it may register a thread-local destructor; should that allocate, the re-entrant call finds the claim under
// way and counts in the shared slot.
unsafe impl<A: GlobalAlloc + 'static> GlobalAlloc for Allocator<A> {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promises about `layout` are passed on.
        let pointer = unsafe { self.below.alloc(layout) };
        if !pointer.is_null() {
            allocated(layout.size(), is_jemalloc::<A>);
            heap::allocated(pointer, layout.size());
        }
        pointer
    }

    #[inline]
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // jemalloc knows which pages are zero already, so this must not become `alloc` and a fill.
        // SAFETY: the caller's promises about `layout` are passed on.
        let pointer = unsafe { self.below.alloc_zeroed(layout) };
        if !pointer.is_null() {
            allocated(layout.size(), is_jemalloc::<A>);
            heap::allocated(pointer, layout.size());
        }
        pointer
    }

    #[inline]
    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // Counted first, so that the call below is the last thing and needs no frame of its own.
        freed(layout.size(), is_jemalloc::<A>);
        heap::released(pointer);
        // SAFETY: the caller got `pointer` from this allocator with `layout`, hence from the one below.
        unsafe { self.below.dealloc(pointer, layout) };
    }

    #[inline]
    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let sample = heap::take_out(pointer);
        // SAFETY: the caller got `pointer` from this allocator with `layout`, hence from the one below,
        // and promises that `new_size` is valid.
        let moved = unsafe { self.below.realloc(pointer, layout, new_size) };
        // A failed reallocation leaves the old block as it was.
        if moved.is_null() {
            heap::put_back(sample, pointer);
        } else {
            heap::moved(sample);
            reallocated(layout.size(), new_size, is_jemalloc::<A>);
            heap::allocated(moved, new_size);
        }
        moved
    }
}
