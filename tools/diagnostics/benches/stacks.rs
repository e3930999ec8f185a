//! What reading all stacks does to the service: how long each thread is held, and the throughput before, meanwhile and
//! after.
//!
//! `cargo bench -p diagnostics --bench stacks`
//!
//! A thread that does nothing but look at the clock sees each time in which it was held, whatever held it: the signal, the
//! walk, memory that the one who reads takes and gives back. Where the kernel has given its processor to somebody else
//! meanwhile, which it counts, that time is nobody's here; the same without readings tells what else there is.
//!
//! Two servers of the same program book in turn, so that whatever else changes meanwhile changes both. One of them is asked
//! a hundred times and more while it books.
#![allow(unsafe_code)]

mod booking;

use std::array;
use std::ffi::{c_int, c_void};
use std::hint::black_box;
use std::mem::MaybeUninit;
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use booking::{Result, Server, get};

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

const PAGE: &str = "/debug/pprof/stack";
const READINGS: usize = 100;

/// What is shorter is no pause.
const PAUSE: Duration = Duration::from_nanos(500);

/// More calls than a stack has frames for.
const CALLS: usize = 600;

/// The kinds of stacks, and who is on them.
const THREADS: [(&str, fn()); 5] = [
    ("one function", looks_at_the_clock),
    ("600 calls", || calls(CALLS)),
    ("600 calls of 10 KiB each", || large_calls(CALLS)),
    ("600 calls from libc", || calls_from_libc(CALLS)),
    ("memory that comes and goes", takes_memory),
];

/// The checkpoint of the chapter on the agent.
const PACKAGE: &str = "step-07-agent-inspection";
const BOOKINGS: u32 = 5_000;
/// So many that there are more than a hundred readings.
const PAIRS: usize = 50;
const BETWEEN_READINGS: Duration = Duration::from_millis(50);

/// The thread that is looked at is to end.
static ENDS: AtomicBool = AtomicBool::new(false);
/// The longest time in which it was held since that was last asked, in nanoseconds.
static LONGEST: AtomicU64 = AtomicU64::new(0);

fn main() -> ExitCode {
    booking::bench("stacks", || pauses().and_then(|()| throughput()))
}

fn pauses() -> Result<()> {
    let listening = diagnostics::install()?.listen(([127, 0, 0, 1], 0).into());
    let address = listening.http?.to_string();
    println!(
        "how long a thread is held at most while all stacks are read, in microseconds, of {READINGS} readings\n"
    );
    println!("its stack                         median    longest   without: median    longest");
    for (name, thread) in THREADS {
        ENDS.store(false, Ordering::Relaxed);
        let thread = thread::Builder::new().stack_size(16 << 20).spawn(thread)?;
        let (mut with, mut without) = (Vec::new(), Vec::new());
        for _ in 0..READINGS {
            let start = Instant::now();
            with.push(longest(|| get(&address, PAGE).map(drop))?);
            let took = start.elapsed();
            without.push(longest(|| {
                sleep(took);
                Ok(())
            })?);
        }
        ENDS.store(true, Ordering::Relaxed);
        let _ = thread.join();
        let [a, b, c, d] = [(&with, 2), (&with, 4), (&without, 2), (&without, 4)]
            .map(|(times, quarter)| booking::quartile(times, quarter));
        println!("{name:<30} {a:>9.1} {b:>10.1} {c:>17.1} {d:>10.1}");
    }
    Ok(())
}

/// The longest time in which the thread was held meanwhile, in microseconds.
fn longest(work: impl FnOnce() -> Result<()>) -> Result<f64> {
    LONGEST.store(0, Ordering::Relaxed);
    work()?;
    Ok(LONGEST.load(Ordering::Relaxed) as f64 / 1e3)
}

/// Until it is to end.
#[inline(never)]
fn looks_at_the_clock() {
    watch(|| {});
}

fn watch(mut work: impl FnMut()) {
    let mut switches = taken_away();
    let mut last = Instant::now();
    while !ENDS.load(Ordering::Relaxed) {
        work();
        let now = Instant::now();
        let held = now - last;
        last = now;
        if held > PAUSE {
            let now = taken_away();
            if now == switches {
                LONGEST.fetch_max(held.as_nanos() as u64, Ordering::Relaxed);
            }
            switches = now;
            last = Instant::now();
        }
    }
}

