//! `cargo allocs`: what a running coworking app allocates to answer one request, by its own exact counts.
//!
//! The service counts for the whole process, so the requests are sent one at a time, and the counts are read
//! before and after each ([`reading`]). What the readings themselves allocate is measured first, and taken off.

mod reading;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::Serialize;
use terminal::{Usage, grouped};

use crate::api::{Kind, Operation};
use crate::client::{Client, Request};
use crate::number::Spread;
use crate::plan::{Plan, parse_day};
use crate::report::Show;
use crate::service::{Job, Prepared, clean_up, prepare};
use crate::target::Target;
use reading::{Counts, disturbed, read};

/// Requests before the counted ones: they open what is kept, such as prepared statements and buffers.
const WARM_UP: u64 = 20;

/// What the service still does after an answer belongs to the request; this long it is waited for.
const PAUSE: Duration = Duration::from_millis(1);

/// Count what a running coworking app allocates for one request
///
/// It sends requests one at a time, reads the service's exact counts before and after each, and prints the
/// medians. The service must not do anything else meanwhile; if it does, a warning says so.
#[derive(Debug, clap::Parser)]
#[command(
    name = "cargo allocs",
    bin_name = "cargo allocs",
    version,
    after_help = "\
Allocations are calls of the allocator, reallocations included; bytes are those that were asked for. What C
libraries allocate (SQLite does) is not counted.

Fields of --json, an array with an object for each call:
  call                        as the API's documentation writes it
  requests                    how many were counted
  allocs, bytes               {median, min, max} of what one request allocated

Examples:
  cargo allocs
  cargo allocs rooms --day 2027-01-31 --requests 20
  cargo allocs my-bookings --url http://127.0.0.1:8081 --debug-url http://127.0.0.1:6061 --json"
)]
pub struct Args {
    /// What to count
    #[arg(value_enum, value_name = "KIND", default_values_t = [Kind::Room, Kind::Picture, Kind::MyBookings, Kind::Bookings])]
    kinds: Vec<Kind>,

    /// Where the app listens
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8080", value_parser = Target::parse)]
    url: Target,

    /// Where its diagnostics listen
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:6060", value_parser = Target::parse)]
    debug_url: Target,

    /// How many requests of each kind to count
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=100_000))]
    requests: u64,

    /// Ask `rooms` for the availability on this day
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = parse_day)]
    day: Option<time::Date>,

    /// Print JSON instead of text
    #[arg(long)]
    json: bool,
}

/// What one call costs.
#[derive(Debug, Serialize)]
struct Cost {
    call: &'static str,
    requests: u64,
    allocs: Spread<u64>,
    bytes: Spread<u64>,
    /// How many of the readings show that somebody else is busy at the service.
    #[serde(skip)]
    disturbed: usize,
}

/// What is printed: JSON has the calls alone.
#[derive(Debug, Serialize)]
#[serde(transparent)]
struct Costs {
    calls: Vec<Cost>,
    #[serde(skip)]
    service: String,
}

