//! Counts answers and keeps their latencies.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::api::Operation;
use crate::client::{Answer, Failure};

/// How long a service may only fail before the rest of the load is given up.
const GIVE_UP_AFTER: Duration = Duration::from_secs(5);

/// What has been counted so far.
#[derive(Debug)]
pub struct Tally {
    pub operations: BTreeMap<Operation, Counts>,
    /// From a request's due time to its start, in nanoseconds.
    pub start_delay: Histogram<u64>,
    pub totals: Totals,
    /// When the last answer came or the last request failed.
    pub last: Option<Instant>,
    failing_since: Option<Instant>,
}

/// What is counted over all calls.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Totals {
    /// Of any status.
    pub answers: u64,
    /// Size of all bodies.
    pub received_bytes: u64,
    pub unexpected: Unexpected,
    pub failures: Failures,
    pub unanswered: Unanswered,
}

/// The counts of one call of the API.
#[derive(Debug)]
pub struct Counts {
    /// In nanoseconds; of answers with any status, timeouts and requests that are unanswered at the end.
    pub latency: Histogram<u64>,
    pub statuses: BTreeMap<u16, u64>,
}

/// Answers with another status than the expected one.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Unexpected {
    pub count: u64,
    pub example: Option<String>,
}

/// Requests without an answer, and without hope of one.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Failures {
    /// The connection failed.
    pub connection: u64,
    pub timeout: u64,
    /// What they needed was missing.
    pub not_sent: u64,
    pub example: Option<String>,
}

/// Requests that were due when the load was ended, and had no answer yet.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Unanswered {
    pub count: u64,
    /// Nanoseconds.
    pub oldest_ns: u64,
}

impl Totals {
    /// Requests that can get no answer.
    pub fn failed(&self) -> u64 {
        self.failures.connection + self.failures.timeout + self.failures.not_sent
    }

    /// Whether every request has got the right answer so far.
    pub fn is_right(&self) -> bool {
        self.unexpected.count == 0 && self.failed() == 0
    }

    /// Requests that are done, one way or the other.
    pub fn done(&self) -> u64 {
        self.answers + self.failed()
    }
}

impl Tally {
    pub fn new() -> Self {
        Self {
            operations: BTreeMap::new(),
            start_delay: histogram(),
            totals: Totals::default(),
            last: None,
            failing_since: None,
        }
    }

    /// Records how long a request waited in this program.
    pub fn started(&mut self, delay: Duration) {
        self.start_delay.saturating_record(nanoseconds(delay));
    }

    /// Records an answer that came now to a request that counts from `since`.
    pub fn answered(&mut self, operation: Operation, since: Instant, answer: &Answer<'_>) {
        let now = Instant::now();
        self.last = Some(now);
        self.failing_since = None;
        self.totals.answers += 1;
        self.totals.received_bytes += answer.body.len() as u64;
        let counts = self.counts(operation);
        counts.latency.saturating_record(nanoseconds(now - since));
        *counts.statuses.entry(answer.status).or_default() += 1;
        if answer.status != operation.expected() {
            self.totals.unexpected.count += 1;
            (self.totals.unexpected.example)
                .get_or_insert_with(|| operation.unexpected(answer.status, answer.body));
        }
    }

    /// Records a request without an answer. A timeout has a latency, that of an answer at this moment: to
    /// leave it out would make a service look the better, the worse it is.
    ///
    /// Tells whether the service has done nothing but fail for so long that it must be gone.
    pub fn failed(&mut self, operation: Operation, since: Instant, failure: &Failure) -> bool {
        let now = Instant::now();
        self.last = Some(now);
        let failing_since = *self.failing_since.get_or_insert(now);
        if matches!(failure, Failure::Timeout(_)) {
            self.totals.failures.timeout += 1;
            let latency = &mut self.counts(operation).latency;
            latency.saturating_record(nanoseconds(now - since));
        } else {
            self.totals.failures.connection += 1;
        }
        (self.totals.failures.example)
            .get_or_insert_with(|| format!("{}: {failure}", operation.label()));
        now - failing_since >= GIVE_UP_AFTER
    }

    /// Records a request that could not be sent.
    pub fn not_sent(&mut self, reason: &str) {
        self.totals.failures.not_sent += 1;
        (self.totals.failures.example).get_or_insert_with(|| reason.to_owned());
    }

    /// Records a request that has waited for so long when the load is ended. That is the least that its latency would
    /// have been; without it a service would look the faster, the longer it stood still.
    pub fn unanswered(&mut self, operation: Operation, age: Duration) {
        self.totals.unanswered.count += 1;
        self.totals.unanswered.oldest_ns = self.totals.unanswered.oldest_ns.max(nanoseconds(age));
        let latency = &mut self.counts(operation).latency;
        latency.saturating_record(nanoseconds(age));
    }

    fn counts(&mut self, operation: Operation) -> &mut Counts {
        self.operations.entry(operation).or_insert_with(|| Counts {
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
