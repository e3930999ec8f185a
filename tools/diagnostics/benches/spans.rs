//! What labels and the flight recorder cost: entering and leaving a span, and its whole life, beside a subscriber without
//! the diagnostics' layer.
//!
//! `cargo bench -p diagnostics --bench spans`
//!
//! Within a task's poll, as in a service: there a thread keeps its chunk of the recorder's memory from one record to the
//! next. The least of many short timings, since everything that disturbs a timing makes it longer.

#![allow(unsafe_code)]

mod booking;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use booking::Result;
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, Span, debug_span};
use tracing_subscriber::Layer;
use tracing_subscriber::prelude::*;

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

const SPANS: u32 = 1000;
const TIMINGS: usize = 5000;

/// Timings of each kind in turn.
const EACH: usize = 50;

/// A recorder's size that the processor's caches hold, as they hold what a service has just written.
const RECORDER: u64 = 512 * 1024;

fn main() -> ExitCode {
    booking::bench("spans", run)
}

type Open = fn() -> Span;
type Time = fn(Open) -> Duration;

/// A layer with a filter, as the diagnostics' is, which does nothing.
struct Nothing;

impl<S: tracing::Subscriber> Layer<S> for Nothing {}

fn run() -> Result<()> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    diagnostics::hook(&mut builder, diagnostics::Hooks::new());
    let runtime = builder.build()?;
    let without = Nothing.with_filter(LevelFilter::DEBUG);
    let without: Dispatch = tracing_subscriber::registry().with(without).into();
    let with: Dispatch = tracing_subscriber::registry()
        .with(diagnostics::layer())
        .into();
    // The subscriber, and the recorder's size.
    let kinds = [(&without, 0), (&with, 0), (&with, RECORDER)];
    println!(
        "one span, in nanoseconds; a reading of the clock is {:.1}\n",
        clock()
    );
    println!("                                 without    labels      added   recorded     on top");
    let rows: [(&str, Open, Time); 4] = [
        ("entered and left, no route", plain, entered),
        ("entered and left, a route", request, entered),
        ("opened and closed, no route", plain, lived),
        ("opened and closed, a route", request, lived),
    ];
    for (name, open, time) in rows {
        let mut best = [Duration::MAX; 3];
        for _ in 0..TIMINGS / EACH {
            for (best, (subscriber, recorder)) in best.iter_mut().zip(kinds) {
                diagnostics::flight_recorder().resize(recorder)?;
                let subscriber = subscriber.clone();
                let timings = async move {
                    let timings = (0..EACH)
                        .map(|_| tracing::dispatcher::with_default(&subscriber, || time(open)));
                    timings.min().unwrap_or(Duration::MAX)
                };
                let spawned = async { tokio::spawn(timings).await };
                *best = runtime.block_on(spawned)?.min(*best);
            }
        }
        let [without, labels, recorded] =
            best.map(|time| time.as_secs_f64() * 1e9 / f64::from(SPANS));
        println!(
            "{name:<30} {without:>9.1} {labels:>9.1} {:>10.1} {recorded:>10.1} {:>10.1}",
            labels - without,
            recorded - labels
        );
    }
    Ok(())
}

/// The clock of the recorder's own, which is read twice for what is entered and left, and for what is opened and closed.
#[cfg(target_arch = "x86_64")]
fn clock() -> f64 {
    let timings = (0..TIMINGS).map(|_| {
        let start = Instant::now();
        for _ in 0..SPANS {
            // SAFETY: every x86-64 has it.
            black_box(unsafe { std::arch::x86_64::_rdtsc() });
        }
        start.elapsed()
    });
    let least = timings.min().unwrap_or_default();
    least.as_secs_f64() * 1e9 / f64::from(SPANS)
}

#[cfg(not(target_arch = "x86_64"))]
fn clock() -> f64 {
    f64::NAN
}

fn plain() -> Span {
    debug_span!("plain", number = 1)
}

fn request() -> Span {
    debug_span!("request", route = "/rooms/{id}")
}

fn entered(open: Open) -> Duration {
    let span = open();
    let start = Instant::now();
    for _ in 0..SPANS {
        drop(black_box(span.enter()));
    }
    start.elapsed()
}

fn lived(open: Open) -> Duration {
    let start = Instant::now();
    for _ in 0..SPANS {
        drop(black_box(open()));
    }
    start.elapsed()
}
