//! What heap samples cost: one allocation of 64 bytes and its release, and processor time per booking, without a
//! sampler and with one.
//!
//! `cargo bench -p diagnostics --bench sampling`
//!
//! Nothing is done with the memory of a pair, so that is a worst case. A process has one sampler, so each row is a
//! process of its own, and the least of many: what disturbs a timing makes it longer. How much each release has to look
//! at depends on how many sampled blocks are in use. These blocks have addresses and no memory, since 100,000 of them
//! stand for 50 GB.
//!
//! Two servers book in turn, one of which samples, so that whatever else changes meanwhile changes both.
#![allow(unsafe_code)]

mod booking;
mod pairs;

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::process::{Command, ExitCode};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use std::{env, ptr};

use booking::{Result, Server};
use diagnostics::{Allocator, Options};
use pairs::{PAIRS, pairs};
use tikv_jemallocator::Jemalloc;

/// What each row is called, the setting, and how many sampled blocks are in use; the first is not installed.
const ROWS: [(&str, Option<u64>, usize); 5] = [
    ("nothing installed", None, 0),
    ("switched off", Some(0), 0),
    ("no block in use", Some(512 << 10), 0),
    ("1,000 in use", Some(512 << 10), 1_000),
    ("100,000 in use", Some(512 << 10), 100_000),
];

/// The row that a process measures.
const ROW: &str = "DIAGNOSTICS_BENCH_ROW";

const PROCESSES: usize = 5;

/// The checkpoint in which chapter 5 profiles.
const PACKAGE: &str = "step-05-profiles";
const BOOKINGS: u32 = 10_000;
const TURNS: usize = 7;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator::new();

fn main() -> ExitCode {
    booking::bench("sampling", || {
        let row = env::var(ROW).ok().and_then(|row| row.parse().ok());
        match row.and_then(|row: usize| ROWS.get(row)) {
            Some((_, interval, in_use)) => measure(*interval, *in_use),
            None => compare().and_then(|()| bookings()),
        }
    })
}

fn compare() -> Result<()> {
    println!("one allocation of 64 bytes and its release, in nanoseconds\n");
    println!("heap samples          jemalloc   counted, sampled      added");
    let mut best = [[f64::INFINITY; 2]; ROWS.len()];
    for _ in 0..PROCESSES {
        for (row, best) in best.iter_mut().enumerate() {
            let mut process = Command::new(env::current_exe()?);
            let ran = process.arg("--bench").env(ROW, row.to_string()).output()?;
            let printed = String::from_utf8(ran.stdout)?;
            let times = printed.split_whitespace().map(str::parse::<f64>);
            for (best, time) in best.iter_mut().zip(times) {
                *best = best.min(time?);
            }
        }
    }
    for ((name, ..), [bare, sampled]) in ROWS.iter().zip(best) {
        println!(
            "{name:<20} {bare:>9.2} {sampled:>18.2} {:>10.2}",
            sampled - bare
        );
    }
    Ok(())
}

fn measure(interval: Option<u64>, in_use: usize) -> Result<()> {
    if let Some(interval) = interval {
        diagnostics::install_with(Options::default().heap_sample_interval(interval))?;
    }
    let addresses = Allocator::over(Addresses);
    // So many intervals that each block is sampled.
    let large = Layout::from_size_align(64 << 20, 64)?;
    for _ in 0..in_use {
        // SAFETY: the size is not zero, and nobody uses the memory.
        black_box(unsafe { addresses.alloc(large) });
    }
    let mut least = [Duration::MAX; 2];
    for _ in 0..2000 {
        least[0] = least[0].min(pairs(&Jemalloc));
        least[1] = least[1].min(pairs(&ALLOCATOR));
    }
    for time in least {
        println!("{}", time.as_secs_f64() * 1e9 / f64::from(PAIRS));
    }
    Ok(())
}

fn bookings() -> Result<()> {
    let servers = [
        Server::start_with(PACKAGE, &["--heap-sample-interval=0"])?,
        Server::start_with(PACKAGE, &[])?,
    ];
    for server in &servers {
        // Fills the pools and the caches.
        server.book(BOOKINGS)?;
    }
    println!("\nprocessor time of a booking in {PACKAGE}, release, SQLite, in microseconds\n");
    println!("turn   without   with samples");
    let mut columns = [const { Vec::new() }; 2];
    for turn in 1..=TURNS {
        for (server, column) in servers.iter().zip(&mut columns) {
            let before = server.processor_time()?;
            server.book(BOOKINGS)?;
            let took = server.processor_time()? - before;
            column.push(took.as_secs_f64() * 1e6 / f64::from(BOOKINGS));
        }
        let [without, with] = [0, 1].map(|column: usize| columns[column][turn - 1]);
        println!("{turn:>4} {without:>9.1} {with:>14.1}");
    }
    let [without, with] = columns.map(|mut column| {
        column.sort_by(f64::total_cmp);
        column[TURNS / 2]
    });
    let added = (with / without - 1.0) * 100.0;
    println!("\nmedian {without:>7.1} {with:>14.1}: {added:+.2} %");
    Ok(())
}

/// Hands out addresses without memory.
struct Addresses;

// SAFETY: it breaks the contract, since nothing is behind what it hands out; this benchmark touches none of it.
unsafe impl GlobalAlloc for Addresses {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Where no process on Linux has memory.
        static NEXT: AtomicUsize = AtomicUsize::new(1 << 60);
        ptr::without_provenance_mut(NEXT.fetch_add(layout.size(), Ordering::Relaxed))
    }

    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
