//! What a profile says of allocations whose number and size are known, line by line.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use crate::pprof;
use crate::sums::{decoded, line, sums};
use crate::{alone, fetched, service};

/// Asserts that it is within ten in a hundred.
#[track_caller]
fn near(what: &str, told: [f64; 2], objects: u64, bytes: u64) {
    for (told, is) in told.into_iter().zip([objects as f64, bytes as f64]) {
        let off = (told - is) / is;
        assert!(
            off.abs() < 0.1,
            "{what}: {told} of {is}, {:.1} % off",
            off * 100.0
        );
    }
}

#[repr(align(256))]
struct Aligned(#[expect(dead_code, reason = "it is there for its size")] [u8; 256]);

type Blocks = Vec<Box<[u8]>>;

/// What is allocated here is held until it is dropped.
#[expect(clippy::vec_box, reason = "each is to be a block of its own")]
struct Held {
    small: Vec<Box<[u8; 16]>>,
    blocks: Blocks,
    aligned: Vec<Box<Aligned>>,
    grown: Vec<Vec<u8>>,
}

#[inline(never)]
fn known_sizes() -> Held {
    // What holds them is allocated here, and on no line that is looked at.
    let mut held = Held {
        small: Vec::with_capacity(160_000),
        blocks: Vec::with_capacity(6_020),
        aligned: Vec::with_capacity(20_000),
        grown: Vec::with_capacity(4_000),
    };
    for _ in 0..160_000 {
        held.small.push(black_box(Box::new([1; 16]))); // 16 bytes
    }
    for _ in 0..6_000 {
        let zeroed = vec![0; 1000].into_boxed_slice(); // zeroed
        held.blocks.push(black_box(zeroed));
    }
    for _ in 0..20_000 {
        held.aligned.push(black_box(Box::new(Aligned([1; 256])))); // over-aligned
    }
    for _ in 0..4_000 {
        let mut grown: Vec<u8> = Vec::with_capacity(100); // before it grows
        grown.push(1);
        grown.reserve_exact(black_box(2_999)); // grown
        held.grown.push(grown);
    }
    for _ in 0..20 {
        let large = vec![1; 1 << 20].into_boxed_slice(); // 1 MiB
        held.blocks.push(black_box(large));
    }
    held
}

#[test]
fn counts_and_bytes_of_each_line_are_right() {
    let Some(pprof) = pprof::needed() else { return };
    let _alone = alone();
    service();
    let held = known_sizes();
    let profile = fetched("heap");
    let line = |of, text| line(&pprof, &profile, of, "known_sizes", text);
    for of in ["alloc", "inuse"] {
        near("16 bytes", line(of, "// 16 bytes"), 160_000, 16 * 160_000);
        near("zeroed", line(of, "// zeroed"), 6_000, 1000 * 6_000);
        near("aligned", line(of, "// over-aligned"), 20_000, 256 * 20_000);
        near("grown", line(of, "// grown"), 4_000, 3_000 * 4_000);
        assert_eq!(line(of, "// 1 MiB"), [20.0, f64::from(20 << 20)], "{of}");
    }
    assert_eq!(line("inuse", "// before it grows"), [0.0; 2]);
    assert!(line("alloc", "// before it grows")[0] > 1000.0);

    drop(held);
    let profile = decoded(&fetched("heap"));
    let [objects, bytes, used_objects, used_bytes] = sums(&profile, "accuracy::known_sizes");
    assert!(objects > 150_000 && bytes > 30 << 20, "{objects}, {bytes}");
    assert_eq!((used_objects, used_bytes), (0, 0), "what is freed is gone");
}

#[inline(never)]
fn allocated_by_two() -> Blocks {
    let mut blocks = Blocks::with_capacity(6_000);
    for _ in 0..6_000 {
        blocks.push(vec![1; 600].into_boxed_slice()); // by two threads
    }
    blocks
}

#[test]
fn what_two_threads_allocate_and_a_third_frees_is_one_line() {
    let Some(pprof) = pprof::needed() else { return };
    let _alone = alone();
    service();
    let (send, receive) = mpsc::channel();
    let by_two: Vec<_> = (0..2)
        .map(|_| {
            let send = send.clone();
            thread::spawn(move || send.send(allocated_by_two()))
        })
        .collect();
    for thread in by_two {
        let sent = thread.join().expect("no panic");
        sent.expect("somebody receives");
    }
    let profile = fetched("heap");
    let told = line(
        &pprof,
        &profile,
        "inuse",
        "allocated_by_two",
        "// by two threads",
    );
    near("by two threads", told, 12_000, 600 * 12_000);

    let third = thread::spawn(move || receive.try_iter().map(drop).count());
    assert_eq!(third.join().expect("no panic"), 2);
    let [_, bytes, used_objects, used_bytes] =
        sums(&decoded(&fetched("heap")), "accuracy::allocated_by_two");
    assert!(bytes > 600 * 10_000, "{bytes}");
    assert_eq!((used_objects, used_bytes), (0, 0));
}

static LEFT: Mutex<Blocks> = Mutex::new(Blocks::new());

struct AllocatesAtTheEnd;

impl Drop for AllocatesAtTheEnd {
    #[inline(never)]
    fn drop(&mut self) {
        let mut left = LEFT.lock().unwrap_or_else(PoisonError::into_inner);
        for _ in 0..100 {
            left.push(vec![1; 700].into_boxed_slice()); // at a thread's end
        }
    }
}

/// A thread's last allocations are made by its thread-locals' destructors, and may be its first ones.
#[test]
fn allocations_of_a_threads_end_are_seen() {
    thread_local! {
        static LAST: RefCell<Option<AllocatesAtTheEnd>> = const { RefCell::new(None) };
    }
    let Some(pprof) = pprof::needed() else { return };
    let _alone = alone();
    service();
    LEFT.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .reserve(6_000);
    for _ in 0..60 {
        let ends = || LAST.with(|last| *last.borrow_mut() = Some(AllocatesAtTheEnd));
        thread::spawn(ends).join().expect("no panic");
    }
    let profile = fetched("heap");
    let told = line(
        &pprof,
        &profile,
        "inuse",
        "AllocatesAtTheEnd",
        "// at a thread's end",
    );
    near("at a thread's end", told, 6_000, 700 * 6_000);
    LEFT.lock().unwrap_or_else(PoisonError::into_inner).clear();
    assert_eq!(
        sums(
            &decoded(&fetched("heap")),
            "AllocatesAtTheEnd as core::ops::drop::Drop>::drop"
        )[2..],
        [0, 0]
    );
}
