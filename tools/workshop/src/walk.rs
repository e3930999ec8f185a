//! `cargo workshop walk`: types what the pages print, as a reader would.

mod pages;
mod ports;
mod terminals;

use std::collections::BTreeMap;
use std::io::{self, Write as _};
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};

use self::pages::{Block, blocks};
use self::ports::Ports;
use self::terminals::Terminals;
use crate::capture::clean::Cleaner;
use crate::capture::{self, Outputs, print_comparison};
use crate::waits::Waits;
use course::Course;
use terminal::style::{ADDED, QUIET, REMOVED, STRONG};

/// Type every command that the pages print, in their order, as a reader would (for maintainers)
///
/// The commands run in this folder, on the readers' own ports and databases, one page after the other, and each meets
/// what those before it have left. What stands under a section in the book is compared with what came out, as
/// `cargo workshop capture --check` does. If a port is taken, the others that the set-up names are used.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo workshop walk              the set-up, and all chapters that are ready
  cargo workshop walk 02 --list    what a reader of chapter 2 types

Exit code: 1 if a command failed or an output is not what the book shows.")]
pub struct Args {
    /// The chapters, 01 or 01-discovery [default: the set-up and all that are ready]
    chapters: Vec<String>,

    /// Only show the commands
    #[arg(long)]
    list: bool,

    /// Record how long each takes, for the book; in a fresh clone, where each builds what it needs
    #[arg(long, conflicts_with = "list")]
    record: bool,
}

#[tokio::main(flavor = "current_thread")]
pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    let pages = pages::of(&course, &args.chapters)?;
    let mut all = Vec::new();
    for page in pages {
        all.extend(blocks(&course, &page)?);
    }
    if args.list {
        return list(&all);
    }
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
    // Whatever ends the walk, what it has started ends with it.
    tokio::select! {
        code = walk(&course, &all, args.record) => code,
        _ = interrupt.recv() => Ok(ExitCode::from(130)),
        _ = terminate.recv() => Ok(ExitCode::from(143)),
    }
}

fn list(blocks: &[Block]) -> anyhow::Result<ExitCode> {
    let mut out = anstream::stdout().lock();
    for block in blocks {
        writeln!(out, "{QUIET}# {}{QUIET:#}\n{}\n", block.place(), block.text)?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn walk(course: &Course, blocks: &[Block], record: bool) -> anyhow::Result<ExitCode> {
    let mut terminals = Terminals::new(&course.root, Ports::free(course)?)?;
    let cleaner = Cleaner::new(course, "");
    // Told once more at the end: what stands in between is long.
    let mut wrong: Vec<Vec<u8>> = Vec::new();
    let mut waits: BTreeMap<String, Waits> = BTreeMap::new();
    for block in blocks {
        writeln!(io::stderr(), "{}:\n{}", block.place(), block.text)?;
        let start = Instant::now();
        let typed = terminals.type_in(block).await;
        let seconds = start.elapsed().as_secs_f64();
        if let Some((chapter, section)) = &block.section {
            let waits = waits.entry(chapter.id()).or_default();
            // What the set-up has typed is quick in the chapter.
            waits.seconds.entry(section.name.clone()).or_insert(seconds);
            waits.disk = Some(target_size(course)?);
        }
        let mut told = Vec::new();
        write!(
            told,
            "{STRONG}{}{STRONG:#} {QUIET}({seconds:.1} s){QUIET:#}  ",
            block.place()
        )?;
        let right = match (typed, &block.section) {
            (Err(error), _) => {
                writeln!(told, "{REMOVED}failed{REMOVED:#}   {error:#}")?;
                false
            }
            (Ok(output), Some((chapter, section))) => {
                let mut outputs = Outputs::new();
                capture::add(&mut outputs, section, cleaner.clean(&output));
                let captures = chapter.captures();
                print_comparison(&mut told, &course.root, &captures, section, &outputs)?
            }
            (Ok(_), None) => {
                writeln!(told, "{ADDED}done{ADDED:#}")?;
                true
            }
        };
        anstream::stdout().lock().write_all(&told)?;
        if !right {
            wrong.push(told);
        }
    }
    if record {
        for (chapter, waits) in &waits {
            waits.write(course, course.chapter(chapter)?)?;
        }
    }
    let mut out = anstream::stdout().lock();
    let (all, count) = (blocks.len(), wrong.len());
    writeln!(out, "\n{all} blocks of commands, {count} of them wrong")?;
    for told in &wrong {
        out.write_all(told)?;
    }
    Ok(ExitCode::from(u8::from(count > 0)))
}

/// What cargo's folder holds, in gigabytes.
fn target_size(course: &Course) -> anyhow::Result<f64> {
    let mut du = Command::new("du");
    du.args(["-s", "--block-size=1M", "target"])
        .current_dir(&course.root);
    let told = du.output().context("cannot run du")?.stdout;
    let megabytes = String::from_utf8_lossy(&told);
    let megabytes = megabytes
        .split_whitespace()
        .next()
        .and_then(|it| it.parse::<f64>().ok());
    Ok(megabytes.unwrap_or_default() / 1000.0)
}
