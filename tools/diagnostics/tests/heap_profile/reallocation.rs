//! Reallocations over an allocator that does what is rare elsewhere: it hands the old address out before it comes back,
//! or fails.

use std::alloc::{GlobalAlloc, Layout, System};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use diagnostics::Allocator;

use crate::sums::{decoded, sums};
use crate::{alone, fetched, service};

/// Many intervals, so that each block is sampled.
const BLOCK: Layout = match Layout::from_size_align(64 << 10, 16) {
    Ok(layout) => layout,
    Err(_) => panic!("a layout"),
};

struct Odd;

static ODD: Allocator<Odd> = Allocator::over(Odd);

static FAILS: AtomicBool = AtomicBool::new(false);

/// The address that is handed out next.
static NEXT: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

/// What got the old block's address while that was being reallocated.
static REUSED: AtomicPtr<u8> = AtomicPtr::new(ptr::null_mut());

// SAFETY: blocks come from the system's allocator and never go back; the address that is handed out again is that of a
// block that was reallocated.
unsafe impl GlobalAlloc for Odd {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let next = NEXT.swap(ptr::null_mut(), Ordering::Relaxed);
        if !next.is_null() {
            return next;
        }
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}

    unsafe fn realloc(&self, old: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        if FAILS.load(Ordering::Relaxed) {
            return ptr::null_mut();
        }
        // SAFETY: the size is not zero, and the alignment is the old block's.
        let new = unsafe { System.alloc(Layout::from_size_align_unchecked(size, layout.align())) };
        NEXT.store(old, Ordering::Relaxed);
        REUSED.store(allocated_meanwhile(), Ordering::Relaxed);
        new
    }
}

#[inline(never)]
fn allocated_meanwhile() -> *mut u8 {
    // SAFETY: the layout's size is not zero.
    unsafe { ODD.alloc(BLOCK) }
}

#[inline(never)]
fn allocated_first() -> *mut u8 {
    // SAFETY: the layout's size is not zero.
    unsafe { ODD.alloc(BLOCK) }
}

#[inline(never)]
fn reallocated(block: *mut u8) -> *mut u8 {
    // SAFETY: the block comes from this allocator, with this layout.
    unsafe { ODD.realloc(block, BLOCK, 2 * BLOCK.size()) }
}

fn released(block: *mut u8, size: usize) {
    let layout = Layout::from_size_align(size, BLOCK.align()).expect("a layout");
    // SAFETY: the block comes from this allocator, with this layout.
    unsafe { ODD.dealloc(block, layout) };
}

/// Objects and bytes in use.
fn used(function: &str) -> [i64; 2] {
    let profile = decoded(&fetched("heap"));
    let [_, _, objects, bytes] = sums(&profile, &format!("reallocation::{function}"));
    [objects, bytes]
}

#[test]
fn an_address_that_is_reused_meanwhile_and_a_block_that_cannot_grow() {
    let _alone = alone();
    service();
    let size = BLOCK.size() as i64;
    let first = allocated_first();
    assert_eq!(used("allocated_first"), [1, size]);

    let moved = reallocated(first);
    assert!(!moved.is_null() && moved != first);
    let reused = REUSED.load(Ordering::Relaxed);
    assert_eq!(reused, first, "the address was handed out again");
    // The block that was allocated while the other one moved is called from inside the reallocation.
    assert_eq!(used("allocated_first"), [0, 0]);
    assert_eq!(used("allocated_meanwhile"), [1, size]);
    assert_eq!(used("reallocated"), [2, 3 * size]);

    FAILS.store(true, Ordering::Relaxed);
    // SAFETY: the block comes from this allocator, with this layout.
    let failed = unsafe { ODD.realloc(reused, BLOCK, 2 * BLOCK.size()) };
    FAILS.store(false, Ordering::Relaxed);
    assert!(failed.is_null());
    assert_eq!(used("allocated_meanwhile"), [1, size], "it is as it was");

    released(reused, BLOCK.size());
    released(moved, 2 * BLOCK.size());
    for function in ["allocated_first", "allocated_meanwhile", "reallocated"] {
        assert_eq!(used(function), [0, 0], "{function}");
    }
}
