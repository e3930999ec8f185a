//! What the flight recorder costs, and others that record the same: dial9 the polls of tasks, tracing-chrome spans.
//!
//! ```text
//! cargo run --release --manifest-path tools/diagnostics/benches/beside/Cargo.toml --target-dir target/beside
//! ```
//!
//! Processor time of all threads, since all but ours leave work to another one; the least of many timings, since
//! everything that disturbs a timing makes it longer.

use std::error::Error;
use std::hint::black_box;
use std::io;

use cpu_time::ProcessTime;
use diagnostics::{Hooks, flight_recorder};
use dial9_tokio_telemetry::telemetry::{
    Dial9HandleTokioExt as _, MemoryBuffer, TokioAttachOptions, recorder,
};
use tokio::runtime::{Builder, Runtime};
use tokio::task::yield_now;
use tracing::level_filters::LevelFilter;
use tracing::{Dispatch, debug_span};
use tracing_chrome::{ChromeLayerBuilder, TraceStyle};
use tracing_subscriber::Layer;
use tracing_subscriber::prelude::*;

const POLLS: u32 = 200_000;
const SPANS: u32 = 50_000;
const TIMINGS: usize = 40;

/// What is recorded in one timing has room; it is more than the processor's caches hold.
const SIZE: u64 = 8 << 20;

fn main() -> Result<(), Box<dyn Error>> {
    println!("processor time in nanoseconds, and what is added by recording it\n");
    polls()?;
    println!();
    spans()
}

fn polls() -> Result<(), Box<dyn Error>> {
    let mut builder = builder();
    let plain = builder.build()?;
    let installed = diagnostics::install_with(diagnostics::Options::default().recorder_size(0))?;
    let hooked = hooked()?;
    flight_recorder().resize(SIZE)?;
    let recorded = self::hooked()?;
    let dial9 = recorder(MemoryBuffer::new(SIZE)?).build();
    let options = TokioAttachOptions::builder().task_tracking_enabled(true);
    let by_dial9 = dial9
        .handle()
        .attach_tokio_runtime(self::builder(), options.build())?;

    let kinds = [
        ("plain tokio", &plain, 0),
        ("diagnostics, recorder off", &hooked, 0),
        ("diagnostics, recorder on", &recorded, SIZE),
        ("dial9", &by_dial9, 0),
    ];
    let mut best = [f64::MAX; 4];
    for _ in 0..TIMINGS {
        for (best, &(_, runtime, size)) in best.iter_mut().zip(&kinds) {
            flight_recorder().resize(size)?;
            // The first time through, its memory comes from the operating system.
            poll(runtime);
            *best = best.min(each(POLLS, || poll(runtime)));
        }
    }
    table("a poll", &kinds.map(|(name, ..)| name), &best);
    let _ = installed;
    Ok(())
}

/// One worker, so that no poll waits for another.
fn builder() -> Builder {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).enable_all();
    builder
}

fn hooked() -> io::Result<Runtime> {
    let mut builder = builder();
    diagnostics::hook(&mut builder, Hooks::new());
    builder.build()
}

fn poll(runtime: &Runtime) {
    runtime.block_on(async {
        let task = tokio::spawn(async {
            for _ in 0..POLLS {
                yield_now().await;
            }
        });
        task.await.expect("no panic");
    });
}

/// A layer with a filter, as ours is, which does nothing.
struct Nothing;

impl<S: tracing::Subscriber> Layer<S> for Nothing {}

fn spans() -> Result<(), Box<dyn Error>> {
    let runtime = hooked()?;
    let nothing = Nothing.with_filter(LevelFilter::DEBUG);
    let nothing: Dispatch = tracing_subscriber::registry().with(nothing).into();
    let ours: Dispatch = tracing_subscriber::registry()
        .with(diagnostics::layer())
        .into();

    let names = [
        "a layer that does nothing",
        "diagnostics, recorder off",
        "diagnostics, recorder on",
        "tracing-chrome",
    ];
    let kinds: [(u64, &dyn Fn()); 4] = [
        (0, &|| open_and_close(&runtime, &nothing)),
        (0, &|| open_and_close(&runtime, &ours)),
        (SIZE, &|| open_and_close(&runtime, &ours)),
        (0, &chrome),
    ];
    let mut best = [f64::MAX; 4];
    for _ in 0..TIMINGS {
        for (best, (size, work)) in best.iter_mut().zip(kinds) {
            flight_recorder().resize(size)?;
            work();
            *best = best.min(each(SPANS, work));
        }
    }
    table("a span, opened, entered once and closed", &names, &best);
    Ok(())
}

/// It leaves the writing to a thread, which has ended when its guard is dropped.
fn chrome() {
    // A thread keeps what the first of these layers has given it.
    let runtime = builder().build().expect("a runtime");
    let layer = ChromeLayerBuilder::new().trace_style(TraceStyle::Async);
    let (layer, guard) = layer.writer(io::sink()).build();
    let subscriber = tracing_subscriber::registry().with(layer).into();
    open_and_close(&runtime, &subscriber);
    drop(guard);
}

/// In a task's poll, as in a service.
fn open_and_close(runtime: &Runtime, subscriber: &Dispatch) {
    let subscriber = subscriber.clone();
    let spans = async move {
        tracing::dispatcher::with_default(&subscriber, || {
            for number in 0..SPANS {
                let span = debug_span!("statement", number);
                drop(black_box(span.enter()));
            }
        });
    };
    let task = async { tokio::spawn(spans).await };
    runtime.block_on(task).expect("no panic");
}

/// Nanoseconds of processor time for each of so many.
fn each(times: u32, work: impl FnOnce()) -> f64 {
    let before = ProcessTime::now();
    work();
    before.elapsed().as_secs_f64() * 1e9 / f64::from(times)
}

fn table(what: &str, names: &[&str], times: &[f64]) {
    println!("{what:<42} {:>6} {:>8}", "", "added");
    for (name, time) in names.iter().zip(times) {
        println!("{name:<42} {time:>6.1} {:>8.1}", time - times[0]);
    }
}
