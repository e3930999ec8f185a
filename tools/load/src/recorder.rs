//! Counts answers and keeps their latencies.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use hyper::StatusCode;

use crate::client::{Answer, Failure};
use crate::operation::Operation;
use crate::session::excerpt;

/// How long a service may only fail before the rest of the load is given up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(5);

/// What all workers record into. They share one thread, so the lock is never waited for.
#[derive(Debug)]
pub struct Recorder {
    tally: Mutex<Tally>,
}

/// What has been counted so far.
#[derive(Debug, Clone)]
pub struct Tally {
    pub operations: BTreeMap<Operation, OperationTally>,
    /// From a request's due time to its start, in nanoseconds.
    pub start_delay: Histogram<u64>,
    /// Size of all bodies received.
    pub received_bytes: u64,
    /// Answers of any status.
    pub answers: u64,
    /// Answers with another status than the expected one.
    pub unexpected: u64,
    /// The first unexpected answer.
    pub unexpected_example: Option<Unexpected>,
    /// Requests whose connection failed.
    pub connection_failures: u64,
    /// Requests without an answer in time.
    pub timeouts: u64,
    /// Requests that could not be sent, since what they needed was missing.
    pub not_sent: u64,
    /// The first request without an answer, and why.
    pub failure_example: Option<String>,
    /// When the last answer came or the last request failed.
    pub last: Option<Instant>,
    failing_since: Option<Instant>,
}

/// The counts of one call of the API.
#[derive(Debug, Clone)]
pub struct OperationTally {
    /// In nanoseconds; answers of any status, and timeouts.
    pub latency: Histogram<u64>,
    pub statuses: BTreeMap<u16, u64>,
}

/// An answer with another status than the expected one.
#[derive(Debug, Clone)]
pub struct Unexpected {
    pub operation: Operation,
    pub status: StatusCode,
    pub body: String,
}

impl Recorder {
    pub fn new() -> Self {
        Self {
            tally: Mutex::new(Tally {
                operations: BTreeMap::new(),
                start_delay: histogram(),
                received_bytes: 0,
                answers: 0,
                unexpected: 0,
                unexpected_example: None,
                connection_failures: 0,
                timeouts: 0,
                not_sent: 0,
                failure_example: None,
                last: None,
                failing_since: None,
            }),
        }
    }

    /// Records how long a request waited in this program.
    pub fn started(&self, delay: Duration) {
        self.lock()
            .start_delay
            .saturating_record(nanoseconds(delay));
    }

    /// Records an answer that came now to a request that counts from `since`.
    pub fn answered(&self, operation: Operation, since: Instant, answer: &Answer) {
        let now = Instant::now();
        let mut tally = self.lock();
        tally.last = Some(now);
        tally.failing_since = None;
        tally.answers += 1;
        tally.received_bytes += answer.size;
        let counts = tally.operation(operation);
        counts.latency.saturating_record(nanoseconds(now - since));
        *counts.statuses.entry(answer.status.as_u16()).or_default() += 1;
        if answer.status != operation.expected() {
            tally.unexpected += 1;
            tally.unexpected_example.get_or_insert_with(|| Unexpected {
                operation,
                status: answer.status,
                body: excerpt(&answer.body),
            });
        }
    }

    /// Records a request without an answer. A timeout has a latency, that of an answer at this moment: to
    /// leave it out would make a service look the better, the worse it is.
    pub fn failed(&self, operation: Operation, since: Instant, failure: &Failure) {
        let now = Instant::now();
        let mut tally = self.lock();
        tally.last = Some(now);
        tally.failing_since.get_or_insert(now);
        if matches!(failure, Failure::Timeout(_)) {
            tally.timeouts += 1;
            let latency = &mut tally.operation(operation).latency;
            latency.saturating_record(nanoseconds(now - since));
        } else {
            tally.connection_failures += 1;
        }
        tally
            .failure_example
            .get_or_insert_with(|| format!("{}: {failure}", operation.label()));
    }

    /// Records a request that could not be sent.
    pub fn not_sent(&self, reason: &str) {
        let mut tally = self.lock();
        tally.not_sent += 1;
        tally
            .failure_example
            .get_or_insert_with(|| reason.to_owned());
    }

    /// Whether the service has done nothing but fail for so long that it must be gone.
    pub fn is_hopeless(&self) -> bool {
        let since = self.lock().failing_since;
        since.is_some_and(|since| since.elapsed() >= GIVE_UP_AFTER)
    }

    /// Requests that are done, one way or the other.
    pub fn done(&self) -> u64 {
        let tally = self.lock();
        tally.answers + tally.connection_failures + tally.timeouts + tally.not_sent
    }

    /// A copy of what has been counted so far.
    pub fn tally(&self) -> Tally {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Tally> {
        // Counts may be off by one if another thread panicked, which ends the program anyway.
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Tally {
    fn operation(&mut self, operation: Operation) -> &mut OperationTally {
        self.operations
            .entry(operation)
            .or_insert_with(|| OperationTally {
                latency: histogram(),
                statuses: BTreeMap::new(),
            })
    }
}

/// Nanoseconds up to two hours with three significant digits: 0.1 % of precision in 200 KiB.
pub fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, 7_200_000_000_000, 3).expect("the bounds are valid")
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
