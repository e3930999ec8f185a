//! `rops pprof` beside `go tool pprof`, and what is rops' own.

mod bad_input;
mod both;
mod command;
mod console;
#[path = "../server/frames.rs"]
mod frames;
mod generated;
mod generator;
mod of_go;
#[path = "../pseudo_terminal/mod.rs"]
mod pseudo_terminal;
#[path = "../server/page.rs"]
mod server;
mod service;
mod sources;
mod web;
