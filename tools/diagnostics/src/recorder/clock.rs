//! The time, as cheap as it can be had: the processor's counter where the kernel itself keeps time by it, else the
//! kernel's clock.
//!
//! Records have *ticks*. What a tick is, is found out when they are read: by then the counter and the kernel's clock have
//! both gone on since the recorder was started.
#![allow(unsafe_code)]

use std::fs;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::sampling::clock::Clock;

/// Where Linux says by what it keeps time.
const KEPT_BY: &str = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

const KERNEL: u8 = 0;
const COUNTER: u8 = 1;

static SOURCE: AtomicU8 = AtomicU8::new(KERNEL);

/// The same moment on both clocks.
#[derive(Debug, Clone, Copy)]
struct Moment {
    ticks: u64,
    nanoseconds: u64,
}

static FIRST: OnceLock<Moment> = OnceLock::new();

/// Chooses the clock, once, before anything is recorded.
pub(super) fn choose() {
    FIRST.get_or_init(|| {
        let kept_by = fs::read_to_string(KEPT_BY).unwrap_or_default();
        if counter::is_called(kept_by.trim_end()) {
            SOURCE.store(COUNTER, Ordering::Relaxed);
        }
        moment()
    });
}

/// What the ticks are of, for whoever reads the records.
pub(crate) fn name() -> &'static str {
    match SOURCE.load(Ordering::Relaxed) {
        COUNTER => counter::NAME,
        _ => "the kernel's monotonic clock",
    }
}

/// Ticks. They do not fall, on one thread and across threads.
#[inline]
pub(crate) fn now() -> u64 {
    if SOURCE.load(Ordering::Relaxed) == COUNTER {
        counter::read()
    } else {
        kernel()
    }
}

/// Nanoseconds of the kernel's monotonic clock.
fn kernel() -> u64 {
    let now = Clock::PASSING.read().unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX)
}

/// The quickest of some readings: the thread may be interrupted between the two clocks.
fn moment() -> Moment {
    let readings = (0..8).map(|_| {
        let (before, nanoseconds, after) = (now(), kernel(), now());
        let took = after - before;
        (
            took,
            Moment {
                ticks: before + took / 2,
                nanoseconds,
            },
        )
    });
    let quickest = readings.min_by_key(|&(took, _)| took);
    quickest.map_or(
        Moment {
            ticks: 0,
            nanoseconds: 0,
        },
        |(_, moment)| moment,
    )
}

/// Turns ticks into the kernel's monotonic time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scale {
    last: Moment,
    /// Nanoseconds of a tick.
    tick: f64,
}

impl Scale {
    /// As far as is known by now: the longer the recorder has run, the better.
    pub(crate) fn now() -> Self {
        let last = moment();
        let first = FIRST.get().copied().unwrap_or(last);
        let tick = if SOURCE.load(Ordering::Relaxed) == KERNEL || last.ticks == first.ticks {
            1.0
        } else {
            (last.nanoseconds - first.nanoseconds) as f64 / (last.ticks - first.ticks) as f64
        };
        Self { last, tick }
    }

    /// Nanoseconds of the kernel's monotonic clock.
    pub(crate) fn nanoseconds(&self, ticks: u64) -> u64 {
        let since = ticks as i128 - self.last.ticks as i128;
        let nanoseconds = i128::from(self.last.nanoseconds) + (since as f64 * self.tick) as i128;
        u64::try_from(nanoseconds).unwrap_or(0)
    }

    /// How long so many ticks take, in nanoseconds.
    pub(crate) fn duration(&self, ticks: u64) -> u64 {
        (ticks as f64 * self.tick) as u64
    }

    /// How many ticks take so long.
    pub(crate) fn ticks(&self, nanoseconds: u64) -> u64 {
        (nanoseconds as f64 / self.tick) as u64
    }
}

#[cfg(target_arch = "x86_64")]
mod counter {
    pub(super) const NAME: &str = "the processor's time stamp counter";

    /// The kernel keeps time by it only where it is constant, does not stop, and is the same on all processors.
    pub(super) fn is_called(name: &str) -> bool {
        name == "tsc"
    }

    #[inline]
    pub(super) fn read() -> u64 {
        // SAFETY: every x86-64 has it, and Linux lets programs read it unless a program has asked for the opposite.
        unsafe { std::arch::x86_64::_rdtsc() }
    }
}

#[cfg(target_arch = "aarch64")]
mod counter {
    pub(super) const NAME: &str = "the processor's virtual counter";

    pub(super) fn is_called(name: &str) -> bool {
        name == "arch_sys_counter"
    }

    #[inline]
    pub(super) fn read() -> u64 {
        let ticks: u64;
        // SAFETY: Linux lets programs read it, as its own vDSO does.
        unsafe { std::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack)) };
        ticks
    }
}

#[cfg(test)]
mod tests {
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;

    /// Ticks, and moments before and after.
    fn between() -> (Instant, u64, Instant) {
        (Instant::now(), now(), Instant::now())
    }

    #[test]
    fn ticks_become_the_time_that_passed() {
        choose();
        let (before, ticks, after) = between();
        thread::sleep(Duration::from_millis(50));
        let (later_before, later, later_after) = between();
        let scale = Scale::now();
        let measured = Duration::from_nanos(scale.nanoseconds(later) - scale.nanoseconds(ticks));
        let (shortest, longest) = (later_before - after, later_after - before);
        let off = longest / 500;
        assert!(
            shortest < measured + off && measured < longest + off,
            "{measured:?} is not from {shortest:?} to {longest:?}"
        );
        let nanoseconds = measured.as_nanos() as u64;
        assert!(scale.duration(later - ticks).abs_diff(nanoseconds) < 1000);
        assert!(scale.ticks(nanoseconds).abs_diff(later - ticks) < 10_000);
    }
}