/// How often this thread has lost its processor to another one.
fn taken_away() -> i64 {
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: it writes a whole `rusage`, for which all zeros are valid, too.
    unsafe {
        libc::getrusage(libc::RUSAGE_THREAD, usage.as_mut_ptr());
        usage.assume_init().ru_nivcsw
    }
}

fn takes_memory() {
    watch(|| drop(black_box(vec![1_u8; 16 << 10])));
}

#[inline(never)]
fn calls(more: usize) {
    match more {
        0 => looks_at_the_clock(),
        _ => calls(more - 1),
    }
    // Not the last thing that it does, or there would be no frame.
    black_box(more);
}

#[inline(never)]
fn large_calls(more: usize) {
    let room = black_box([more as u8; 10 << 10]);
    match more {
        0 => looks_at_the_clock(),
        _ => large_calls(more - 1),
    }
    black_box(room);
}

/// Each call is a comparison of two numbers that libc sorts, so that every second frame is its own.
#[inline(never)]
fn calls_from_libc(more: usize) {
    extern "C" fn compare(one: *const c_void, _other: *const c_void) -> c_int {
        // SAFETY: they are the numbers below, of which one is `more`.
        match unsafe { *one.cast::<usize>() } {
            0 => looks_at_the_clock(),
            more => calls_from_libc(more - 1),
        }
        0
    }
    let mut numbers: [usize; 2] = array::from_fn(|_| more);
    // SAFETY: so many elements of this size, which are ours.
    unsafe {
        let size = size_of::<usize>();
        libc::qsort(
            numbers.as_mut_ptr().cast(),
            numbers.len(),
            size,
            Some(compare),
        );
    }
}

fn throughput() -> Result<()> {
    let (other, asked) = (Server::start(PACKAGE)?, Server::start(PACKAGE)?);
    for server in [&other, &asked] {
        // Fills the pools and the caches.
        server.book(10 * BOOKINGS)?;
    }
    println!("\nbookings in a second in {PACKAGE}, release, SQLite, in {PAIRS} turns each\n");
    println!(
        "the second is asked           first     second   second, %: quarter     median      three"
    );
    let before = compare("not yet", &other, || asked.throughput(BOOKINGS))?;
    let mut readings = 0;
    compare("meanwhile", &other, || {
        let (throughput, more) = while_asked(&asked)?;
        readings += more;
        Ok(throughput)
    })?;
    let after = compare(&format!("after {readings} readings"), &other, || {
        asked.throughput(BOOKINGS)
    })?;
    println!("\nafter, of before: {:.1} %", after / before * 100.0);
    Ok(())
}

/// Has two servers book in turn, and gives how much the second does of what the first does, at the median.
fn compare(when: &str, first: &Server, mut second: impl FnMut() -> Result<f64>) -> Result<f64> {
    let mut columns = [const { Vec::new() }; 3];
    for turn in 0..PAIRS {
        // Who comes first changes from turn to turn.
        let (first, second) = match turn % 2 {
            0 => (first.throughput(BOOKINGS)?, second()?),
            _ => {
                let second = second()?;
                (first.throughput(BOOKINGS)?, second)
            }
        };
        let row = [first, second, second / first * 100.0];
        columns
            .iter_mut()
            .zip(row)
            .for_each(|(column, value)| column.push(value));
    }
    let [first, second, share] = &columns;
    let [first, second] = [first, second].map(|column| booking::quartile(column, 2));
    // How far the quartiles are apart tells how much of a difference is the machine's.
    let [quarter, median, three] = [1, 2, 3].map(|quarter| booking::quartile(share, quarter));
    println!(
        "{when:<22} {first:>12.0} {second:>10.0} {quarter:>20.1} {median:>10.1} {three:>10.1}"
    );
    Ok(median)
}

/// The throughput while the server is asked again and again, and how often that was.
fn while_asked(server: &Server) -> Result<(f64, usize)> {
    let booked = AtomicBool::new(false);
    thread::scope(|scope| {
        let readings = scope.spawn(|| {
            let mut readings = 0;
            while !booked.load(Ordering::Relaxed) {
                get(&server.debug_address, PAGE).map_err(|error| error.to_string())?;
                readings += 1;
                sleep(BETWEEN_READINGS);
            }
            Ok::<_, String>(readings)
        });
        let throughput = server.throughput(BOOKINGS);
        booked.store(true, Ordering::Relaxed);
        let readings = readings.join().map_err(|_| "the one who asks panicked")??;
        Ok((throughput?, readings))
    })
}
