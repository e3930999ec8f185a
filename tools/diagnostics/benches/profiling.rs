//! What a CPU profile costs the service that it is taken of: processor time per booking without and with one running.
//!
//! `cargo bench -p diagnostics --bench profiling`
//!
//! The same server books in turn without a profile and with one, so that whatever else changes meanwhile changes both.
//! What one whole profile takes beside the samples, preparing the walks and naming functions, is measured at rest.

mod booking;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::ExitCode;
use std::thread::sleep;
use std::time::{Duration, Instant};

use booking::{Result, Server};

/// The checkpoint in which chapter 5 profiles.
const PACKAGE: &str = "step-05-profiles";
const BOOKINGS: u32 = 4_000;
const TURNS: usize = 16;
const HZ: [u32; 2] = [99, 997];

fn main() -> ExitCode {
    booking::bench("profiling", run)
}

fn run() -> Result<()> {
    let server = Server::start(PACKAGE)?;
    // Fills the pools and the caches.
    server.book(BOOKINGS)?;
    println!("processor time of a booking in {PACKAGE}, release, SQLite, in microseconds\n");
    println!("turn    without    at 99 Hz   at 997 Hz");
    let mut columns = [const { Vec::new() }; 1 + HZ.len()];
    for turn in 1..=TURNS {
        let mut row = vec![server.each(BOOKINGS)?];
        for hz in HZ {
            let profile = profile(&server, &format!("seconds=300&hz={hz}"))?;
            // Until it has prepared its walks and armed its timers.
            sleep(Duration::from_millis(500));
            row.push(server.each(BOOKINGS)?);
            drop(profile);
            // Until it has noticed that nobody waits for it any more.
            sleep(Duration::from_millis(500));
        }
        println!(
            "{turn:>4} {:>10.1} {:>11.1} {:>11.1}",
            row[0], row[1], row[2]
        );
        columns
            .iter_mut()
            .zip(row)
            .for_each(|(column, value)| column.push(value));
    }
    // How far the quartiles are apart tells how much of a difference is the machine's.
    println!();
    for (name, quarter) in [("quarter", 1), ("median", 2), ("three", 3)] {
        let [without, at_99, at_997] = columns
            .each_ref()
            .map(|column| booking::quartile(column, quarter));
        println!("{name:<8}{without:>7.1} {at_99:>11.1} {at_997:>11.1}");
    }
    let [without, at_99, at_997] = columns
        .each_ref()
        .map(|column| booking::quartile(column, 2));
    let added = |with: f64| (with / without - 1.0) * 100.0;
    println!(
        "added, %        {:>11.1} {:>11.1}\n",
        added(at_99),
        added(at_997)
    );

    for query in ["seconds=1", "seconds=1&symbolize=0"] {
        let took = whole(&server, query)?;
        println!("one profile at rest, {query}: {took:.0} ms of processor time");
    }
    Ok(())
}

/// Asks for a profile, which ends when the connection is dropped.
fn profile(server: &Server, query: &str) -> Result<TcpStream> {
    let mut stream = TcpStream::connect(&server.debug_address)?;
    let request = format!(
        "GET /debug/pprof/profile?{query} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes())?;
    Ok(stream)
}

/// Milliseconds of processor time that the whole process took while one profile was made.
fn whole(server: &Server, query: &str) -> Result<f64> {
    let start = Instant::now();
    let before = server.whole_time()?;
    let mut answer = Vec::new();
    profile(server, query)?.read_to_end(&mut answer)?;
    if !answer.starts_with(b"HTTP/1.1 200") {
        return Err(String::from_utf8_lossy(&answer).into());
    }
    let took = server.whole_time()?.saturating_sub(before);
    assert!(start.elapsed() >= Duration::from_secs(1));
    Ok(took.as_secs_f64() * 1e3)
}
