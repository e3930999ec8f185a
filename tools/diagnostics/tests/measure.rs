//! What a measured piece of work did on its own thread, which other tests cannot disturb.

use std::future::poll_fn;
use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::thread;

use diagnostics::AllocCounts;
use diagnostics::memstats::{self, measured, measured_async};

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

/// Pending once, so that whoever polls gets to do something else.
async fn pause() {
    let mut paused = false;
    poll_fn(|_| {
        if std::mem::replace(&mut paused, true) {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}

/// Allocations, releases, bytes allocated, bytes freed.
fn figures(own: AllocCounts) -> [u64; 4] {
    [own.mallocs, own.frees, own.allocated_bytes, own.freed_bytes]
}

#[test]
fn an_empty_closure_allocates_nothing() {
    for _ in 0..3 {
        assert_eq!(figures(measured(|| ()).expect("counted").own), [0, 0, 0, 0]);
    }
}

#[test]
fn a_vector_is_counted_to_the_byte() {
    let kept = measured(|| black_box(Vec::<u64>::with_capacity(1000))).expect("counted");
    assert_eq!(kept.value.capacity(), 1000);
    assert_eq!(figures(kept.own), [1, 0, 8000, 0]);

    let vector = kept.value;
    let dropped = measured(move || drop(vector)).expect("counted");
    assert_eq!(figures(dropped.own), [0, 1, 0, 8000]);

    let grown = measured(|| {
        let mut bytes = black_box(Vec::<u8>::with_capacity(10));
        bytes.reserve_exact(black_box(50));
    });
    let grown = grown.expect("counted").own;
    assert_eq!((grown.mallocs, grown.frees, grown.reallocs), (2, 2, 1));
    assert_eq!((grown.allocated_bytes, grown.freed_bytes), (60, 60));
}

#[test]
fn the_readings_and_their_difference_fit_together() {
    let measured = measured(|| black_box(vec![1u8; 100_000])).expect("counted");
    assert_eq!(measured.change, measured.after - measured.before);
    // Other tests may run meanwhile: the process has this at least.
    assert!(measured.change.total_alloc >= 100_000 && measured.change.mallocs >= 1);

    let backwards = measured.before - measured.after;
    assert_eq!(backwards.total_alloc, 0);
    assert_eq!(backwards.alloc, -measured.change.alloc);
    assert_eq!(backwards.sys, measured.change.sys.map(|by| -by));
}

#[test]
fn a_future_is_counted_across_await_points_and_threads() {
    let held = black_box(vec![1u8; 700]);
    let mut run = Box::pin(measured_async(async move {
        let first = black_box(vec![1u8; 1000]);
        pause().await;
        let second = black_box(vec![1u8; 2000]);
        pause().await;
        drop(first);
        black_box(&held);
        second
    }));
    // The first poll here, each of the others on a thread of its own, and other work between them.
    let first = run.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(first.is_pending());
    drop(black_box(vec![1u8; 50_000]));
    let mut polled_elsewhere = || {
        thread::scope(|scope| {
            let poll = || run.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            scope.spawn(poll).join().expect("the poll ends")
        })
    };
    assert!(polled_elsewhere().is_pending());
    let Poll::Ready(done) = polled_elsewhere() else {
        panic!("two pauses, three polls")
    };
    let done = done.expect("counted");
    assert_eq!(done.value.len(), 2000);
    // Made: 1000 and 2000. Released: the first, and what the future had captured.
    assert_eq!(figures(done.own), [2, 2, 3000, 1700]);
    assert!(done.change.total_alloc >= 53_000, "{:?}", done.change);
}

#[test]
fn a_future_is_released_within_its_measurement() {
    let held = black_box(vec![1u8; 300]);
    // It does not consume what it captured: that goes when the future does.
    let done = poll_fn(move |_| Poll::Ready(black_box(&held).len()));
    let Poll::Ready(done) =
        pin!(measured_async(done)).poll(&mut Context::from_waker(Waker::noop()))
    else {
        panic!("it never waits")
    };
    let done = done.expect("counted");
    assert_eq!((done.value, figures(done.own)), (300, [0, 1, 0, 300]));
}

#[test]
fn a_measured_future_is_twice_as_large_and_little_more() {
    let large = [1u8; 10_000];
    let work = async move {
        pause().await;
        black_box(&large).len()
    };
    let size = size_of_val(&work);
    assert!(size >= 10_000);
    let measured = memstats::measure_async("large", work);
    assert!(size_of_val(&measured) < 2 * size + 1000);
}

#[tokio::test]
async fn tokio_runs_a_measured_future() {
    let value = memstats::measure_async("yields", async {
        tokio::task::yield_now().await;
        41 + 1
    });
    assert_eq!(value.await, 42);

    let own = measured_async(async {
        let block = black_box(Box::new([0u8; 64]));
        tokio::task::yield_now().await;
        drop(block);
    });
    let own = own.await.expect("counted").own;
    assert!(own.mallocs >= 1 && own.allocated_bytes >= 64, "{own:?}");
}

#[test]
fn an_inner_measurement_is_part_of_the_outer_one_and_adds_nothing() {
    let outer = measured(|| {
        let one = black_box(vec![1u8; 10]);
        let inner = measured(|| black_box(vec![1u8; 200])).expect("counted");
        (one, inner)
    });
    let outer = outer.expect("counted");
    let (_, inner) = &outer.value;
    assert_eq!(figures(inner.own), [1, 0, 200, 0]);
    assert_eq!(figures(outer.own), [2, 0, 210, 0]);
    assert!(inner.before.total_alloc >= outer.before.total_alloc);
    assert!(inner.after.total_alloc <= outer.after.total_alloc);
}

#[test]
fn a_panic_reaches_the_caller() {
    let caught = catch_unwind(|| measured(|| resume_unwind(Box::new("the work's own"))));
    let payload = caught.map(|_: Result<_, _>| ()).expect_err("it panicked");
    assert_eq!(payload.downcast_ref(), Some(&"the work's own"));

    let caught = catch_unwind(AssertUnwindSafe(|| {
        let run = memstats::measure_async("panics", async { resume_unwind(Box::new(7u8)) });
        let _: Poll<()> = pin!(run).poll(&mut Context::from_waker(Waker::noop()));
    }));
    assert_eq!(caught.expect_err("it panicked").downcast_ref(), Some(&7u8));
    // Measuring goes on as before.
    assert_eq!(figures(measured(|| ()).expect("counted").own), [0, 0, 0, 0]);
}

#[test]
fn as_json_it_is_the_measurement_without_the_value() {
    struct NotSerializable;
    let measured = measured(|| NotSerializable).expect("counted");
    let json = serde_json::to_value(&measured).expect("JSON");
    let mut fields: Vec<&String> = json.as_object().expect("an object").keys().collect();
    fields.sort();
    assert_eq!(fields, ["after", "before", "change", "own"]);
    assert_eq!(json["before"]["total_alloc"], measured.before.total_alloc);
    assert_eq!(json["change"]["sys"].as_i64(), measured.change.sys);
    assert_eq!(json["own"]["mallocs"], 0);
}
