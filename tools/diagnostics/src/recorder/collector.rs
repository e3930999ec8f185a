//! The recorder's own thread: it counts ten times a second, looks for polls that take too long, and gives back what the
//! recorder no longer needs.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::clock::Scale;
use super::dumps;
use super::record::{Counter, Event};
use crate::{AllocCounts, memstats, thread, watch};

/// How often it counts.
const EVERY: Duration = Duration::from_millis(100);

/// From then on it is known what a tick is.
const KNOWN: Duration = Duration::from_millis(500);

/// Starts it, unless it runs.
pub(super) fn start() -> io::Result<()> {
    static RUNS: Mutex<bool> = Mutex::new(false);
    let mut runs = RUNS.lock().unwrap_or_else(PoisonError::into_inner);
    if !*runs {
        thread::spawn("diagnostics-rec", run)?;
        *runs = true;
    }
    Ok(())
}

fn run() {
    let started = Instant::now();
    let (mut counted, mut stuck) = (started, Vec::new());
    loop {
        sleep(dumps::watch_every().unwrap_or(EVERY).min(EVERY));
        let is_known = started.elapsed() >= KNOWN;
        if is_known {
            dumps::watch(&mut stuck);
        }
        if counted.elapsed() >= EVERY {
            counted = Instant::now();
            super::trim();
            count();
            if is_known {
                dumps::learn(&Scale::now());
            }
        }
    }
}

/// What is not known is not written.
fn count() {
    let Some(time) = super::now() else { return };
    let write = |which, first, second| {
        super::write(Event::Count {
            time,
            which,
            first,
            second,
        });
    };
    if let Some(totals) = watch::totals() {
        write(Counter::Tasks, totals.tasks_alive, totals.queued);
        if let Some((threads, queued)) = totals.blocking {
            write(Counter::Blocking, threads, queued);
        }
    }
    if AllocCounts::are_counted() {
        let counts = AllocCounts::process();
        write(Counter::Heap, counts.allocated_bytes, counts.freed_bytes);
        let allocated = counts.live_bytes();
        write(Counter::Memory, allocated, memstats::rss().unwrap_or(0));
    }
}
