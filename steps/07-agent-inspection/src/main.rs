//! Parses the settings, installs the instruments, connects, serves.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use step_07_agent_inspection as app;

use anyhow::Context as _;
use app::{config::Config, server, telemetry};

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

// ANCHOR: run
fn run() -> anyhow::Result<()> {
    let config = Config::load()?;
    let diagnostics = diagnostics::install_with(config.diagnostics())?;
    let _telemetry = telemetry::init(&config)?;
    let runtime = diagnostics.runtime().build()?;
    writeln!(io::stdout(), "{}", diagnostics.listen(config.debug_listen))
        .context("cannot print the address")?;
    server::run(config, &runtime)
}
// ANCHOR_END: run
