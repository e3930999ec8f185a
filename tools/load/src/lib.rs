//! `cargo load` puts a load on a running coworking app and measures its answers; `cargo allocs` counts what it
//! allocates for one request.
//!
//! In reading order: [`args`] what can be asked for, [`target`] where it goes, [`mod@prepare`], [`session`] and
//! [`token`] the calls before the measurement, [`plan`] with [`calendar`] and [`mix`] which request comes when, [`pace`]
//! when it is due (closed or open loop), [`worker`] and [`client`] the sending, [`recorder`] the counting,
//! [`progress`], [`report`] and [`text`] what is shown, [`compare`] two services in turn.
//!
//! Everything runs on one thread: the client shares the machine with the service that it measures, and one
//! thread sends more than a service that does real work can answer on the other cores.

pub mod allocs;
pub mod args;
mod calendar;
mod client;
mod compare;
mod mix;
mod operation;
mod pace;
mod plan;
mod prepare;
mod progress;
mod recorder;
mod report;
mod session;
mod signals;
mod target;
mod text;
mod token;
mod worker;

use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use serde::Serialize;

use args::Args;
use client::Endpoint;
use pace::Pace;
use prepare::{Prepared, prepare};
use recorder::Recorder;
use report::{Circumstances, Report};
use signals::{Signal, Signals};
use target::Target;
use token::Token;
use worker::Load;

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(measure(args))
}

async fn measure(args: Args) -> anyhow::Result<ExitCode> {
    for url in std::iter::once(&args.url).chain(&args.against) {
        if !url.resolve()?.loopback && !args.allow_remote {
            eprintln!(
                "error: {url} is not this machine: a load is for a service of your own; add --allow-remote if it is yours"
            );
            return Ok(ExitCode::from(2));
        }
    }
    let mut signals = Signals::install()?;
    if let Some(other) = &args.against {
        return compare::run(&args, other, &mut signals).await;
    }
    let run = run_once(&args, &args.url, &mut signals).await?;
    if let Some(report) = &run.report {
        show(&args, report, Report::text)?;
    }
    run.finish()
}

/// One measurement of one service.
struct Run {
    /// Missing if a signal came before the load.
    report: Option<Report>,
    signal: Option<Signal>,
    gave_up: bool,
    hint: Option<&'static str>,
    trouble: Option<anyhow::Error>,
}

impl Run {
    /// Whether the load was sent whole and every request got the right answer.
    fn is_good(&self) -> bool {
        let complete = self.signal.is_none() && !self.gave_up && self.trouble.is_none();
        complete && self.report.as_ref().is_some_and(Report::all_is_well)
    }

    /// Says what went wrong, if anything did.
    fn finish(self) -> anyhow::Result<ExitCode> {
        if self.gave_up {
            eprintln!(
                "error: the service is gone: it answered nothing for 5 s; the load was given up"
            );
        }
        if let Some(hint) = self.hint {
            eprintln!("hint: {hint}");
        }
        if let Some(error) = self.trouble {
            return Err(error);
        }
        Ok(match (self.report, self.signal) {
            (Some(report), _) if !report.all_is_well() => ExitCode::FAILURE,
            (_, Some(signal)) => signal.exit_code(),
            _ => ExitCode::SUCCESS,
        })
    }
}

async fn run_once(args: &Args, url: &Target, signals: &mut Signals) -> anyhow::Result<Run> {
    let endpoint = Arc::new(Endpoint {
        addresses: url.resolve()?.addresses,
        host: url.host_header()?,
        timeout: args.timeout,
        opened: AtomicU64::new(0),
    });
    let prepared = tokio::select! {
        prepared = prepare(args, url, &endpoint) => prepared?,
        signal = signals.next() => return Ok(Run {
            report: None,
            signal: Some(signal),
            gave_up: false,
            hint: None,
            trouble: None,
        }),
        _ = progress::announce("preparing: logs in and reads the user's bookings") => {
            unreachable!("an announcement has no end")
        }
    };
    drive(args, url, &endpoint, prepared, signals).await
}

async fn drive(
    args: &Args,
    url: &Target,
    endpoint: &Endpoint,
    prepared: Prepared,
    signals: &mut Signals,
) -> anyhow::Result<Run> {
    let Prepared {
        plan,
        clients,
        mut session,
        token,
    } = prepared;
    let workers = clients.len() as u64;
    let header = token.as_deref().map(Token::new).transpose()?;
    // The first connection was for the preparation.
    endpoint.opened.fetch_sub(1, Ordering::Relaxed);
    let start = Instant::now();
    let load = Arc::new(Load {
        pace: match args.rate {
            Some(rate) => Pace::open(plan.requests, rate, workers),
            None => Pace::closed(plan.requests),
        },
        plan,
        recorder: Recorder::new(),
        token: header,
        gave_up: AtomicBool::new(false),
    });
    let renewal = async {
        match (&load.token, token) {
            (Some(shared), Some(token)) => shared.keep_fresh(&mut session, token).await,
            _ => std::future::pending().await,
        }
    };
    let mut signal: Option<Signal> = None;
    let mut trouble = None;
    tokio::select! {
        () = worker::run(&load, clients) => {}
        received = signals.next() => signal = Some(received),
        Err(error) = renewal => trouble = Some(error),
        _ = progress::report(&load.recorder, args.requests) => {}
    }
    let tally = load.recorder.tally();
    let gave_up = load.gave_up.load(Ordering::Relaxed);
    let report = Report::new(
        Circumstances {
            kind: args.kind.name(),
            url: url.to_string(),
            workers,
            rate: args.rate,
            requests: args.requests,
            interrupted: signal.is_some() || trouble.is_some() || gave_up,
            days: (load.plan.days())
                .map(|(first, last)| (calendar::iso(first), calendar::iso(last))),
            elapsed: tally.last.map_or(Duration::ZERO, |last| last - start),
            connections_opened: endpoint.opened.load(Ordering::Relaxed),
        },
        &tally,
    );
    Ok(Run {
        report: Some(report),
        signal,
        gave_up,
        hint: report::hint(&tally),
        trouble,
    })
}

/// Prints a result in the form that was asked for.
fn show<R: Serialize>(args: &Args, result: &R, text: impl Fn(&R) -> String) -> anyhow::Result<()> {
    let text = if args.json {
        let mut json = serde_json::to_string_pretty(result)?;
        json.push('\n');
        json
    } else {
        text(result)
    };
    match std::io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write the report")
        }
        _ => Ok(()),
    }
}
