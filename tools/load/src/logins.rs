//! `--logins`: people log in while something else is measured.

use std::cell::Cell;
use std::convert::Infallible;

use anyhow::{Context, bail};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde::Serialize;
use terminal::three_digits;

use crate::api::Kind;
use crate::measure::{self, Load, Signals};
use crate::service::{Job, Prepared, prepare};

/// So many logins tell what the service can do.
const TRIED: u64 = 40;

/// Logins that come in at a steady rate.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Logins {
    /// Of what the service can do.
    percent: u8,
    per_second: f64,
}

impl Logins {
    /// Finds out how many a second the job's service can do. Without a rate a signal has come, or logins fail.
    pub async fn at(
        percent: u8,
        job: &Job,
        signals: &mut Signals,
    ) -> anyhow::Result<Result<Self, measure::Run>> {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u16);
        let alone = Job {
            kind: Kind::Logins,
            requests: TRIED,
            workers: cores.saturating_mul(2),
            rate: None,
            ..job.clone()
        };
        let run = measure::run(&alone, signals).await?;
        Ok(match &run.report {
            Some(report) if run.is_good() => Ok(Self {
                percent,
                per_second: report.throughput_per_second * f64::from(percent) / 100.0,
            }),
            _ => Err(run),
        })
    }

    /// Sends them to the job's service until it is dropped.
    ///
    /// # Errors
    /// When one of them fails.
    pub async fn come_in(self, job: &Job) -> anyhow::Result<Infallible> {
        let job = Job {
            kind: Kind::Logins,
            requests: u64::MAX,
            workers: crate::args::OPEN_LOOP_WORKERS,
            rate: Some(self.per_second),
            ..job.clone()
        };
        let Prepared { plan, mut clients } = prepare(&job).await?;
        let load = Load::new(plan, &job);
        let under_way = vec![Cell::new(None); clients.len()];
        let mut workers: FuturesUnordered<_> = std::iter::zip(&mut clients, &under_way)
            .map(|(client, under_way)| {
                load.work_while(client, under_way, |tally| tally.totals.is_right())
            })
            .collect();
        workers.next().await;
        let totals = &load.tally.borrow().totals;
        let examples = [&totals.unexpected.example, &totals.failures.example];
        let example = examples.into_iter().flatten().next();
        bail!(
            "a login meanwhile failed: {}",
            example.context("for no reason")?
        )
    }

    /// For people.
    pub fn text(self) -> String {
        let Self {
            percent,
            per_second,
        } = self;
        format!(
            "logins, {}/s: {percent} % of what it can do alone",
            three_digits(per_second)
        )
    }
}
