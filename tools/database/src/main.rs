//! `cargo database query 01 SQL`, `fill 01 --bookings N` and `reset 01`: what the chapters need of a database client.

mod connect;
mod fill;
mod query;
mod reset;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Queries, fills and empties the database of a checkpoint.
#[derive(Debug, Parser)]
#[command(name = "cargo database", bin_name = "cargo database", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Query(query::Args),
    Fill(fill::Args),
    Reset(reset::Args),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Query(args) => query::run(args).await,
        Command::Fill(args) => fill::run(args).await,
        Command::Reset(args) => reset::run(args).await,
    };
    terminal::end(done.map(|()| ExitCode::SUCCESS))
}
