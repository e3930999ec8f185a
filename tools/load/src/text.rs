//! What a load has measured, as text for people and for the book.

use std::fmt::Write;
use std::time::Duration;

use crate::report::{FailureReport, Report};

impl Report {
    /// Lines of `KEY: VALUE`, and a table if there is more than one kind of call.
    pub fn text(&self) -> String {
        let mut lines = Lines::default();
        let workers = match self.workers {
            1 => "1 worker".to_owned(),
            workers => format!("{workers} workers"),
        };
        let pace = match self.rate_per_second {
            Some(rate) => format!("open loop, {rate} requests/s, {workers}"),
            None => format!("closed loop, {workers}"),
        };
        lines.add("load", format!("{} at {}, {pace}", self.kind, self.url));
        if let (Some(first), Some(last)) = (&self.first_day, &self.last_day) {
            lines.add("days", format!("{first} to {last}"));
        }
        lines.add("requests", self.requests);
        if self.interrupted {
            let done = self.answers + self.failure_count();
            lines.add("interrupted", format!("after {done} requests"));
        }
        let elapsed = Duration::from_secs_f64(self.elapsed_seconds);
        lines.add("elapsed", readable(elapsed.as_nanos() as u64));
        lines.add(
            "throughput",
            format!("{} requests/s", three_digits(self.throughput_per_second)),
        );
        if let Some(latency) = &self.latency_ns {
            lines.add("p50", readable(latency.p50));
            lines.add("p90", readable(latency.p90));
            lines.add("p99", readable(latency.p99));
            lines.add("max", readable(latency.max));
        }
        if let Some(delay) = &self.start_delay_ns {
            let (p50, p99, max) = (
                readable(delay.p50),
                readable(delay.p99),
                readable(delay.max),
            );
            lines.add("start delay", format!("p50 {p50}, p99 {p99}, max {max}"));
        }
        lines.add("received", readable_bytes(self.received_bytes));
        for (status, count) in &self.statuses {
            lines.add(&format!("status {status}"), count);
        }
        self.add_trouble(&mut lines);
        if self.operations.len() > 1 {
            self.add_table(&mut lines.text);
        }
        lines.text
    }

    fn add_trouble(&self, lines: &mut Lines) {
        lines.add("unexpected", self.unexpected.count);
        if let Some(example) = &self.unexpected.example {
            lines.add("  example", example);
        }
        if self.failure_count() > 0 {
            let FailureReport {
                connection,
                timeout,
                not_sent,
                ..
            } = self.failures;
            lines.add(
                "no answer",
                format!(
                    "{connection} connection failures, {timeout} timeouts, {not_sent} not sent"
                ),
            );
        }
        if let Some(example) = &self.failures.example {
            lines.add("  reason", example);
        }
    }

    fn add_table(&self, text: &mut String) {
        let row = |cells: [&str; 6]| {
            let [name, answers, p50, p90, p99, max] = cells;
            format!("{name:<22}{answers:>9}{p50:>10}{p90:>10}{p99:>10}{max:>10}\n")
        };
        text.push('\n');
        text.push_str(&row(["call", "answers", "p50", "p90", "p99", "max"]));
        for operation in &self.operations {
            let answers = operation.statuses.values().sum::<u64>().to_string();
            let [p50, p90, p99, max] = match &operation.latency_ns {
                Some(latency) => [latency.p50, latency.p90, latency.p99, latency.max].map(readable),
                None => Default::default(),
            };
            text.push_str(&row([
                operation.operation,
                &answers,
                &p50,
                &p90,
                &p99,
                &max,
            ]));
        }
    }
}

/// Aligned `KEY: VALUE` lines; the width is fixed, so that two runs can be compared line by line.
#[derive(Default)]
struct Lines {
    text: String,
}

impl Lines {
    fn add(&mut self, key: &str, value: impl std::fmt::Display) {
        let key = format!("{key}:");
        writeln!(self.text, "{key:<14}{value}").expect("writing to a string cannot fail");
    }
}

/// Nanoseconds with three significant digits and the unit that suits them.
pub fn readable(nanoseconds: u64) -> String {
    let microseconds = nanoseconds as f64 / 1e3;
    match nanoseconds {
        0..999_500 => format!("{} µs", three_digits(microseconds)),
        999_500..999_500_000 => format!("{} ms", three_digits(microseconds / 1e3)),
        _ => format!("{} s", three_digits(microseconds / 1e6)),
    }
}

/// Bytes in decimal units with three significant digits.
fn readable_bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..999_500 => format!("{} kB", three_digits(bytes as f64 / 1e3)),
        999_500..999_500_000 => format!("{} MB", three_digits(bytes as f64 / 1e6)),
        _ => format!("{} GB", three_digits(bytes as f64 / 1e9)),
    }
}

/// At least three digits, and no more than the precision is worth.
pub fn three_digits(value: f64) -> String {
    match value {
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{readable, readable_bytes};

    #[test]
    fn durations_have_three_digits_and_a_unit() {
        for (nanoseconds, text) in [
            (0, "0.00 µs"),
            (850, "0.85 µs"),
            (12_340, "12.3 µs"),
            (812_345, "812 µs"),
            (999_499, "999 µs"),
            (999_500, "1.00 ms"),
            (12_345_678, "12.3 ms"),
            (999_600_000, "1.00 s"),
            (83_000_000_000, "83.0 s"),
            (7_200_000_000_000, "7200 s"),
        ] {
            assert_eq!(readable(nanoseconds), text);
        }
    }

    #[test]
    fn sizes_have_three_digits_and_a_unit() {
        for (bytes, text) in [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.00 kB"),
            (999_600, "1.00 MB"),
            (4_200_000, "4.20 MB"),
            (6_300_000_000, "6.30 GB"),
        ] {
            assert_eq!(readable_bytes(bytes), text);
        }
    }
}
