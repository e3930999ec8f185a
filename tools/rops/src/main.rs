//! `rops`: looks into profiles of services in Rust and Go.

mod command;
mod console;
mod go_spelling;
mod graphviz;
mod live;
mod settings;
mod web;

use std::env;
use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let arguments = match go_spelling::translate(env::args().collect()) {
        Ok(arguments) => arguments,
        Err(error) => return terminal::end(Err(error)),
    };
    terminal::end(command::Rops::parse_from(arguments).run())
}
