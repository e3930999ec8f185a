//! `--against`: two services get the same load in turn, so that both meet the same machine.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::bail;
use serde::Serialize;
use terminal::{Usage, duration, three_digits};

use crate::logins::Logins;
use crate::measure::{self, Signals};
use crate::number::Spread;
use crate::report::{Latency, Report, Show};
use crate::service::Job;
use crate::target::Target;

/// What two services did under the same load.
#[derive(Debug, Serialize)]
struct Comparison {
    kind: String,
    rounds: u8,
    requests: u64,
    logins: Option<Logins>,
    before: String,
    after: String,
    /// Requests per second.
    throughput: Row,
    /// Nanoseconds, as are the others.
    p50: Row,
    p90: Row,
    p99: Row,
    /// Processor time for each answer, if it is known of all rounds.
    processor: Option<Row>,
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

/// How two services are compared.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct Rounds {
    /// How many times each of the two services gets the load.
    #[arg(long, value_name = "N", default_value_t = 3, requires = "against", value_parser = clap::value_parser!(u8).range(1..=99))]
    rounds: u8,

    /// Compare two of the same program all the same: what they differ by is chance.
    #[arg(long, requires = "against")]
    same: bool,
}

/// Runs the rounds, or as many of them as go well, and prints what came of them.
pub async fn run(
    job: &Job,
    other: Target,
    Rounds { rounds, same }: Rounds,
    json: bool,
    signals: &mut Signals,
) -> anyhow::Result<ExitCode> {
    if !same && other.program().is_some() && job.url.program() == other.program() {
        return Err(Usage(format!(
            "{} and {} are the same program: stop one of them and start there what it is to be compared with; --same shows what two of the same differ by",
            job.url.named(),
            other
        ))
        .into());
    }
    let other = Job {
        url: other,
        ..job.clone()
    };
    let mut reports: [Vec<Report>; 2] = Default::default();
    for round in 0..rounds {
        // The service that comes second finds warmer caches, so neither is always second.
        let turns = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for turn in turns {
            let job = [job, &other][turn];
            let run = measure::run(job, signals).await?;
            if !run.is_good() {
                // The exit code tells it too, so a closed stderr takes nothing away.
                let mut stderr = io::stderr();
                let _ = writeln!(stderr, "the comparison ended early, at {}", job.url);
                let _ = run.report.as_ref().map(|report| report.text(&mut stderr));
                return run.finish();
            }
            reports[turn].extend(run.report);
        }
    }
    let [before, after] = &reports;
    let throughput = |report: &Report| report.throughput_per_second;
    let latency = |of: fn(&Latency) -> u64| {
        let value = move |report: &Report| report.latency_ns.as_ref().map_or(0.0, |l| of(l) as f64);
        Row::new(before, after, value, |before, after| before / after)
    };
    let is_known = (reports.iter().flatten()).all(|report| report.processor_ns.is_some());
    let processor = is_known.then(|| {
        let value = |report: &Report| report.processor_ns.unwrap_or_default() as f64;
        Row::new(before, after, value, |before, after| before / after)
    });
    let comparison = Comparison {
        kind: job.kind.to_string(),
        rounds,
        requests: job.requests,
        logins: job.logins,
        before: job.url.named(),
        after: other.url.named(),
        throughput: Row::new(before, after, throughput, |before, after| after / before)?,
        p50: latency(|latency| latency.p50)?,
        p90: latency(|latency| latency.p90)?,
        p99: latency(|latency| latency.p99)?,
        processor: processor.transpose()?,
    };
    comparison.print(json)?;
    Ok(ExitCode::SUCCESS)
}

impl Row {
    fn new(
        before: &[Report],
        after: &[Report],
        value: impl Fn(&Report) -> f64,
        better: impl Fn(f64, f64) -> f64,
    ) -> anyhow::Result<Self> {
        let rounds = std::iter::zip(before, after);
        let ratios = rounds.map(|(before, after)| better(value(before), value(after)));
        let spread = |values: &[Report]| Spread::of(values.iter().map(&value));
        let spreads = (spread(before), spread(after), Spread::of(ratios));
        let (Some(before), Some(after), Some(ratio)) = spreads else {
            bail!("there was no round");
        };
        Ok(Self {
            before: before.median,
            after: after.median,
            ratio: ratio.median,
            smallest: ratio.min,
            largest: ratio.max,
        })
    }
}

impl Show for Comparison {
    /// A table, and below it the two ratios that one speaks of.
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        let times = if self.rounds == 1 { "once" } else { "in turn" };
        writeln!(
            out,
            "load:   {}, {} requests to each {times}, {} rounds\nbefore: {}\nafter:  {}",
            self.kind, self.requests, self.rounds, self.before, self.after
        )?;
        if let Some(logins) = self.logins {
            writeln!(out, "beside: {}", logins.text())?;
        }
        writeln!(out)?;
        let mut line = |[name, before, after, ratio, range]: [&str; 5]| {
            writeln!(out, "{name:<11}{before:>11}{after:>11}{ratio:>9}  {range}")
        };
        let better = |ratio| format!("{}x", three_digits(ratio));
        line(["", "before", "after", "ratio", "in the rounds"])?;
        let rows = [
            ("throughput", Some(&self.throughput)),
            ("p50", Some(&self.p50)),
            ("p90", Some(&self.p90)),
            ("p99", Some(&self.p99)),
            ("processor", self.processor.as_ref()),
        ];
        for (name, row) in rows {
            let Some(row) = row else { continue };
            let [before, after] = [row.before, row.after].map(|value| match name {
                "throughput" => format!("{}/s", three_digits(value)),
                _ => duration(value),
            });
            let range = format!("{} to {}", better(row.smallest), better(row.largest));
            line([name, &before, &after, &better(row.ratio), &range])?;
        }
        writeln!(out, "\nthroughput ratio: {}", better(self.throughput.ratio))?;
        writeln!(out, "p50 ratio: {}", better(self.p50.ratio))
    }
}
