//! `cargo load` puts a load on a running coworking app and measures its answers; `cargo allocs` counts what it
//! allocates for one request.
//!
//! In reading order: [`args`] what can be asked for, [`api`] the calls, [`target`] where they go, [`listener`] who is there, [`service`] what comes
//! before a measurement, [`plan`] which request comes when, [`pace`] when it is due (closed or open loop),
//! [`measure`] and [`client`] the sending, [`logins`] what comes in meanwhile, [`tally`] the counting, [`progress`], [`report`] and [`number`] what is shown,
//! [`compare`] two services in turn, [`allocs`] the other command.

#![allow(rustdoc::private_intra_doc_links)]

pub mod allocs;
mod api;
pub mod args;
mod client;
mod compare;
mod listener;
mod logins;
mod measure;
mod number;
mod pace;
mod plan;
mod progress;
mod report;
mod service;
mod tally;
mod target;

use std::process::ExitCode;

use anyhow::Context;

use args::Args;
use logins::Logins;
use measure::Signals;
use report::Show;

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    on_this_thread(async {
        let mut job = args.job();
        job.url.identify();
        let mut signals = Signals::catch()?;
        if let Some(percent) = args.logins {
            job.logins = match Logins::at(percent, &job, &mut signals).await? {
                Ok(logins) => Some(logins),
                Err(run) => {
                    if let Some(report) = &run.report {
                        report.print(args.json)?;
                    }
                    return run.finish();
                }
            };
        }
        if let Some(mut other) = args.against {
            other.identify();
            return compare::run(&job, other, args.rounds, args.json, &mut signals).await;
        }
        let run = measure::run(&job, &mut signals).await?;
        if let Some(report) = &run.report {
            report.print(args.json)?;
        }
        run.finish()
    })
}

fn on_this_thread<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(work)
}
