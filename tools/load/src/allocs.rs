//! `cargo allocs`: what a running coworking app allocates to answer one request, by its own exact counts.
//!
//! The service counts for the whole process, so the requests are sent one at a time, and the counts are read
//! before and after each ([`reading`]). What the readings themselves allocate is measured first, and taken off.

mod reading;

use std::fmt::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use hyper::header::HeaderValue;
use serde::Serialize;

use crate::args::{Args as LoadArgs, Kind, parse_day};
use crate::client::{Call, Client, Endpoint};
use crate::operation::Operation;
use crate::plan::Plan;
use crate::prepare::{Prepared, prepare};
use crate::session::excerpt;
use crate::target::Target;
use crate::token::Token;
use reading::{Counts, Debug, median};
use terminal::Usage;
use terminal::grouped;

/// Requests before the counted ones: they open what is kept, such as prepared statements and buffers.
const WARM_UP: u64 = 20;

/// What the service still does after an answer belongs to the request; this long it is waited for.
const PAUSE: Duration = Duration::from_millis(1);

/// Count what a running coworking app allocates for one request
///
/// It sends requests one at a time, reads the service's exact counts before and after each, and prints the
/// medians. The service must not do anything else meanwhile.
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
    allocs: Spread,
    bytes: Spread,
}

/// A count over all requests.
#[derive(Debug, Serialize)]
struct Spread {
    median: u64,
    min: u64,
    max: u64,
}

/// Runs the command.
pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    if let Some(kind) = args.kinds.iter().find(|kind| **kind == Kind::Mixed) {
        let name = kind.name();
        return Err(Usage(format!(
            "`{name}` is not one call: name the calls one by one"
        ))
        .into());
    }
    for url in [&args.url, &args.debug_url] {
        if !url.resolve()?.loopback {
            return Err(Usage(format!(
                "{url} is not this machine: requests that come and go over a network cannot be counted one by one"
            ))
            .into());
        }
    }
    let costs = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?
        .block_on(count_all(&args))?;
    let text = if args.json {
        format!("{}\n", serde_json::to_string_pretty(&costs)?)
    } else {
        table(&costs)
    };
    std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}

async fn count_all(args: &Args) -> anyhow::Result<Vec<Cost>> {
    let mut debug = Debug::connect(&args.debug_url, endpoint(&args.debug_url)?).await?;
    let endpoint = endpoint(&args.url)?;
    let mut costs = Vec::new();
    for kind in &args.kinds {
        let load = LoadArgs::one_by_one(*kind, args.url.clone(), WARM_UP + args.requests, args.day);
        let prepared = prepare(&load, &args.url, &endpoint).await?;
        let cost = count(args, prepared, &mut debug).await;
        costs.push(cost.with_context(|| format!("`{}` could not be counted", kind.name()))?);
    }
    Ok(costs)
}

fn endpoint(url: &Target) -> anyhow::Result<Arc<Endpoint>> {
    Ok(Arc::new(Endpoint {
        addresses: url.resolve()?.addresses,
        host: url.host_header()?,
        timeout: Duration::from_secs(30),
        opened: AtomicU64::new(0),
    }))
}

async fn count(args: &Args, prepared: Prepared, debug: &mut Debug) -> anyhow::Result<Cost> {
    let Prepared {
        plan,
        mut clients,
        token,
        ..
    } = prepared;
    let client = clients.first_mut().context("there is no connection")?;
    let token = token.as_deref().map(Token::new).transpose()?;
    let token = token.map(|token| token.header());
    let operation = send(&plan, 0, client, token.as_ref()).await?;
    for index in 1..WARM_UP {
        send(&plan, index, client, token.as_ref()).await?;
    }
    let mut counted = Vec::new();
    let mut idle = Vec::new();
    for index in WARM_UP..plan.requests {
        let first = debug.read().await?;
        tokio::time::sleep(PAUSE).await;
        let before = debug.read().await?;
        send(&plan, index, client, token.as_ref()).await?;
        tokio::time::sleep(PAUSE).await;
        let after = debug.read().await?;
        idle.push(before - first);
        counted.push(after - before);
    }
    let idle = Counts {
        allocs: median(idle.iter().map(|counts| counts.allocs)),
        bytes: median(idle.iter().map(|counts| counts.bytes)),
    };
    let spread = |of: fn(Counts) -> u64| {
        let values = || counted.iter().map(|counts| of(*counts - idle));
        Spread {
            median: median(values()),
            min: values().min().unwrap_or(0),
            max: values().max().unwrap_or(0),
        }
    };
    let cost = Cost {
        call: operation.label(),
        requests: args.requests,
        allocs: spread(|counts| counts.allocs),
        bytes: spread(|counts| counts.bytes),
    };
    ensure!(
        cost.allocs.median > 0,
        "{} counted no allocation while {} answered: are these two of the same process?",
        args.debug_url,
        args.url
    );
    Ok(cost)
}

/// Sends request number `index` of the plan, which must get the right answer.
async fn send(
    plan: &Plan,
    index: u64,
    client: &mut Client,
    token: Option<&HeaderValue>,
) -> anyhow::Result<Operation> {
    let (operation, uri, body) = plan.call(index).map_err(anyhow::Error::msg)?;
    let call = Call {
        operation,
        uri,
        body,
        token: token.filter(|_| operation.needs_token()).cloned(),
    };
    let answer = client.send(call, plan.keep(operation)).await?;
    if answer.status != operation.expected() {
        bail!(
            "{} answered {}, expected {}: {}",
            operation.label(),
            answer.status,
            operation.expected(),
            excerpt(&answer.body)
        );
    }
    Ok(operation)
}

fn table(costs: &[Cost]) -> String {
    let mut text = String::new();
    let mut line = |call: &str, allocs: &str, range: &str, bytes: &str| {
        writeln!(text, "{call:<18}{allocs:>10}{range:>19}{bytes:>12}")
            .expect("writing to a string cannot fail");
    };
    line("one request", "allocs", "from … to", "bytes");
    for cost in costs {
        let Spread { median, min, max } = &cost.allocs;
        let range = format!("{} to {}", grouped(min), grouped(max));
        line(
            cost.call,
            &grouped(median),
            &range,
            &grouped(cost.bytes.median),
        );
    }
    text
}
