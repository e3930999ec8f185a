//! What two profilers say about the lines of one function.
//!
//! The crate `pprof` 0.15 takes two stacks for the same if their functions are, and keeps the lines of whichever came
//! first. `diagnostics` keeps every address.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use pprof::ProfilerGuardBuilder;
use profile::Profile;

/// How long one of the eleven parts of the work takes, about.
const PART: Duration = Duration::from_millis(150);

const SOURCE: &str = include_str!("lines.rs");

// ANCHOR: work
#[inline(never)]
fn work(part: u64) {
    rounds(part);
    rounds(9 * part);
    rounds(part);
    // A last call would take this function's place on the stack.
    black_box(part);
}
// ANCHOR_END: work

#[inline(never)]
fn rounds(count: u64) {
    for round in 0..count {
        black_box(round);
    }
}

/// Samples by the line of [`work`] that was under way.
type Lines = BTreeMap<u32, i64>;

fn main() -> anyhow::Result<()> {
    let start = Instant::now();
    let tried = 10_000_000;
    rounds(tried);
    let part = (PART.as_secs_f64() / start.elapsed().as_secs_f64() * tried as f64) as u64;

    // One after the other: both want the same signal.
    let pprof = by_pprof(part)?;
    let diagnostics = by_diagnostics(part)?;

    let mut out = io::stdout().lock();
    writeln!(out, "pprof 0.15  diagnostics")?;
    for (line, text) in (1..).zip(SOURCE.lines()) {
        if text.starts_with("    rounds(") && text.ends_with("part);") {
            let (pprof, diagnostics) = (percent(&pprof, line), percent(&diagnostics, line));
            writeln!(out, "{pprof:9}%  {diagnostics:10}%  {line:3}: {text}")?;
        }
    }
    Ok(())
}

fn percent(lines: &Lines, line: u32) -> i64 {
    let all: i64 = lines.values().sum();
    lines.get(&line).unwrap_or(&0) * 100 / all.max(1)
}

fn by_pprof(part: u64) -> anyhow::Result<Lines> {
    let guard = ProfilerGuardBuilder::default()
        .frequency(997)
        .blocklist(&["libgcc", "vdso"])
        .build()?;
    work(part);
    let report = guard.report().build()?;
    let mut lines = Lines::new();
    for (stack, samples) in &report.data {
        let mut functions = stack.frames.iter().flatten();
        if let Some(work) = functions.find(|function| function.name().ends_with("::work")) {
            *lines.entry(work.lineno()).or_default() += *samples as i64;
        }
    }
    Ok(lines)
}

fn by_diagnostics(part: u64) -> anyhow::Result<Lines> {
    let listening = diagnostics::start(SocketAddr::from(([127, 0, 0, 1], 0))).to_string();
    let address = listening.rsplit_once("http://");
    let address = address.with_context(|| listening.clone())?.1;
    let body = thread::scope(|scope| {
        let fetched = scope.spawn(|| fetch(address));
        // It samples by then, once it has read how stacks are to be walked.
        thread::sleep(Duration::from_secs(1));
        work(part);
        fetched.join()
    });
    let profile = Profile::decode(&body.expect("no thread panics")?)?;
    let mut lines = Lines::new();
    for sample in &profile.samples {
        let locations = sample.location_ids.iter();
        let mut stack = locations
            .filter_map(|&id| profile.location(id))
            .flat_map(|location| &location.lines);
        let work = stack.find(|line| {
            let function = profile.function(line.function_id);
            function.is_some_and(|function| profile.text(function.name).ends_with("::work"))
        });
        if let Some(line) = work {
            *lines.entry(u32::try_from(line.line)?).or_default() += sample.values[0];
        }
    }
    Ok(lines)
}

fn fetch(address: &str) -> anyhow::Result<Vec<u8>> {
    let seconds = (PART * 20).as_secs_f64().ceil();
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /debug/pprof/profile?seconds={seconds}&hz=500 HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    ensure!(
        answer.starts_with(b"HTTP/1.1 200"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n");
    let body = head.context("an answer has a head")? + 4;
    Ok(answer.split_off(body))
}
