//! What counting costs: one allocation and its release, and how much of a booking that is.
//!
//! `cargo bench -p diagnostics --bench counting`
//!
//! A pair is timed with jemalloc called directly and with the counting allocator in front of it, which is a worst case,
//! since nothing is done with the memory. How many pairs a booking has, and what a booking costs, a checkpoint's server
//! tells while `cargo load` books. A server that counts against one that does not would be the plainer comparison,
//! but what counting adds is less than what two starts of the same server differ by.
#![allow(unsafe_code)]

mod booking;

use std::alloc::{GlobalAlloc, Layout};
use std::fs;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use booking::{Result, Server};
use tikv_jemallocator::Jemalloc;

/// Bytes: the smallest class, a typical small object, a buffer, and one beyond jemalloc's small classes.
const SIZES: [usize; 4] = [16, 128, 2048, 32 * 1024];
/// The size that a booking's allocations are taken for.
const TYPICAL: usize = 128;
const BOOKINGS: u32 = 20_000;

fn main() -> ExitCode {
    booking::bench("counting", run)
}

fn run() -> Result<()> {
    println!("one allocation and its release, in nanoseconds\n");
    println!("   bytes   jemalloc    counted      added");
    let mut typical = 0.0;
    for size in SIZES {
        let [plain, counted] = pair_times(size);
        let added = counted - plain;
        println!("{size:>8} {plain:>10.2} {counted:>10.2} {added:>10.2}");
        if size == TYPICAL {
            typical = added;
        }
    }
    let (package, pairs, microseconds) = bookings()?;
    let added = pairs * typical / 1000.0;
    let share = added / microseconds * 100.0;
    println!("\na booking in {package}, release, SQLite\n");
    println!("allocations: {pairs:.0}");
    println!("processor time of the server: {microseconds:.1} us");
    println!("of it for counting: {added:.2} us, {share:.2} %");
    Ok(())
}

/// Nanoseconds of one allocation of `size` bytes and its release, without and with counting: the least of many short
/// timings, since everything that disturbs a timing makes it longer.
fn pair_times(size: usize) -> [f64; 2] {
    fn once(allocator: &impl GlobalAlloc, layout: Layout) -> Duration {
        let start = Instant::now();
        for _ in 0..PAIRS {
            // SAFETY: no size of ours is zero.
            let pointer = black_box(unsafe { allocator.alloc(black_box(layout)) });
            assert!(!pointer.is_null());
            // SAFETY: this allocator has just handed out the block with this layout.
            unsafe { allocator.dealloc(pointer, layout) };
        }
        start.elapsed()
    }
    const PAIRS: u32 = 10_000;
    let layout = Layout::array::<u8>(size).expect("a small size");
    let counting = diagnostics::Allocator::new();
    let mut least = [Duration::MAX; 2];
    for _ in 0..2000 {
        least[0] = least[0].min(once(&Jemalloc, layout));
        least[1] = least[1].min(once(&counting, layout));
    }
    least.map(|time| time.as_secs_f64() * 1e9 / f64::from(PAIRS))
}

/// The first checkpoint, how many allocations a booking makes there, and its processor time in microseconds.
fn bookings() -> Result<(String, f64, f64)> {
    let steps = fs::read_dir(booking::root().join("steps"))?;
    let steps = steps.filter_map(|step| Some(step.ok()?.path()));
    let first = steps.filter(|step| step.is_dir()).min();
    let first = first.ok_or("there is no checkpoint in steps/")?;
    let package = format!("step-{}", first.file_name().unwrap_or_default().display());
    let server = Server::start(&package)?;
    // Fills the pools and the caches.
    server.book(BOOKINGS)?;
    let (mallocs, time) = (server.mallocs()?, server.processor_time()?);
    server.book(BOOKINGS)?;
    let (mallocs, time) = (server.mallocs()? - mallocs, server.processor_time()? - time);
    let each = |total: f64| total / f64::from(BOOKINGS);
    Ok((package, each(mallocs), each(time.as_secs_f64() * 1e6)))
}
