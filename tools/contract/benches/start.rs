//! How long a service takes until it answers, with few and with many bookings ahead, at the last two checkpoints in turn.
//!
//! ```console
//! cargo bench -p contract --bench start
//! ```
//!
//! Kept with its output in `benches/results`.

use std::{process::Command, time::Instant};

use anyhow::{Context as _, Result, ensure};
use contract::{checkpoint::Checkpoint, context::Context, database::Database};
use tokio::runtime::Runtime;

const BEFORE: &str = "step-07-agent-inspection";
const BOOKINGS: [u32; 3] = [3_000, 30_000, 300_000];
const ROUNDS: usize = 5;

fn main() -> Result<()> {
    let contexts = Context::on_sqlite(Checkpoint::from(BEFORE)?)?;
    let [before, after] = contexts.as_slice() else {
        anyhow::bail!("there is no checkpoint after {BEFORE}, or more than one");
    };
    let after_name = &after.target().checkpoint.name;
    println!(
        "milliseconds until the first answer: {BEFORE}, {after_name}, medians of {ROUNDS} starts in turn\n"
    );
    println!("bookings      before      after      ratio");
    let runtime = Runtime::new()?;
    for bookings in BOOKINGS {
        let [before, after] = runtime.block_on(medians([before, after], bookings))?;
        println!(
            "{bookings:<11}{before:>9.1} {after:>10.1} {:>10.1}",
            before / after
        );
    }
    Ok(())
}

async fn medians(contexts: [&Context; 2], bookings: u32) -> Result<[f64; 2]> {
    let databases = [
        filled(contexts[0], bookings).await?,
        filled(contexts[1], bookings).await?,
    ];
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        for side in 0..2 {
            times[side].push(start(contexts[side], &databases[side]).await?);
        }
    }
    Ok(times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    }))
}

/// Milliseconds until the server has answered its first request.
async fn start(context: &Context, database: &Database) -> Result<f64> {
    let begun = Instant::now();
    let service = context.launch(database).start().await?;
    let elapsed = begun.elapsed();
    drop(service);
    Ok(elapsed.as_secs_f64() * 1e3)
}

/// A database that has been migrated and filled.
async fn filled(context: &Context, bookings: u32) -> Result<Database> {
    let service = context.start().await?;
    let mut fill = Command::new("cargo");
    fill.args(["run", "--quiet", "--release", "--package", "database", "--"]);
    fill.args([
        "fill",
        service.database.url(),
        "--bookings",
        &bookings.to_string(),
    ]);
    let output = fill.output().context("cannot run cargo")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo database failed: {said}");
    Ok(service.database.clone())
}
