//! What a load has measured: `--json` prints it as it stands, and [`Show`] writes it for people and for the book.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use anyhow::Context;
use hdrhistogram::Histogram;
use serde::Serialize;
use terminal::{duration, three_digits};

use crate::logins::Logins;
use crate::number::bytes;
use crate::service::Job;
use crate::tally::{Failures, Tally, Totals, Unanswered, histogram};

/// A result that can be printed.
pub trait Show: Serialize {
    /// Writes it for people.
    fn text(&self, out: &mut dyn Write) -> io::Result<()>;

    /// Prints it in the form that was asked for.
    fn print(&self, json: bool) -> anyhow::Result<()> {
        let mut text = Vec::new();
        if json {
            serde_json::to_writer_pretty(&mut text, self)?;
            writeln!(text)?;
        } else {
            self.text(&mut text)?;
        }
        let mut out = io::stdout();
        let written = out.write_all(&text).and_then(|()| out.flush());
        written.context("cannot write the result")
    }
}

/// The result of a run; the fields are documented in the command's `--help`.
#[derive(Debug, Serialize)]
pub struct Report {
    kind: String,
    url: String,
    program: Option<String>,
    #[serde(skip)]
    service: String,
    r#loop: &'static str,
    workers: u16,
    rate_per_second: Option<f64>,
    requests: u64,
    logins: Option<Logins>,
    pub interrupted: bool,
    pub first_day: Option<String>,
    pub last_day: Option<String>,
    elapsed_seconds: f64,
    pub throughput_per_second: f64,
    pub connections_opened: u64,
    pub latency_ns: Option<Latency>,
    start_delay_ns: Option<Latency>,
    /// Of the service, for each answer.
    pub processor_ns: Option<u64>,
    statuses: BTreeMap<u16, u64>,
    operations: Vec<OperationReport>,
    #[serde(flatten)]
    totals: Totals,
}

/// Nanoseconds.
#[derive(Debug, Serialize)]
pub struct Latency {
    pub p50: u64,
    pub p90: u64,
    pub p99: u64,
    max: u64,
}

/// One call of the API.
#[derive(Debug, Serialize)]
struct OperationReport {
    operation: &'static str,
    expected_status: u16,
    statuses: BTreeMap<u16, u64>,
    latency_ns: Option<Latency>,
}

impl Report {
    /// The report of a load that was sent whole and booked nothing.
    pub fn new(job: &Job, tally: &Tally, elapsed: Duration) -> Self {
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
                expected_status: operation.expected(),
                statuses: counts.statuses.clone(),
                latency_ns: Latency::of(&counts.latency),
            });
        }
        let elapsed = elapsed.as_secs_f64();
        Self {
            kind: job.kind.to_string(),
            url: job.url.to_string(),
            program: job.url.program().map(str::to_owned),
            service: job.url.named(),
            r#loop: if job.rate.is_some() { "open" } else { "closed" },
            workers: job.workers,
            rate_per_second: job.rate,
            requests: job.requests,
            logins: job.logins,
            interrupted: false,
            first_day: None,
            last_day: None,
            elapsed_seconds: elapsed,
            throughput_per_second: match tally.totals.answers {
                0 => 0.0,
                answers => answers as f64 / elapsed,
            },
            connections_opened: 0,
            latency_ns: Latency::of(&latency),
            start_delay_ns: Latency::of(&tally.start_delay),
            processor_ns: None,
            statuses,
            operations,
            totals: tally.totals.clone(),
        }
    }

    /// Whether every request got the answer that is right for it.
    pub fn all_is_well(&self) -> bool {
        self.totals.unexpected.count + self.totals.failed() == 0
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
        })
    }
}

impl Show for Report {
    /// Lines of `KEY: VALUE`, and a table if there is more than one kind of call. The width is fixed, so that two runs
    /// can be compared line by line.
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut line = |key: &str, value: &str| writeln!(out, "{:<14}{value}", format!("{key}:"));
        let workers = match self.workers {
            1 => "1 worker".to_owned(),
            workers => format!("{workers} workers"),
        };
        let pace = match self.rate_per_second {
            Some(rate) => format!("open loop, {rate} requests/s, {workers}"),
            None => format!("closed loop, {workers}"),
        };
        line("service", &self.service)?;
        line("load", &format!("{}, {pace}", self.kind))?;
        if let (Some(first), Some(last)) = (&self.first_day, &self.last_day) {
            line("days", &format!("{first} to {last}"))?;
        }
        if let Some(logins) = self.logins {
            line("beside", &logins.text())?;
        }
        line("requests", &self.requests.to_string())?;
        if self.interrupted {
            let done = self.totals.done();
            line("interrupted", &format!("after {done} requests"))?;
        }
        line("elapsed", &duration(self.elapsed_seconds * 1e9))?;
        let throughput = three_digits(self.throughput_per_second);
        line("throughput", &format!("{throughput} requests/s"))?;
        if let Some(Latency {
            p50, p90, p99, max, ..
        }) = self.latency_ns
        {
            for (key, value) in [("p50", p50), ("p90", p90), ("p99", p99), ("max", max)] {
                line(key, &duration(value as f64))?;
            }
        }
        if let Some(delay) = &self.start_delay_ns {
            let [p50, p99, max] =
                [delay.p50, delay.p99, delay.max].map(|value| duration(value as f64));
            line("start delay", &format!("p50 {p50}, p99 {p99}, max {max}"))?;
        }
        line("received", &bytes(self.totals.received_bytes))?;
        for (status, count) in &self.statuses {
            line(&format!("status {status}"), &count.to_string())?;
        }
        line("unexpected", &self.totals.unexpected.count.to_string())?;
        if let Some(example) = &self.totals.unexpected.example {
            line("  example", example)?;
        }
        if let Some(reason) = &self.totals.failures.example {
            let Failures {
                connection,
                timeout,
                not_sent,
                ..
            } = self.totals.failures;
            let counts = format!(
                "{connection} connection failures, {timeout} timeouts, {not_sent} not sent"
            );
            line("no answer", &counts)?;
            line("  reason", reason)?;
        }
        if let Unanswered {
            count: count @ 1..,
            oldest_ns,
        } = self.totals.unanswered
        {
            let oldest = duration(oldest_ns as f64);
            line("unanswered", &format!("{count}, the oldest for {oldest}"))?;
        }
        if self.operations.len() > 1 {
            self.table(out)?;
        }
        Ok(())
    }
}

impl Report {
    fn table(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out)?;
        let mut row = |[call, answers, p50, p90, p99, max]: [&str; 6]| {
            writeln!(
                out,
                "{call:<22}{answers:>9}{p50:>10}{p90:>10}{p99:>10}{max:>10}"
            )
        };
        row(["call", "answers", "p50", "p90", "p99", "max"])?;
        for operation in &self.operations {
            let answers = operation.statuses.values().sum::<u64>().to_string();
            let [p50, p90, p99, max] = match &operation.latency_ns {
                Some(latency) => [latency.p50, latency.p90, latency.p99, latency.max]
                    .map(|value| duration(value as f64)),
                None => Default::default(),
            };
            row([operation.operation, &answers, &p50, &p90, &p99, &max])?;
        }
        Ok(())
    }
}
