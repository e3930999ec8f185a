//! `cargo workshop doctor`: what this machine has of what the workshop can use.

mod machine;
mod tools;

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde::Serialize;

use course::Course;
use terminal::style::{ADDED, QUIET, REMOVED, STRONG, WARNING};

/// See what is installed: tools, free ports, permissions, disk space
///
/// Says for each thing what it is for and how to get it. Only what is marked as missing has to be there;
/// what is optional opens up one more thing.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo workshop doctor
  cargo workshop doctor --json | jq -r '.[] | select(.state == \"missing\") | .name'

Exit code: 1 if something is missing that the workshop cannot do without.")]
pub struct Args {
    /// Print JSON, one object per thing looked at
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Finding {
    name: String,
    state: State,
    /// What was found: a version, a path, a number.
    found: String,
    /// What it is for, and in which chapter.
    purpose: &'static str,
    /// How to get it or to put it right; empty when all is well.
    remedy: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Ok,
    /// The workshop does without it, but something is not to be had.
    Optional,
    /// The workshop cannot do without it.
    Missing,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    let mut findings = tools::look(&course.root);
    findings.extend(machine::look(&course.root));
    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&findings)?)?;
    } else {
        print(&mut out, &findings)?;
    }
    let missing = findings.iter().any(|f| f.state == State::Missing);
    Ok(ExitCode::from(u8::from(missing)))
}

fn print(out: &mut impl io::Write, findings: &[Finding]) -> io::Result<()> {
    let width = findings.iter().map(|f| f.name.len()).max().unwrap_or(0);
    for Finding {
        name,
        state,
        found,
        purpose,
        remedy,
    } in findings
    {
        let (style, word) = match state {
            State::Ok => (ADDED, "ok"),
            State::Optional => (WARNING, "optional"),
            State::Missing => (REMOVED, "missing"),
        };
        writeln!(
            out,
            "{style}{word:8}{style:#}  {STRONG}{name:width$}{STRONG:#}  {purpose}{QUIET}{}{found}{QUIET:#}",
            if found.is_empty() { "" } else { " - " }
        )?;
        if !remedy.is_empty() {
            writeln!(out, "{:8}  {:width$}  to get it: {remedy}", "", "")?;
        }
    }
    let count = |state| findings.iter().filter(|f| f.state == state).count();
    writeln!(
        out,
        "\n{} ok, {} optional, {} missing",
        count(State::Ok),
        count(State::Optional),
        count(State::Missing)
    )
}
