//! The recorder's own thread: it counts ten times a second, and gives back what the recorder no longer needs.

use std::io;
use std::sync::{Mutex, PoisonError};
use std::thread::sleep;
use std::time::Duration;

use super::record::{Counter, Event};
use crate::{AllocCounts, memstats, thread, watch};

/// How often it counts.
const EVERY: Duration = Duration::from_millis(100);

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
    loop {
        sleep(EVERY);
        if let Some(pool) = super::pool() {
            pool.trim();
        }
        count();
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
        let allocated = AllocCounts::process().live_bytes();
        write(Counter::Memory, allocated, memstats::rss().unwrap_or(0));
    }
}
