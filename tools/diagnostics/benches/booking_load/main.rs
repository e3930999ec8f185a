//! What counting adds to a whole booking: a real server with the counting allocator against the same server with
//! jemalloc alone.
//!
//! `cargo bench -p diagnostics --bench booking_load [-- --step STEP --sessions N --blocks N --bookings N --clients N]`
//!
//! Both servers run at the same time, each on a database of its own, and are loaded in turns, A B B A and then B A A B, so
//! that a machine that gets slower or a table that grows costs both the same. They are started anew several times, since where
//! a process happens to lie in memory makes it a little faster or slower for its whole life. The processor time of the server decides: the
//! time on the clock depends on what else the machine does.

mod build;
mod client;
mod measure;
#[path = "../pair/mod.rs"]
mod pair;
#[path = "../report/mod.rs"]
mod report;
mod server;

use std::path::Path;
use std::process::ExitCode;
use std::{env, error};

type Result<T> = std::result::Result<T, Box<dyn error::Error>>;

/// Linux's file system in memory. A commit there does not wait for a disk, which would hide the server's own work
/// behind its noise.
const MEMORY: &str = "/dev/shm";

/// How much is measured.
struct Plan {
    /// The package of the checkpoint whose server is measured; the first one unless given.
    step: Option<String>,
    /// How often both servers are started anew.
    sessions: usize,
    /// Blocks of four rounds, A B B A, in each session.
    blocks: usize,
    /// Bookings in a round.
    bookings: usize,
    /// Connections that book at the same time.
    clients: usize,
    /// Where the databases are.
    disk: &'static str,
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    // `cargo bench` says `--bench`. Without it this runs as a test, for which the measurement takes too long.
    if !arguments.iter().any(|argument| argument == "--bench") {
        eprintln!("nothing measured: run `cargo bench -p diagnostics --bench booking_load`");
        return ExitCode::SUCCESS;
    }
    let plan = match Plan::parse(&arguments) {
        Ok(plan) => plan,
        Err(error) => {
            eprintln!(
                "error: {error}; there are --step, --sessions, --blocks, --bookings and --clients, each with a value"
            );
            return ExitCode::from(2);
        }
    };
    match run(&plan) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

impl Plan {
    fn parse(arguments: &[String]) -> Result<Self> {
        let mut plan = Self {
            step: None,
            sessions: 12,
            blocks: 10,
            bookings: 500,
            clients: 4,
            disk: if Path::new(MEMORY).is_dir() {
                "tmpfs"
            } else {
                "disk"
            },
        };
        let mut arguments = arguments.iter();
        while let Some(name) = arguments.next() {
            if name == "--bench" {
                continue;
            }
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} stands without a value"))?;
            let count = || match value.parse() {
                Ok(count) if count > 0 => Ok(count),
                _ => Err(format!("{name} is {value:?}, not a number above zero")),
            };
            match name.as_str() {
                "--step" => plan.step = Some(value.clone()),
                "--sessions" => plan.sessions = count()?,
                "--blocks" => plan.blocks = count()?,
                "--bookings" => plan.bookings = count()?,
                "--clients" => plan.clients = count()?,
                _ => return Err(format!("{name} is unknown").into()),
            }
        }
        Ok(plan)
    }
}

fn run(plan: &Plan) -> Result<()> {
    let step = match &plan.step {
        Some(step) => step.clone(),
        None => build::first_step()?,
    };
    let folder = tempfile::tempdir()?;
    let plain = build::server(&step, true, folder.path())?;
    let counted = build::server(&step, false, folder.path())?;
    let databases = match plan.disk {
        "tmpfs" => tempfile::tempdir_in(MEMORY)?,
        _ => tempfile::tempdir()?,
    };
    let mut rounds = measure::Rounds::default();
    for session in 0..plan.sessions {
        eprintln!("session {} of {}", session + 1, plan.sessions);
        let database = |side: &str| databases.path().join(format!("{session}-{side}.db"));
        let plain = server::Server::start(&plain, &database("plain"))?;
        let counted = server::Server::start(&counted, &database("counted"))?;
        rounds.session(plan, &plain, &counted)?;
    }
    let text = measure::summary(plan, &step, &rounds);
    report::publish("booking_load", &text)?;
    Ok(())
}
