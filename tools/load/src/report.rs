//! What a load has measured, as data: `--json` prints it as it stands.

use std::collections::BTreeMap;
use std::time::Duration;

use hdrhistogram::Histogram;
use hyper::StatusCode;
use serde::Serialize;

use crate::recorder::{Tally, histogram};

/// The result of a run; the fields are documented in the command's `--help`.
#[derive(Debug, Serialize)]
pub struct Report {
    pub kind: &'static str,
    pub url: String,
    pub r#loop: &'static str,
    pub workers: u64,
    pub rate_per_second: Option<f64>,
    pub requests: u64,
    pub interrupted: bool,
    pub first_day: Option<String>,
    pub last_day: Option<String>,
    pub elapsed_seconds: f64,
    pub answers: u64,
    pub throughput_per_second: f64,
    pub received_bytes: u64,
    pub connections_opened: u64,
    pub latency_ns: Option<Latency>,
    pub start_delay_ns: Option<Latency>,
    pub statuses: BTreeMap<u16, u64>,
    pub operations: Vec<OperationReport>,
    pub unexpected: UnexpectedReport,
    pub failures: FailureReport,
}

/// Nanoseconds.
#[derive(Debug, Serialize)]
pub struct Latency {
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    pub max: u64,
    pub mean: u64,
}

/// One call of the API.
#[derive(Debug, Serialize)]
pub struct OperationReport {
    pub operation: &'static str,
    pub expected_status: u16,
    pub statuses: BTreeMap<u16, u64>,
    pub latency_ns: Option<Latency>,
}

/// Answers with another status than the expected one.
#[derive(Debug, Serialize)]
pub struct UnexpectedReport {
    pub count: u64,
    pub example: Option<String>,
}

/// Requests without an answer.
#[derive(Debug, Serialize)]
pub struct FailureReport {
    pub connection: u64,
    pub timeout: u64,
    pub not_sent: u64,
    pub example: Option<String>,
}

/// What a run was asked to do, and how it went besides the counts.
#[derive(Debug)]
pub struct Circumstances {
    pub kind: &'static str,
    pub url: String,
    pub workers: u64,
    pub rate: Option<f64>,
    pub requests: u64,
    pub interrupted: bool,
    pub days: Option<(String, String)>,
    pub elapsed: Duration,
    pub connections_opened: u64,
}

impl Report {
    pub fn new(run: Circumstances, tally: &Tally) -> Self {
        let mut latency = histogram();
        let mut statuses = BTreeMap::new();
        let mut operations = Vec::new();
        for (operation, counts) in &tally.operations {
            latency
                .add(&counts.latency)
                .expect("all histograms have the same bounds");
            for (status, count) in &counts.statuses {
                *statuses.entry(*status).or_default() += count;
            }
            operations.push(OperationReport {
                operation: operation.label(),
                expected_status: operation.expected().as_u16(),
                statuses: counts.statuses.clone(),
                latency_ns: Latency::of(&counts.latency),
            });
        }
        let elapsed = run.elapsed.as_secs_f64();
        let (first_day, last_day) = run.days.unzip();
        Self {
            kind: run.kind,
            url: run.url,
            r#loop: if run.rate.is_some() { "open" } else { "closed" },
            workers: run.workers,
            rate_per_second: run.rate,
            requests: run.requests,
            interrupted: run.interrupted,
            first_day,
            last_day,
            elapsed_seconds: elapsed,
            answers: tally.answers,
            throughput_per_second: if elapsed > 0.0 {
                tally.answers as f64 / elapsed
            } else {
                0.0
            },
            received_bytes: tally.received_bytes,
            connections_opened: run.connections_opened,
            latency_ns: Latency::of(&latency),
            start_delay_ns: Latency::of(&tally.start_delay),
            statuses,
            operations,
            unexpected: UnexpectedReport {
                count: tally.unexpected,
                example: tally.unexpected_example.as_ref().map(|example| {
                    format!(
                        "{} answered {}, expected {}: {}",
                        example.operation.label(),
                        example.status,
                        example.operation.expected(),
                        example.body
                    )
                }),
            },
            failures: FailureReport {
                connection: tally.connection_failures,
                timeout: tally.timeouts,
                not_sent: tally.not_sent,
                example: tally.failure_example.clone(),
            },
        }
    }

    /// Whether every request got the answer that is right for it.
    pub fn all_is_well(&self) -> bool {
        self.unexpected.count + self.failure_count() == 0
    }

    /// Requests without an answer.
    pub fn failure_count(&self) -> u64 {
        self.failures.connection + self.failures.timeout + self.failures.not_sent
    }
}

impl Latency {
    fn of(histogram: &Histogram<u64>) -> Option<Self> {
        // The histogram rounds up to its precision, which must not lift a percentile above the maximum.
        let at = |quantile| histogram.value_at_quantile(quantile).min(histogram.max());
        (!histogram.is_empty()).then(|| Self {
            p50: at(0.50),
            p90: at(0.90),
            p99: at(0.99),
            max: histogram.max(),
            mean: histogram.mean() as u64,
        })
    }
}

/// Explains a status that people meet when two loads share a database.
pub fn hint(tally: &Tally) -> Option<&'static str> {
    let example = tally.unexpected_example.as_ref()?;
    (example.status == StatusCode::CONFLICT)
        .then_some("somebody else has booked these days: choose a free --first-day")
}
