//! `cargo load` against a small service that can misbehave.

mod allocs;
mod command;
mod comparison;
mod kinds;
mod loops;
#[cfg(target_os = "linux")]
mod processor;
mod stub;
mod trouble;
