//! `cargo workshop`: builds and serves the book, runs, compares, checks and captures.

// It panics where the output is closed or full.
#![deny(clippy::print_stdout)]

mod book;
mod capture;
mod check;
mod checkout;
mod copies;
mod diff;
mod doctor;
mod exercises;
mod hint;
mod list;
mod port;
mod reset;
mod run;
mod verify;
mod waits;
mod walk;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use terminal::Usage;

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
    Verify(verify::Args),
    Hint(hint::Args),
    Reset(reset::Args),
    Check(check::Args),
    Capture(capture::Args),
    Port(port::Args),
    Walk(walk::Args),
    /// Former spellings, which name the new ones.
    #[command(hide = true)]
    Load(Former),
    #[command(hide = true)]
    Allocs(Former),
    #[command(hide = true)]
    Explain(Former),
    #[command(hide = true)]
    Preprocessor(book::preprocessor::Args),
}

/// What was a subcommand here and has a door of its own now.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
struct Former {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Former {
    fn run(self, name: &str) -> anyhow::Result<ExitCode> {
        let arguments: String = self
            .arguments
            .iter()
            .map(|argument| format!(" {argument}"))
            .collect();
        Err(Usage(format!(
            "it is a command of its own now: cargo {name}{arguments}"
        ))
        .into())
    }
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
        Some(Command::Verify(args)) => verify::run(args),
        Some(Command::Hint(args)) => hint::run(args),
        Some(Command::Reset(args)) => reset::run(args),
        Some(Command::Port(args)) => port::run(args),
        Some(Command::Walk(args)) => walk::run(args),
        Some(Command::Check(args)) => check::run(args),
        Some(Command::Capture(args)) => capture::run(args),
        Some(Command::Load(former)) => former.run("load"),
        Some(Command::Allocs(former)) => former.run("allocs"),
        Some(Command::Explain(former)) => former.run("explain"),
        Some(Command::Preprocessor(args)) => book::preprocessor::run(args),
    };
    terminal::end(result)
}
