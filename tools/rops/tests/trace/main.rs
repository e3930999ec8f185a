//! `rops trace`: on traces that are written here, on those that the recorder writes, and on what is none.

mod bad_input;
mod foreign;
mod reports;
#[path = "../server/page.rs"]
mod server;
mod web;
mod written;
