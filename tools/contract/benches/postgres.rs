//! What the pages measure on SQLite, on PostgreSQL: neighbouring checkpoints in turn.
//!
//! ```console
//! cargo bench -p contract --bench postgres
//! ```
//!
//! It needs PostgreSQL, as the suite does, and starts one of its own. Kept with its output in `benches/results`.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use contract::{checkpoint::Checkpoint, context::Context, launch::Service};
use serde_json::Value;
use tokio::runtime::Runtime;

const FIVE: &str = "step-05-profiles";
const SIX: &str = "step-06-tracing";
const SEVEN: &str = "step-07-agent-inspection";

/// Clients at a time, and bookings in each round.
const LOADS: [(usize, usize); 3] = [(1, 1_000), (16, 3_000), (64, 3_000)];

/// What needs a token, and requests in each round.
const AUTHORIZED: [(&str, usize); 2] = [("my-bookings", 4_000), ("bookings", 3_000)];

fn main() -> Result<()> {
    let checkpoints = Checkpoint::all()?.into_iter();
    let checkpoints: Vec<_> = checkpoints
        .filter(|one| [FIVE, SIX, SEVEN].contains(&one.name.as_str()))
        .collect();
    let runtime = Runtime::new()?;
    let contexts = runtime.block_on(Context::on_postgres(checkpoints))?;
    let [five, six, seven] = contexts.as_slice() else {
        anyhow::bail!("{FIVE}, {SIX} or {SEVEN} is not there");
    };
    // Each pair begins with new databases.
    let started = |before: &Context, after: &Context| {
        runtime.block_on(async { anyhow::Ok([before.start().await?, after.start().await?]) })
    };
    batches(&started(six, seven)?)?;
    println!();
    authorization(&started(five, six)?)
}

/// Chapter 6: what it costs to write one by one.
fn batches(services: &[Service; 2]) -> Result<()> {
    println!("bookings a second on PostgreSQL: {SIX}, {SEVEN}, medians of three rounds in turn\n");
    println!("clients       before      after      ratio     p50 ratio     p99 ratio");
    for (clients, bookings) in LOADS {
        let of = compare(services, "bookings", clients, bookings)?;
        let [before, after, ratio] = of.each("throughput");
        let [[_, _, p50], [_, _, p99]] = ["p50", "p99"].map(|row| of.each(row));
        let name = format!("{clients} at a time");
        println!("{name:<13}{before:>7.0} {after:>10.0} {ratio:>10.2} {p50:>13.2} {p99:>13.2}");
    }
    Ok(())
}

/// Chapter 5: what it costs to find out who asks.
fn authorization(services: &[Service; 2]) -> Result<()> {
    println!(
        "requests a second on PostgreSQL, and processor time of the service for each: {FIVE}, {SIX}, 8 clients, medians of three rounds in turn\n"
    );
    println!(
        "requests      before      after      ratio    before, µs     after, µs   ratio of µs"
    );
    for (kind, requests) in AUTHORIZED {
        let of = compare(services, kind, 8, requests)?;
        let [before, after, ratio] = of.each("throughput");
        let [long, short, shorter] = of.each("processor");
        let [long, short] = [long, short].map(|nanoseconds| nanoseconds / 1e3);
        println!(
            "{kind:<13}{before:>7.0} {after:>10.0} {ratio:>10.2} {long:>13.1} {short:>13.1} {shorter:>13.2}"
        );
    }
    Ok(())
}

/// What `cargo load --against` says.
struct Compared(Value);

impl Compared {
    /// Before, after, and how many times better that is.
    fn each(&self, row: &str) -> [f64; 3] {
        ["before", "after", "ratio"].map(|column| self.0[row][column].as_f64().unwrap_or(f64::NAN))
    }
}

fn compare(
    [before, after]: &[Service; 2],
    kind: &str,
    clients: usize,
    requests: usize,
) -> Result<Compared> {
    let url = |service: &Service| format!("http://{}", service.server.address());
    let mut load = Command::new("cargo");
    load.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "load",
        "--bin",
        "load",
        "--",
    ]);
    load.args([
        kind,
        "--json",
        "--url",
        &url(before),
        "--against",
        &url(after),
    ]);
    load.args([
        "--workers",
        &clients.to_string(),
        "--requests",
        &requests.to_string(),
    ]);
    let output = load.output().context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo load failed: {said}");
    Ok(Compared(serde_json::from_slice(&output.stdout)?))
}
