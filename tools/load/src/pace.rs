//! When a worker may send its next request: the difference between a closed and an open loop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;

/// Hands the numbers of the requests out to the workers.
#[derive(Debug)]
pub struct Pace {
    requests: u64,
    next: AtomicU64,
    /// Absent in a closed loop.
    schedule: Option<Schedule>,
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
struct Schedule {
    start: Instant,
    rate: f64,
    /// One permit for each request that is due and not yet taken by a worker.
    due: Arc<Semaphore>,
    _clock: Clock,
}

impl Pace {
    /// Every request is due as soon as a worker is free.
    pub fn closed(requests: u64) -> Self {
        Self {
            requests,
            next: AtomicU64::new(0),
            schedule: None,
        }
    }

    /// `rate` requests per second become due from now on, whether or not a worker is free.
    pub fn open(requests: u64, rate: f64, workers: u64) -> Self {
        let start = Instant::now();
        let due = Arc::new(Semaphore::new(0));
        let clock = Clock::start(requests, workers, start, rate, Arc::clone(&due));
        Self {
            requests,
            next: AtomicU64::new(0),
            schedule: Some(Schedule {
                start,
                rate,
                due,
                _clock: clock,
            }),
        }
    }

    /// Waits for the next request that is due; `None` after the last one.
    pub async fn next(&self) -> Option<Turn> {
        if let Some(schedule) = &self.schedule {
            schedule.due.acquire().await.ok()?.forget();
        }
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < self.requests).then(|| Turn {
            index,
            due: self
                .schedule
                .as_ref()
                .map(|schedule| due_time(schedule.start, schedule.rate, index)),
        })
    }
}

fn due_time(start: Instant, rate: f64, index: u64) -> Instant {
    start + Duration::from_secs_f64(index as f64 / rate)
}

/// A thread that says when requests are due.
///
/// The runtime's timer has a resolution of a millisecond, which would be added to latencies far below one; a
/// sleeping thread is woken up to 60 µs late on Linux.
#[derive(Debug)]
struct Clock {
    stop: Arc<AtomicBool>,
}

impl Clock {
    fn start(requests: u64, workers: u64, start: Instant, rate: f64, due: Arc<Semaphore>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        thread::spawn(move || {
            let mut released = 0;
            while released < requests && !stopped.load(Ordering::Relaxed) {
                let now = Instant::now();
                let mut ready = 0;
                while released + ready < requests && due_time(start, rate, released + ready) <= now
                {
                    ready += 1;
                }
                due.add_permits(ready as usize);
                released += ready;
                let next = due_time(start, rate, released);
                // The thread looks up now and then, so that it does not outlive a run by long.
                let pause = next.saturating_duration_since(Instant::now());
                thread::sleep(pause.min(Duration::from_millis(100)));
            }
            // Each worker gets one more permit, to find that nothing is left to do.
            due.add_permits(workers as usize);
        });
        Self { stop }
    }
}

impl Drop for Clock {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block_on<F: Future>(future: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(future)
    }

    #[test]
    fn a_closed_loop_hands_out_each_request_once() {
        let pace = Pace::closed(3);
        let turns: Vec<_> = (0..5).map(|_| block_on(pace.next())).collect();
        let indices: Vec<_> = turns.iter().flatten().map(|turn| turn.index).collect();
        assert_eq!(indices, [0, 1, 2]);
        assert!(turns.iter().flatten().all(|turn| turn.due.is_none()));
    }

    #[test]
    fn an_open_loop_never_hands_a_request_out_before_it_is_due() {
        let pace = Pace::open(20, 200.0, 1);
        block_on(async {
            let mut last = None;
            for index in 0..20 {
                let turn = pace.next().await.unwrap();
                let due = turn.due.unwrap();
                assert!(Instant::now() >= due);
                assert_eq!(turn.index, index);
                if let Some(last) = last {
                    let gap: Duration = due - last;
                    assert!(gap.abs_diff(Duration::from_millis(5)) < Duration::from_micros(1));
                }
                last = Some(due);
            }
            assert!(pace.next().await.is_none());
        });
    }
}
