//! `cargo load`.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    terminal::end(load::run(load::args::Args::parse()))
}
