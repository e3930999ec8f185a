//! Allocations of 64 bytes and their releases.

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::ptr;
use std::time::{Duration, Instant};

pub const PAIRS: u32 = 10_000;

/// As many blocks at once as a request may have, so that releases look at different words.
const AT_ONCE: usize = 100;

/// How long so many pairs take.
pub fn pairs(allocator: &impl GlobalAlloc) -> Duration {
    let layout = Layout::new::<[u64; 8]>();
    let mut blocks = [ptr::null_mut(); AT_ONCE];
    let start = Instant::now();
    for _ in 0..PAIRS as usize / AT_ONCE {
        for block in &mut blocks {
            // SAFETY: the size is not zero.
            *block = black_box(unsafe { allocator.alloc(black_box(layout)) });
        }
        for block in blocks {
            // SAFETY: this allocator has just handed out the block with this layout.
            unsafe { allocator.dealloc(black_box(block), layout) };
        }
    }
    start.elapsed()
}
