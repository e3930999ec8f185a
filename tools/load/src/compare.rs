//! `--against`: two services get the same load in turn, so that both meet the same machine.

use std::fmt::Write;
use std::process::ExitCode;

use serde::Serialize;

use crate::report::Report;
use crate::signals::Signals;
use crate::target::Target;
use crate::text::{readable, three_digits};
use crate::{Args, run_once, show};

/// What two services did under the same load.
#[derive(Debug, Serialize)]
pub struct Comparison {
    kind: &'static str,
    rounds: u8,
    requests: u64,
    before: String,
    after: String,
    /// Requests per second.
    throughput: Row,
    /// Nanoseconds, as are the others.
    p50: Row,
    p90: Row,
    p99: Row,
}

/// One measured value of both services.
#[derive(Debug, Serialize)]
struct Row {
    /// The median of the rounds.
    before: f64,
    after: f64,
    /// How many times better `after` is: the median of the rounds' own ratios, and their range.
    ratio: f64,
    smallest: f64,
    largest: f64,
}

/// Runs the rounds, or as many of them as go well.
pub async fn run(args: &Args, other: &Target, signals: &mut Signals) -> anyhow::Result<ExitCode> {
    let mut rounds = Vec::new();
    for round in 0..args.rounds {
        // The service that comes second finds warmer caches, so neither is always second.
        let turns = match round % 2 {
            0 => [(0, &args.url), (1, other)],
            _ => [(1, other), (0, &args.url)],
        };
        let mut reports = [None, None];
        for (place, url) in turns {
            let run = run_once(args, url, signals).await?;
            if !run.is_good() {
                eprintln!("the comparison ended early, at {url}");
                if let Some(report) = &run.report {
                    eprint!("{}", report.text());
                }
                return run.finish();
            }
            reports[place] = run.report;
        }
        if let [Some(before), Some(after)] = reports {
            rounds.push((before, after));
        }
    }
    show(
        args,
        &Comparison::new(args, other, &rounds),
        Comparison::text,
    )?;
    Ok(ExitCode::SUCCESS)
}

impl Comparison {
    fn new(args: &Args, other: &Target, rounds: &[(Report, Report)]) -> Self {
        let latency = |value: fn(&crate::report::Latency) -> u64| {
            let of = move |report: &Report| {
                report
                    .latency_ns
                    .as_ref()
                    .map_or(f64::NAN, |latency| value(latency) as f64)
            };
            Row::new(rounds, of, |before, after| before / after)
        };
        Self {
            kind: args.kind.name(),
            rounds: args.rounds,
            requests: args.requests,
            before: args.url.to_string(),
            after: other.to_string(),
            throughput: Row::new(
                rounds,
                |report| report.throughput_per_second,
                |before, after| after / before,
            ),
            p50: latency(|latency| latency.p50),
            p90: latency(|latency| latency.p90),
            p99: latency(|latency| latency.p99),
        }
    }

    /// A table, and below it the two ratios that one speaks of.
    fn text(&self) -> String {
        let times = if self.rounds == 1 { "once" } else { "in turn" };
        let mut text = format!(
            "load:   {}, {} requests to each {times}, {} rounds\nbefore: {}\nafter:  {}\n\n",
            self.kind, self.requests, self.rounds, self.before, self.after
        );
        let per_second = |value: f64| format!("{}/s", three_digits(value));
        let duration = |value: f64| readable(value as u64);
        let rows = [
            (
                "throughput",
                &self.throughput,
                per_second as fn(f64) -> String,
            ),
            ("p50", &self.p50, duration),
            ("p90", &self.p90, duration),
            ("p99", &self.p99, duration),
        ];
        let line = |text: &mut String, cells: [&str; 5]| {
            let [name, before, after, ratio, range] = cells;
            writeln!(text, "{name:<11}{before:>11}{after:>11}{ratio:>9}  {range}")
                .expect("writing to a string cannot fail");
        };
        line(&mut text, ["", "before", "after", "ratio", "in the rounds"]);
        for (name, row, show) in rows {
            let range = format!(
                "{} to {}",
                times_better(row.smallest),
                times_better(row.largest)
            );
            let ratio = times_better(row.ratio);
            line(
                &mut text,
                [name, &show(row.before), &show(row.after), &ratio, &range],
            );
        }
        text.push('\n');
        for (name, row) in [("throughput", &self.throughput), ("p50", &self.p50)] {
            writeln!(text, "{name} ratio: {}", times_better(row.ratio))
                .expect("writing to a string cannot fail");
        }
        text
    }
}

impl Row {
    fn new(
        rounds: &[(Report, Report)],
        value: impl Fn(&Report) -> f64,
        better: impl Fn(f64, f64) -> f64,
    ) -> Self {
        let ratio = |(before, after): &(Report, Report)| better(value(before), value(after));
        let ratios = sorted(rounds.iter().map(ratio));
        Self {
            before: median(&sorted(rounds.iter().map(|(before, _)| value(before)))),
            after: median(&sorted(rounds.iter().map(|(_, after)| value(after)))),
            ratio: median(&ratios),
            smallest: ratios.first().copied().unwrap_or(f64::NAN),
            largest: ratios.last().copied().unwrap_or(f64::NAN),
        }
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

fn median(sorted: &[f64]) -> f64 {
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => f64::NAN,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

fn times_better(ratio: f64) -> String {
    format!("{}x", three_digits(ratio))
}

#[cfg(test)]
mod tests {
    use super::{median, sorted};

    #[test]
    fn a_median_is_in_the_middle() {
        let median_of = |values: &[f64]| median(&sorted(values.iter().copied()));
        assert_eq!(median_of(&[3.0, 1.0, 100.0]), 3.0);
        assert_eq!(median_of(&[4.0, 1.0, 2.0, 100.0]), 3.0);
        assert_eq!(median_of(&[7.0]), 7.0);
    }
}
