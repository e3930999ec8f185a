//! One allocation and its release, which both benchmarks time.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;

/// Allocates a block of `size` bytes, which must not be zero, and releases it.
pub fn pair(allocator: &impl GlobalAlloc, size: usize) {
    let Ok(layout) = Layout::from_size_align(black_box(size), 8) else {
        return;
    };
    // SAFETY: the callers' sizes are not zero.
    let pointer = black_box(unsafe { allocator.alloc(layout) });
    if !pointer.is_null() {
        // SAFETY: this allocator has just handed out the block with this layout.
        unsafe { allocator.dealloc(pointer, layout) };
    }
}
