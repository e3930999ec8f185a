//! What an allocation of 64 bytes and its release cost: in jemalloc alone, with jemalloc's own sampling, and with ours.
//!
//! ```text
//! cargo run --release --manifest-path tools/diagnostics/benches/beside/Cargo.toml --target-dir target/beside --bin heap
//! ```
//!
//! jemalloc is told at its start whether it samples, and a process has one sampler of ours. So each row is a process of its own,
//! and the least of many timings, since everything that disturbs one makes it longer. The rows come in turn.
#![allow(unsafe_code)]

#[path = "../../../pairs/mod.rs"]
mod pairs;

use std::alloc::GlobalAlloc;
use std::env;
use std::error::Error;
use std::process::Command;
use std::time::Duration;

use diagnostics::{Allocator, Options};
use pairs::{PAIRS, pairs};
use tikv_jemallocator::Jemalloc;

/// One sample in 512 KiB, as ours. `prof` alone has the code look whether it is active.
const ROWS: [(&str, &str, bool); 4] = [
    ("jemalloc", "prof:false", false),
    (
        "jemalloc, its sampling paused",
        "prof:true,prof_active:false,lg_prof_sample:19",
        false,
    ),
    (
        "jemalloc, its own sampling",
        "prof:true,prof_active:true,lg_prof_sample:19",
        false,
    ),
    ("counted and sampled by diagnostics", "prof:false", true),
];

/// The row that a process measures.
const ROW: &str = "BESIDE_ROW";

const PROCESSES: usize = 7;
const TIMINGS: usize = 2_000;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator::new();

fn main() -> Result<(), Box<dyn Error>> {
    let row = env::var(ROW).ok().and_then(|row| row.parse::<usize>().ok());
    if let Some(&(.., ours)) = row.and_then(|row| ROWS.get(row)) {
        let least = match ours {
            true => {
                diagnostics::install_with(Options::default().heap_sample_interval(512 << 10))?;
                least(&ALLOCATOR)
            }
            false => least(&Jemalloc),
        };
        println!("{}", least.as_secs_f64() * 1e9 / f64::from(PAIRS));
        return Ok(());
    }
    let mut best = [f64::INFINITY; ROWS.len()];
    for _ in 0..PROCESSES {
        for (row, best) in best.iter_mut().enumerate() {
            let mut process = Command::new(env::current_exe()?);
            process.env(ROW, row.to_string());
            let ran = process.env("_RJEM_MALLOC_CONF", ROWS[row].1).output()?;
            let printed = String::from_utf8(ran.stdout)?;
            *best = best.min(printed.trim().parse()?);
        }
    }
    println!("one allocation of 64 bytes and its release, in nanoseconds\n");
    println!("{:<42} {:>6} {:>8}", "", "", "added");
    for ((name, ..), time) in ROWS.iter().zip(best) {
        println!("{name:<42} {time:>6.2} {:>8.2}", time - best[0]);
    }
    Ok(())
}

fn least(allocator: &impl GlobalAlloc) -> Duration {
    (0..TIMINGS)
        .map(|_| pairs(allocator))
        .min()
        .unwrap_or_default()
}
