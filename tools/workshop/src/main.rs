//! `cargo workshop`: builds and serves the book, runs, compares, checks and captures.

mod allocs;
mod book;
mod capture;
mod check;
mod checkout;
mod course;
mod diff;
mod digits;
mod doctor;
mod explain;
mod list;
mod load;
mod port;
mod run;
mod section;
mod style;
mod tree;
mod usage;

use std::io;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The workshop's own command
///
/// Without a subcommand it builds the book, serves it and opens it in a browser.
#[derive(Debug, Parser)]
#[command(
    name = "cargo workshop",
    bin_name = "cargo workshop",
    version,
    args_conflicts_with_subcommands = true
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    #[command(flatten)]
    serve: book::serve::Args,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(book::serve::Args),
    List(list::Args),
    Doctor(doctor::Args),
    Run(run::Args),
    Diff(diff::Args),
    Checkout(checkout::Args),
    Load(load::Args),
    Allocs(allocs::Args),
    Check(check::Args),
    Capture(capture::Args),
    Explain(explain::Args),
    Port(port::Args),
    #[command(hide = true)]
    Preprocessor(book::preprocessor::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        None => book::serve::run(cli.serve),
        Some(Command::Serve(args)) => book::serve::run(args),
        Some(Command::List(args)) => list::run(args),
        Some(Command::Doctor(args)) => doctor::run(args),
        Some(Command::Run(args)) => run::run(args),
        Some(Command::Diff(args)) => diff::run(args),
        Some(Command::Checkout(args)) => checkout::run(args),
        Some(Command::Port(args)) => port::run(args),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Capture(args)) => capture::run(args),
        Some(Command::Load(args)) => load::run(args),
        Some(Command::Allocs(args)) => allocs::run(args),
        Some(Command::Explain(args)) => explain::run(args),
        Some(Command::Preprocessor(args)) => book::preprocessor::run(args),
    };
    match result {
        Ok(code) => code,
        Err(error) if reader_has_gone(&error) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{0}error:{0:#} {error:#}", style::REMOVED);
            let code = if error.chain().any(|cause| cause.is::<usage::Usage>()) {
                2
            } else {
                1
            };
            ExitCode::from(code)
        }
    }
}

/// Whether the output went into a pipe whose reader had seen enough, as `head` does.
fn reader_has_gone(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}
