//! `cargo workshop verify`: whether what a reader changed in a working copy is right, and what it brings.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};

use course::Course;

use crate::copies::{Copy, typed_here};
use crate::run::{execute, exit_code};

/// What measures. It and the chapters' scripts start services in the same way.
const SCRIPT: &str = "scripts/verify.sh";

/// How it ends when all could be found out and something is not right yet.
const NOT_THERE_YET: i32 = 3;

/// Tell whether a working copy is right and what its changes bring
///
/// The copy is held against the contract (on SQLite) and its own tests; the chapter's exact counts stand beside those of the
/// checkpoint that it began as and of the next one; its speed is compared with the former in turn. What is not there yet has a
/// line with what to do next.
///
/// A difference in speed counts when each round shows more than 2 % of it, and more than two processes of the same program differ
/// by in any round.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The exit code is 0 if all is there, 1 if something is not.

Examples:
  cargo workshop verify                          in a working copy, or the only one
  cargo workshop verify workbench/01-discovery")]
pub struct Args {
    /// The working copy's folder [default: the one that you are in, or the only one in workbench/]
    copy: Option<PathBuf>,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    let copy = Copy::find(&course, args.copy.as_deref())?;
    let (chapter, next) = copy.chapter(&course)?;
    let dir = typed_here(&copy.dir)?;
    writeln!(
        anstream::stdout(),
        "{dir}, which began as {}; chapter {} ends at {next}\n",
        copy.from,
        chapter.number
    )?;
    let number = format!("{:02}", chapter.number);
    let arguments: [OsString; 4] = [
        number.into(),
        copy.dir.clone().into(),
        copy.from.dir.clone().into(),
        next.dir.clone().into(),
    ];
    let status = execute(
        &course,
        Path::new(SCRIPT),
        &arguments,
        &[],
        Stdio::inherit(),
    )?;
    // Else it could not be found out, and has said why.
    if !matches!(status.code(), Some(0 | NOT_THERE_YET)) {
        return Ok(exit_code(status));
    }

    let mut out = anstream::stdout().lock();
    let left = copy.left(&course, chapter, &next)?;
    for left in &left {
        let state = match left.touched {
            true => "changed, but not as in",
            false => "not changed yet, unlike",
        };
        writeln!(out, "{:<11}{} is {state} {next}", "differs", left.diff.path)?;
    }
    let next_step = match (left.is_empty(), status.success()) {
        (true, _) => format!("no file differs from {next}"),
        (false, true) => format!(
            "your own way; the book's: cargo workshop diff {}",
            copy.from.id
        ),
        (false, false) => format!("what to do next: cargo workshop hint {dir}"),
    };
    writeln!(out, "\n{next_step}")?;
    Ok(match status.success() {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_knows_what_each_chapter_counts_and_compares() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let course = Course::load(&root).expect("the course");
        let script = std::fs::read_to_string(root.join(SCRIPT)).expect("the script");
        for chapter in &course.chapters {
            let line = format!("\n  {:02}) COUNTS=", chapter.number);
            assert!(script.contains(&line), "{chapter:?}");
        }
    }
}
