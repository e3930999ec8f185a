//! The figures of the process are exact when nothing else runs, and `measure` prints them. It is a program
//! without a test harness, whose threads would be in the figures, and which prints on standard output too.
//!
//! With an argument it is the program whose print is looked at.

use std::env;
use std::hint::black_box;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::task::{Context, Poll, Waker};

use diagnostics::memstats::{Measured, measure, measure_async, measured, measured_async};

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

fn main() {
    match env::args().nth(1).as_deref() {
        Some("print") => print(),
        Some("print to nobody") => print_to_nobody(),
        _ => {
            nothing_happens_between_the_readings();
            blocks_are_counted_to_the_byte();
            a_nested_print_adds_nothing_after_the_first();
            the_print_says_what_happened();
            a_closed_output_harms_nothing();
            println!("5 checks of measured work passed");
        }
    }
}

/// Runs a future that never waits.
fn finish<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("the future waits"),
    }
}

/// Calls and bytes of the process, which must be those of the thread.
fn figures<T>(measured: &Measured<T>) -> (u64, u64, u64, i64) {
    let (change, own) = (measured.change, measured.own);
    assert_eq!(
        (change.mallocs, change.frees, change.reallocs),
        (own.mallocs, own.frees, own.reallocs)
    );
    assert_eq!(
        (change.total_alloc, change.freed),
        (own.allocated_bytes, own.freed_bytes)
    );
    assert_eq!(change.objects, change.mallocs as i64 - change.frees as i64);
    (
        change.mallocs,
        change.frees,
        change.total_alloc,
        change.alloc,
    )
}

/// The first of all included: what a first reading has to set up lies before it.
fn nothing_happens_between_the_readings() {
    for _ in 0..3 {
        let nothing = measured(|| ()).expect("counted");
        assert_eq!(figures(&nothing), (0, 0, 0, 0));
        let nothing = finish(measured_async(async {})).expect("counted");
        assert_eq!(figures(&nothing), (0, 0, 0, 0));
    }
}

fn blocks_are_counted_to_the_byte() {
    let kept = measured(|| black_box(Vec::<u64>::with_capacity(1000))).expect("counted");
    assert_eq!(figures(&kept), (1, 0, 8000, 8000));
    let released = measured(|| drop(kept.value)).expect("counted");
    assert_eq!(figures(&released), (0, 1, 0, -8000));
    let kept = finish(measured_async(async { black_box(vec![1u8; 777]) })).expect("counted");
    assert_eq!(figures(&kept), (1, 0, 777, 777));

    let large = measured(|| black_box(vec![1u8; 64 << 20])).expect("counted");
    assert_eq!(figures(&large), (1, 0, 64 << 20, 64 << 20));
    for (name, change) in [
        ("allocated", large.change.allocated),
        ("active", large.change.active),
        ("resident", large.change.resident),
    ] {
        assert!(change > Some(60 << 20), "{name} changed by {change:?}");
    }
}

fn a_nested_print_adds_nothing_after_the_first() {
    measure("the first print makes standard output's buffer", || ());
    let outer = measured(|| measure("an inner one", || black_box(vec![1u8; 300])));
    assert_eq!(figures(&outer.expect("counted")), (1, 0, 300, 300));
}

fn print() {
    let value = measure("migrate and seed", || black_box(vec![1u64; 1000]));
    assert_eq!(value.len(), 1000);
    finish(measure_async("and its release", async { drop(value) }));

    let mut given_up = Box::pin(measure_async("given up", std::future::pending::<()>()));
    let poll = given_up
        .as_mut()
        .poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll.is_pending());
}

fn the_print_says_what_happened() {
    let child = Command::new(env::current_exe().expect("this program"))
        .arg("print")
        .output()
        .expect("it runs");
    let printed = String::from_utf8(child.stdout).expect("text");
    assert!(child.status.success(), "{printed}");

    let (first, second) = printed
        .split_once("and its release\n\nBefore:\n")
        .expect("two measurements");
    assert!(first.starts_with("migrate and seed\n\nBefore:\n\nAlloc = "));
    assert!(!second.contains("given up"), "{printed}");
    let thread = "\nDifference, on the thread that did the work:\n\n";
    assert!(
        first.contains(&format!(
            "{thread}Alloc = +7.8 KiB (+8,000 bytes)\nTotalAlloc = +7.8 KiB (+8,000 bytes)\n\
             Mallocs = +1\nFrees = 0\n"
        )),
        "{printed}"
    );
    assert!(
        second.contains(&format!(
            "{thread}Alloc = -7.8 KiB (-8,000 bytes)\nTotalAlloc = 0 B (0 bytes)\n\
             Mallocs = 0\nFrees = +1\n"
        )),
        "{printed}"
    );
}

fn print_to_nobody() {
    let value = measure("migrate and seed", || 42);
    std::process::exit(value);
}

fn a_closed_output_harms_nothing() {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    let child = Command::new(env::current_exe().expect("this program"))
        .arg("print to nobody")
        .stdout(writer)
        .stderr(Stdio::piped())
        .output()
        .expect("it runs");
    let said = String::from_utf8_lossy(&child.stderr);
    assert_eq!(child.status.code(), Some(42), "{said}");
    assert_eq!(said, "");
}