/// Runs the command.
pub fn run(mut args: Args) -> anyhow::Result<ExitCode> {
    if args.kinds.contains(&Kind::Mixed) {
        let reason = "`mixed` is not one call: name the calls one by one";
        return Err(Usage(reason.to_owned()).into());
    }
    args.url.identify();
    let costs = Costs {
        calls: crate::on_this_thread(count_all(&args))?,
        service: args.url.named(),
    };
    costs.print(args.json)?;
    for cost in &costs.calls {
        // Two readings per request.
        let readings = 2 * cost.requests as usize;
        // A few may be the service's own work now and then.
        if cost.disturbed > 1 + readings / 50 {
            let _ = writeln!(
                io::stderr(),
                "warning: {}: {} of {readings} readings show that somebody else is busy at {}: its allocations are counted too",
                cost.call,
                cost.disturbed,
                args.url
            );
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn count_all(args: &Args) -> anyhow::Result<Vec<Cost>> {
    let timeout = Duration::from_secs(30);
    let mut diagnostics = Client::new(args.debug_url.clone(), timeout);
    diagnostics.connect().await.with_context(|| {
        let url = &args.debug_url;
        format!(
            "no diagnostics answer at {url}: the service prints where they listen when it starts"
        )
    })?;
    let mut costs = Vec::new();
    for kind in &args.kinds {
        let job = Job {
            kind: *kind,
            url: args.url.clone(),
            requests: args.requests,
            workers: 1,
            rate: None,
            logins: None,
            day: args.day,
            timeout,
        };
        let Prepared { plan, mut clients } = prepare(&job).await?;
        let client = clients.first_mut().context("there is no connection")?;
        let cost = count(&job, &plan, client, &mut diagnostics).await;
        clean_up(&job, &plan)
            .await
            .context("cannot take the bookings away")?;
        let cost = cost.with_context(|| format!("`{kind}` could not be counted"))?;
        ensure!(
            cost.allocs.median > 0,
            "{} counted no allocation while {} answered: are these two of the same process?",
            args.debug_url,
            args.url
        );
        costs.push(cost);
    }
    Ok(costs)
}

async fn count(
    job: &Job,
    plan: &Plan,
    client: &mut Client,
    diagnostics: &mut Client,
) -> anyhow::Result<Cost> {
    for index in 0..WARM_UP {
        send(plan, index, client).await?;
    }
    let mut operation = plan.operation(0);
    let (mut idle, mut counted) = (Vec::new(), Vec::new());
    for index in WARM_UP..WARM_UP + job.requests {
        let first = read(diagnostics).await?;
        tokio::time::sleep(PAUSE).await;
        let before = read(diagnostics).await?;
        operation = send(plan, index, client).await?;
        tokio::time::sleep(PAUSE).await;
        let after = read(diagnostics).await?;
        idle.push(before - first);
        counted.push(after - before);
    }
    let spread = |readings: &[Counts], of: fn(&Counts) -> u64| {
        Spread::of(readings.iter().map(of)).context("nothing was counted")
    };
    let reading = Counts {
        allocs: spread(&idle, |counts| counts.allocs)?.median,
        bytes: spread(&idle, |counts| counts.bytes)?.median,
    };
    let disturbed = [&idle, &counted].map(|readings| disturbed(readings));
    let counted: Vec<Counts> = counted.iter().map(|counts| *counts - reading).collect();
    Ok(Cost {
        call: operation.label(),
        requests: job.requests,
        allocs: spread(&counted, |counts| counts.allocs)?,
        bytes: spread(&counted, |counts| counts.bytes)?,
        disturbed: disturbed.iter().sum(),
    })
}

/// Sends request number `index` of the plan, which must get the right answer.
async fn send(plan: &Plan, index: u64, client: &mut Client) -> anyhow::Result<Operation> {
    let call = plan.call(index).map_err(anyhow::Error::msg)?;
    let token = plan.token();
    let answer = client.send(Request::of(&call, &token)).await?;
    ensure!(
        answer.status == call.operation.expected(),
        "{}",
        call.operation.unexpected(answer.status, answer.body)
    );
    Ok(call.operation)
}

impl Show for Costs {
    fn text(&self, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "service: {}\n", self.service)?;
        let mut line = |call: &str, allocs: &str, range: &str, bytes: &str| {
            writeln!(out, "{call:<18}{allocs:>10}{range:>19}{bytes:>12}")
        };
        line("one request", "allocs", "from … to", "bytes")?;
        for cost in &self.calls {
            let Spread { median, min, max } = cost.allocs;
            let range = format!("{} to {}", grouped(min), grouped(max));
            let bytes = grouped(cost.bytes.median);
            line(cost.call, &grouped(median), &range, &bytes)?;
        }
        Ok(())
    }
}
