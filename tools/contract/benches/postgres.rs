//! Bookings on PostgreSQL, at two neighbouring checkpoints in turn: what the pages measure on SQLite.
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

const BEFORE: &str = "step-06-tracing";
const AFTER: &str = "step-07-agent-inspection";

/// Clients at a time, and bookings in each round.
const LOADS: [(usize, usize); 3] = [(1, 1_000), (16, 3_000), (64, 3_000)];

fn main() -> Result<()> {
    let checkpoints = Checkpoint::all()?.into_iter();
    let checkpoints: Vec<_> = checkpoints
        .filter(|one| [BEFORE, AFTER].contains(&one.name.as_str()))
        .collect();
    let runtime = Runtime::new()?;
    let contexts = runtime.block_on(Context::on_postgres(checkpoints))?;
    let services = contexts
        .iter()
        .map(|context| runtime.block_on(context.start()));
    let services: Vec<_> = services.collect::<Result<_>>()?;
    let [before, after] = services.as_slice() else {
        anyhow::bail!("{BEFORE} or {AFTER} is not there");
    };
    println!(
        "bookings a second on PostgreSQL: {BEFORE}, {AFTER}, medians of three rounds in turn\n"
    );
    println!("clients       before      after      ratio     p50 ratio     p99 ratio");
    for (clients, bookings) in LOADS {
        let compared = compare(before, after, clients, bookings)?;
        let of = |row: &str, column: &str| compared[row][column].as_f64().unwrap_or(f64::NAN);
        let throughput = ["before", "after", "ratio"].map(|column| of("throughput", column));
        let [before, after, ratio] = throughput;
        let [p50, p99] = ["p50", "p99"].map(|row| of(row, "ratio"));
        let name = format!("{clients} at a time");
        println!("{name:<13}{before:>7.0} {after:>10.0} {ratio:>10.2} {p50:>13.2} {p99:>13.2}");
    }
    Ok(())
}

/// What `cargo load --against` says.
fn compare(before: &Service, after: &Service, clients: usize, bookings: usize) -> Result<Value> {
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
        "bookings",
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
        &bookings.to_string(),
    ]);
    let output = load.output().context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo load failed: {said}");
    Ok(serde_json::from_slice(&output.stdout)?)
}
