//! `MemStats` while other threads allocate.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use diagnostics::{AllocCounts, MemStats};

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

#[test]
fn a_reading_is_consistent_while_threads_allocate() {
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for size in [100, 3_000, 70_000] {
            let stop = &stop;
            scope.spawn(move || {
                let mut kept = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    kept.push(vec![1u8; size]);
                    if kept.len() > 50 {
                        kept.clear();
                    }
                }
            });
        }
        let mut last = MemStats::read().expect("statistics");
        for _ in 0..500 {
            let now = MemStats::read().expect("statistics");
            assert_eq!(now.alloc, now.total_alloc - now.freed);
            assert_eq!(now.objects, now.mallocs - now.frees);
            let level = |told: Option<u64>| told.expect("jemalloc tells it");
            assert_eq!(level(now.sys), level(now.mapped) + level(now.retained));
            assert!(now.total_alloc >= last.total_alloc && now.freed >= last.freed);
            assert!(now.mallocs >= last.mallocs && now.frees >= last.frees);
            assert!(now.reallocs <= now.mallocs && now.reallocs <= now.frees);
            assert!(
                level(now.active) <= level(now.mapped) && level(now.metadata) <= level(now.mapped)
            );
            // The threads keep 51 blocks each at most; far less than a wrapped counter.
            assert!(now.alloc < 1 << 30, "{now:?}");
            last = now;
        }
        stop.store(true, Ordering::Relaxed);
    });
}

#[test]
fn a_large_block_shows_in_every_view_of_the_heap() {
    const BLOCK: usize = 64 << 20;
    let before = MemStats::read().expect("statistics");
    let block = std::hint::black_box(vec![1u8; BLOCK]);
    let during = MemStats::read().expect("statistics");
    let change = during - before;
    for (name, grown) in [
        ("alloc", Some(change.alloc)),
        ("total_alloc", Some(change.total_alloc.cast_signed())),
        ("allocated", change.allocated),
        ("active", change.active),
        ("resident", change.resident),
    ] {
        // The other test's threads hold a few megabytes that may go meanwhile.
        assert!(
            grown > Some(BLOCK as i64 / 10 * 9),
            "{name} grew by {grown:?}"
        );
    }
    if cfg!(target_os = "linux") {
        assert!(during.rss.expect("Linux tells it") > BLOCK as u64);
    }
    drop(block);
    let after = MemStats::read().expect("statistics");
    assert!(after.alloc < during.alloc - BLOCK as u64 / 10 * 9);
    assert!(after.total_alloc >= during.total_alloc);
}

#[test]
fn a_reading_allocates_nothing() {
    MemStats::read().expect("statistics");
    let before = AllocCounts::current_thread();
    for _ in 0..10 {
        MemStats::read().expect("statistics");
    }
    assert_eq!(
        AllocCounts::current_thread() - before,
        AllocCounts::default()
    );
}

#[test]
fn every_field_is_a_number_in_json() {
    let stats = MemStats::read().expect("statistics");
    let json = serde_json::to_value(stats).expect("JSON");
    let fields = json.as_object().expect("an object");
    assert_eq!(fields.len(), 16);
    let is_number = |name: &str| fields[name].is_u64() || name == "missing" || name == "rss";
    assert!(fields.keys().all(|name| is_number(name)), "{json}");
    assert_eq!(json["alloc"], stats.alloc);
    if cfg!(target_os = "linux") {
        assert!(stats.rss.is_some());
        assert_eq!(stats.missing.len(), 0, "{:?}", stats.missing);
    }
}
