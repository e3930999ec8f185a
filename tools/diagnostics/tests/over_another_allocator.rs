//! A program whose allocator is not jemalloc: what is counted is there, what jemalloc would tell is absent and said.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use diagnostics::memstats::measured;
use diagnostics::{AllocCounts, Allocator, MemStats};

/// Some other allocator, which shows that it is asked.
struct Other;

static ASKED: AtomicU64 = AtomicU64::new(0);

// SAFETY: it is the system's allocator, which upholds the contract, and a counter.
unsafe impl GlobalAlloc for Other {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ASKED.fetch_add(1, Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: `pointer` came from `alloc`, hence from the system.
        unsafe { System.dealloc(pointer, layout) };
    }
}

#[global_allocator]
static ALLOCATOR: Allocator<Other> = Allocator::over(Other);

#[test]
fn what_it_hands_out_is_counted_and_nothing_claimed_about_jemalloc() {
    diagnostics::install().expect("a first installation");
    assert!(AllocCounts::are_counted());
    let asked = ASKED.load(Ordering::Relaxed);
    let kept = measured(|| black_box(vec![1u8; 300])).expect("counted");
    assert!(ASKED.load(Ordering::Relaxed) > asked, "it is not below");
    assert_eq!((kept.own.mallocs, kept.own.allocated_bytes), (1, 300));

    let stats = MemStats::read().expect("statistics");
    assert!(stats.alloc >= 300 && stats.total_alloc >= stats.alloc && stats.mallocs > stats.frees);
    let absent = [
        stats.sys,
        stats.allocated,
        stats.active,
        stats.resident,
        stats.mapped,
        stats.retained,
        stats.metadata,
    ];
    assert_eq!(absent, [None; 7]);
    assert_eq!(kept.change.sys, None);
    if cfg!(target_os = "linux") {
        assert!(stats.rss > Some(0));
        assert_eq!(stats.missing.len(), 1);
    }
    let reason = if cfg!(feature = "jemalloc") {
        "is not below diagnostics::Allocator."
    } else {
        "without diagnostics' feature `jemalloc`."
    };
    assert!(
        stats.missing[0].starts_with("No `sys`") && stats.missing[0].ends_with(reason),
        "{:?}",
        stats.missing
    );

    // A reading allocates as little as with jemalloc.
    let before = AllocCounts::current_thread();
    for _ in 0..10 {
        MemStats::read().expect("statistics");
    }
    assert_eq!(
        AllocCounts::current_thread() - before,
        AllocCounts::default()
    );

    // Nobody needs a thread of jemalloc's.
    #[cfg(target_os = "linux")]
    for thread in std::fs::read_dir("/proc/self/task").expect("the list of threads") {
        let name = std::fs::read_to_string(thread.expect("a thread").path().join("comm"));
        assert!(!name.unwrap_or_default().starts_with("jemalloc"));
    }
}
