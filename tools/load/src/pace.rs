//! When a worker may send its next request: the difference between a closed and an open loop.

use std::cell::Cell;
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// Hands the numbers of the requests out to the workers.
#[derive(Debug)]
pub struct Pace {
    requests: u64,
    next: Cell<u64>,
    /// Absent in a closed loop.
    open: Option<OpenLoop>,
}

/// A request that is to be sent now.
#[derive(Debug)]
pub struct Turn {
    /// Which one.
    pub index: u64,
    /// When it should have been sent; absent in a closed loop, where a request is due when it is sent.
    pub due: Option<Instant>,
}

#[derive(Debug)]
struct OpenLoop {
    schedule: Schedule,
    /// One permit for each request that is due and not yet taken by a worker; closed after the last one.
    permits: Arc<Semaphore>,
}

#[derive(Debug, Clone, Copy)]
struct Schedule {
    start: Instant,
    requests: u64,
    /// Per second.
    rate: f64,
}

impl Pace {
    /// With a rate, so many requests become due per second from now on, whether or not a worker is free; without, a
    /// request is due as soon as a worker is free.
    pub fn new(requests: u64, rate: Option<f64>) -> Self {
        let open = rate.map(|rate| {
            let schedule = Schedule {
                start: Instant::now(),
                requests,
                rate,
            };
            let permits = Arc::new(Semaphore::new(0));
            let weak = Arc::downgrade(&permits);
            thread::spawn(move || schedule.release(&weak));
            OpenLoop { schedule, permits }
        });
        Self {
            requests,
            next: Cell::new(0),
            open,
        }
    }

    /// Waits for the next request that is due; `None` after the last one.
    pub async fn next(&self) -> Option<Turn> {
        if let Some(open) = &self.open {
            open.permits.acquire().await.ok()?.forget();
        }
        let index = self.next.get();
        if index >= self.requests {
            return None;
        }
        self.next.set(index + 1);
        if let Some(open) = &self.open
            && index + 1 == self.requests
        {
            open.permits.close();
        }
        Some(self.turn(index))
    }

    /// The requests that were due by `now` and that no worker has taken.
    pub fn waiting(&self, now: Instant) -> impl Iterator<Item = Turn> {
        let open = self.open.as_ref();
        let due = open.map_or(0, |open| open.schedule.due_by(now));
        (self.next.get()..due).map(|index| self.turn(index))
    }

    fn turn(&self, index: u64) -> Turn {
        let open = self.open.as_ref();
        Turn {
            index,
            due: open.map(|open| open.schedule.due(index)),
        }
    }
}

impl Schedule {
    fn due(&self, index: u64) -> Instant {
        self.start + Duration::from_secs_f64(index as f64 / self.rate)
    }

    /// How many requests are due by `now`.
    fn due_by(&self, now: Instant) -> u64 {
        let estimate = (now - self.start).as_secs_f64() * self.rate;
        // One less, since what is rounded up would be sent too early.
        let mut count = (estimate as u64).saturating_sub(1).min(self.requests);
        while count < self.requests && self.due(count) <= now {
            count += 1;
        }
        count
    }

    /// Adds a permit for each request when it is due, until the semaphore is gone.
    ///
    /// This is a thread's work since the runtime's timer has a resolution of a millisecond, which would be added to
    /// latencies far below one; a sleeping thread is woken up to 60 µs late on Linux.
    fn release(&self, permits: &Weak<Semaphore>) {
        let mut released = 0;
        while released < self.requests {
            let Some(permits) = permits.upgrade() else {
                return;
            };
            let due = self.due_by(Instant::now());
            permits.add_permits((due - released) as usize);
            released = due;
            drop(permits);
            // The thread looks up now and then, so that it does not outlive a run by long.
            let pause = self.due(released).saturating_duration_since(Instant::now());
            thread::sleep(pause.min(Duration::from_millis(100)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_and_not_taken_waits() {
        let pace = Pace::new(10, Some(2.0));
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(pace.next()).unwrap();
        let start = pace.open.as_ref().unwrap().schedule.start;
        assert_eq!(pace.turn(4).due, Some(start + Duration::from_secs(2)));
        let at = |milliseconds| {
            let turns = pace.waiting(start + Duration::from_millis(milliseconds));
            turns.map(|turn| turn.index).collect::<Vec<_>>()
        };
        assert!(at(499).is_empty());
        assert_eq!(at(1000), [1, 2]);
        assert_eq!(at(60_000), (1..10).collect::<Vec<_>>());
    }
}
