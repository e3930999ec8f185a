//! When a thread takes its next sample.
//!
//! The bytes to it are drawn anew after each sample, from an exponential distribution: so each byte has the same
//! chance, whatever came before, and no pattern of the program's keeps step with the samples.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes after which a thread looks again whether there is a sampler by now.
const LOOK_AGAIN: i64 = 64 << 10;

thread_local! {
    /// Without a destructor and without lazy initialization: it is there from a thread's first allocation to its last
    /// one, in the destructors of its other thread-locals.
    static THREAD: Thread = const {
        Thread { left: Cell::new(0), random: Cell::new(0), left_out: Cell::new(false) }
    };
}

struct Thread {
    /// Bytes that may still be allocated without a sample.
    left: Cell<i64>,
    /// The state of the random numbers. Zero: nothing was drawn yet.
    random: Cell<u64>,
    left_out: Cell<bool>,
}

/// What a thread does when its countdown has expired.
#[derive(Clone, Copy)]
pub(super) enum Next {
    /// It samples, and goes on with a new interval of so many bytes on average.
    After(u64),
    LookAgain,
    Never,
}

/// Counts down, and tells whether that was all.
#[inline]
pub(super) fn expires(bytes: usize) -> bool {
    THREAD.with(|thread| {
        // A size fits: a block is no larger than `isize::MAX`, and what is left was not below zero.
        let left = thread.left.get().wrapping_sub(bytes as i64);
        thread.left.set(left);
        left < 0
    })
}

/// Draws a new interval, and tells whether the allocation that has ended the last one is to be sampled.
pub(super) fn next(next: Next) -> bool {
    THREAD.with(|thread| {
        let mean = match next {
            Next::After(mean) => mean,
            Next::LookAgain => {
                thread.left.set(LOOK_AGAIN);
                return false;
            }
            Next::Never => {
                thread.left.set(i64::MAX);
                return false;
            }
        };
        if thread.random.get() == 0 {
            thread.random.set(seed());
            // Until now it was not counting down to anything. Its first allocation is as likely to be sampled as any
            // other.
            let left = thread.left.get().saturating_add(thread.draw(mean));
            thread.left.set(left);
            if left >= 0 {
                return false;
            }
        }
        // A thread that is left out draws too: otherwise each of its further allocations would come here.
        thread.left.set(thread.draw(mean));
        !thread.left_out.get()
    })
}

/// The calling thread has a sampler now, and need not find out by itself.
pub(super) fn begin() {
    THREAD.with(|thread| thread.left.set(0));
}

/// Nothing that the calling thread allocates meanwhile is sampled: the diagnostics' own memory is in no profile.
pub(crate) fn left_out<T>(work: impl FnOnce() -> T) -> T {
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            THREAD.with(|thread| thread.left_out.set(self.0));
        }
    }
    let _before = Before(THREAD.with(|thread| thread.left_out.replace(true)));
    work()
}

impl Thread {
    /// Bytes to the next sample, exponentially distributed.
    fn draw(&self, mean: u64) -> i64 {
        // xorshift64*, whose upper bits are good.
        let mut state = self.random.get();
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        self.random.set(state);
        let bits = state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11;
        // In (0, 1].
        let uniform = (bits + 1) as f64 / (1u64 << 53) as f64;
        (-uniform.ln() * mean as f64) as i64
    }
}

/// Different for each thread, and in each process as far as its addresses are. Never zero.
fn seed() -> u64 {
    static THREADS: AtomicU64 = AtomicU64::new(0);
    const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;
    let number = THREADS.fetch_add(1, Ordering::Relaxed) + 1;
    let place = THREAD.with(|thread| (&raw const thread.left).addr()) as u64;
    // SplitMix64, which makes all bits depend on each.
    let mut mixed = place.wrapping_add(number.wrapping_mul(GOLDEN));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (mixed ^ (mixed >> 31)) | 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_exponential() {
        const MEAN: u64 = 1000;
        const DRAWN: usize = 100_000;
        let thread = Thread {
            left: Cell::new(0),
            random: Cell::new(seed()),
            left_out: Cell::new(false),
        };
        let drawn: Vec<_> = (0..DRAWN).map(|_| thread.draw(MEAN)).collect();
        let mean = drawn.iter().sum::<i64>() as f64 / DRAWN as f64;
        assert!((980.0..1020.0).contains(&mean), "{mean}");
        // Of an exponential distribution so much lies below a tenth of the mean, below it, and below its threefold.
        for (below, share) in [(100, 0.095), (1000, 0.632), (3000, 0.950)] {
            let counted = drawn.iter().filter(|drawn| **drawn < below).count() as f64;
            let off = counted / DRAWN as f64 - share;
            assert!(off.abs() < 0.01, "{below}: {off}");
        }
        assert!(drawn.iter().all(|drawn| *drawn >= 0));
    }
}
