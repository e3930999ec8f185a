//! `cargo load` against a small service that can misbehave.

mod allocs;
mod command;
mod comparison;
mod kinds;
mod loops;
mod stub;
mod trouble;
