//! The process's counts are exact. It is a program without a test harness, since every other thread's
//! allocations would be in the counts too.

use std::hint::black_box;
use std::sync::{Arc, Barrier, mpsc};
use std::thread;

use diagnostics::AllocCounts;

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

/// More threads than there are slots (1024), so that some share one.
const THREADS: usize = 1100;

fn main() {
    assert!(AllocCounts::are_counted());
    one_vector();
    reallocation();
    nothing_for_nothing();
    zeroed();
    freed_by_another_thread();
    many_threads_at_once();
    threads_that_have_ended();
    destructors_of_thread_locals();
    println!("8 checks of exact counts passed");
}

/// Allocations, releases, reallocations, bytes allocated, bytes freed.
type Figures = [u64; 5];

fn figures(counts: AllocCounts) -> Figures {
    let AllocCounts {
        mallocs,
        frees,
        reallocs,
        allocated_bytes,
        freed_bytes,
        ..
    } = counts;
    [mallocs, frees, reallocs, allocated_bytes, freed_bytes]
}

/// What `work` does to the counts of the process, which must be what it does to those of this thread.
fn counts(work: impl FnOnce()) -> Figures {
    let (process, own) = (AllocCounts::process(), AllocCounts::current_thread());
    work();
    let own = AllocCounts::current_thread() - own;
    let process = AllocCounts::process() - process;
    assert_eq!(process, own);
    figures(own)
}

fn one_vector() {
    let made = counts(|| drop(black_box(Vec::<u64>::with_capacity(1000))));
    assert_eq!(made, [1, 1, 0, 8000, 8000]);
    let reading = counts(|| {
        black_box(AllocCounts::process());
    });
    assert_eq!(reading, [0; 5], "reading the counts allocates");
}

fn reallocation() {
    let mut bytes: Vec<u8> = Vec::with_capacity(100);
    let grown = counts(|| {
        bytes.push(1);
        bytes.reserve_exact(black_box(999));
    });
    assert_eq!(grown, [1, 1, 1, 1000, 100]);
    let shrunk = counts(|| bytes.shrink_to_fit());
    assert_eq!(shrunk, [1, 1, 1, 1, 1000]);
    assert_eq!(counts(|| drop(bytes)), [0, 1, 0, 0, 1]);
}

fn nothing_for_nothing() {
    let made = counts(|| {
        let mut units = black_box(Vec::<()>::new());
        units.resize(1000, ());
        drop(black_box(Box::new(())));
        drop(black_box(String::new()));
        drop(units);
    });
    assert_eq!(made, [0; 5]);
}

fn zeroed() {
    let mut bytes = Vec::new();
    let made = counts(|| bytes = black_box(vec![0u8; 1 << 20]));
    assert_eq!(made, [1, 0, 0, 1 << 20, 0]);
    assert!(bytes.iter().all(|&byte| byte == 0));
    drop(bytes);
}

fn freed_by_another_thread() {
    let (sender, receiver) = mpsc::sync_channel::<Vec<u8>>(1);
    let (ready, is_ready) = mpsc::sync_channel::<AllocCounts>(1);
    let thread = thread::spawn(move || {
        let block = receiver.recv().expect("a block");
        let before = AllocCounts::current_thread();
        drop(block);
        let change = AllocCounts::current_thread() - before;
        ready.send(change).expect("the other side waits");
    });
    let block = vec![7u8; 12345];
    let before = AllocCounts::current_thread();
    sender.send(block).expect("the thread waits");
    let there = is_ready.recv().expect("the thread answers");
    thread.join().expect("the thread ends");
    assert_eq!(figures(there), [0, 1, 0, 0, 12345]);
    let here = AllocCounts::current_thread() - before;
    assert!(
        here.freed_bytes < 12345,
        "the release was counted here: {here:?}"
    );
}

/// Each thread keeps one block of 1000 bytes and releases one of 500, all of them alive at once.
fn many_threads_at_once() {
    let gates = Arc::new([(); 4].map(|()| Barrier::new(THREADS + 1)));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let gates = Arc::clone(&gates);
            thread::Builder::new()
                // Small for the sake of the address space; an unoptimized jemalloc needs over 64 KiB.
                .stack_size(512 * 1024)
                .spawn(move || {
                    // Takes the slot, whatever that costs, before the counting begins.
                    drop(black_box(Box::new(0u8)));
                    let [ready, start, done, end] = &*gates;
                    ready.wait();
                    start.wait();
                    let own = AllocCounts::current_thread();
                    let kept = black_box(vec![1u8; 1000]);
                    drop(black_box(vec![1u8; 500]));
                    let own = AllocCounts::current_thread() - own;
                    done.wait();
                    end.wait();
                    drop(kept);
                    own
                })
                .expect("a thread")
        })
        .collect();
    let [ready, start, done, end] = &*gates;
    ready.wait();
    let before = AllocCounts::process();
    start.wait();
    done.wait();
    let change = AllocCounts::process() - before;
    end.wait();
    let many = THREADS as u64;
    assert_eq!(
        figures(change),
        [2 * many, many, 0, 1500 * many, 500 * many]
    );
    for thread in threads {
        let own = thread.join().expect("the thread ends");
        assert_eq!(figures(own), [2, 1, 0, 1500, 500]);
    }
}

/// Starting and ending a thread allocates by itself, always the same: what comes on top is the work.
fn threads_that_have_ended() {
    let run = |blocks: usize| {
        let before = AllocCounts::process();
        for _ in 0..50 {
            let work = move || (0..blocks).for_each(|_| drop(black_box(vec![1u8; 300])));
            thread::spawn(work).join().expect("the thread ends");
        }
        AllocCounts::process() - before
    };
    run(0);
    let idle = run(0);
    let busy = run(200);
    assert_eq!(
        figures(busy - idle),
        [10_000, 10_000, 0, 3_000_000, 3_000_000]
    );
}

/// A thread-local's destructor that allocates while its thread ends, before or after the slot was given back.
fn destructors_of_thread_locals() {
    struct Last;
    impl Drop for Last {
        fn drop(&mut self) {
            drop(black_box(vec![1u8; 777]));
        }
    }
    thread_local!(static LAST: Last = const { Last });
    let run = |touch: bool| {
        let before = AllocCounts::process();
        let work = move || {
            if touch {
                LAST.with(|_| ());
            }
            drop(black_box(Box::new(0u8)));
            if touch {
                LAST.with(|_| ());
            }
        };
        thread::spawn(work).join().expect("the thread ends");
        AllocCounts::process() - before
    };
    run(true);
    let without = run(false);
    let with = run(true);
    assert_eq!(figures(with - without), [1, 1, 0, 777, 777]);
}
