//! `cargo allocs`.

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    terminal::end(load::allocs::run(load::allocs::Args::parse()))
}
