//! `rops trace`: on traces that are written here, on those that the recorder writes, and on what is none.

mod bad_input;
mod foreign;
#[path = "../server/frames.rs"]
mod frames;
mod reports;
#[path = "../server/page.rs"]
mod server;
mod web;
mod why;
mod written;
