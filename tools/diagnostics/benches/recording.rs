//! What the flight recorder costs the service that carries it: processor time per booking with it off and on.
//!
//! `cargo bench -p diagnostics --bench recording`
//!
//! Two servers of the same program book in turn, so that whatever else changes meanwhile changes both.

mod booking;

use std::process::ExitCode;

use booking::{Result, Server};

/// The last checkpoint.
const PACKAGE: &str = "step-06-tracing";
const BOOKINGS: u32 = 4_000;
const TURNS: usize = 24;

fn main() -> ExitCode {
    booking::bench("recording", run)
}

fn run() -> Result<()> {
    let off = Server::start_with(PACKAGE, &["--recorder-size", "0"])?;
    let on = Server::start(PACKAGE)?;
    // Fills the pools and the caches, and all of the recorder's memory.
    for server in [&off, &on] {
        server.book(10 * BOOKINGS)?;
    }
    println!("processor time of a booking in {PACKAGE}, release, SQLite, in microseconds\n");
    println!("turn        off         on   added, %");
    let (mut without, mut with, mut added) = (Vec::new(), Vec::new(), Vec::new());
    for turn in 1..=TURNS {
        // Who comes first changes from turn to turn.
        let (off, on) = match turn % 2 {
            0 => (off.each(BOOKINGS)?, on.each(BOOKINGS)?),
            _ => {
                let on = on.each(BOOKINGS)?;
                (off.each(BOOKINGS)?, on)
            }
        };
        let percent = (on / off - 1.0) * 100.0;
        println!("{turn:>4} {off:>10.1} {on:>10.1} {percent:>10.1}");
        without.push(off);
        with.push(on);
        added.push(percent);
    }
    // How far the quartiles are apart tells how much of a difference is the machine's.
    println!();
    for (name, quarter) in [("quarter", 1), ("median", 2), ("three", 3)] {
        let [off, on, percent] =
            [&without, &with, &added].map(|values| booking::quartile(values, quarter));
        println!("{name:<8}{off:>7.1} {on:>10.1} {percent:>10.1}");
    }
    Ok(())
}
