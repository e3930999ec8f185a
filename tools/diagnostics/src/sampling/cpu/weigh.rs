//! What a sample stands for, in nanoseconds.

use std::time::Duration;

/// From how many expiries on a thread's own clock tells better what each of them stands for than the timer's period
/// does. With fewer, the part of a period at its beginning and end would count too much.
const ENOUGH: u64 = 20;

/// Nanoseconds for each expiry of a thread that did so much in all.
///
/// Linux notices expiries at its own ticks, 100 to 1000 a second, and so some are late and a few are missed; samples
/// may be dropped, too. The thread's clock makes up for both. Of a thread that has ended, the clock shows too little;
/// less than the period it cannot be.
pub(super) fn nanoseconds(time: Duration, expiries: u64, period: Duration) -> f64 {
    let period = period.as_nanos() as f64;
    if expiries < ENOUGH {
        return period;
    }
    (time.as_nanos() as f64 / expiries as f64).max(period)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_samples_add_up_to_the_clock_and_few_to_periods() {
        let period = Duration::from_millis(10);
        let second = Duration::from_secs(1);
        assert_eq!(nanoseconds(second, 80, period) * 80.0, 1e9);
        assert_eq!(nanoseconds(Duration::from_millis(25), 2, period), 1e7);
        // It ended half a second after its clock was last read.
        assert_eq!(nanoseconds(second / 2, 100, period), 1e7);
        assert_eq!(nanoseconds(Duration::ZERO, 0, period), 1e7);
    }
}
