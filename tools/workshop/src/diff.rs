//! `cargo workshop diff`: what a chapter did.

use std::path::Path;
use std::process::ExitCode;

use course::Course;
use course::compare::{Change, FileDiff, between};
use course::tree::Tree;
use terminal::Usage;
use terminal::style::{ADDED, HUNK, REMOVED, STRONG};

/// Show what a chapter did: the difference between two checkpoints
///
/// The output is a unified diff; the crates' own names are left out of account, as are build artefacts and the
/// app's data. Without a second checkpoint it compares with the next one. Either may also be the folder of a
/// working copy.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo workshop diff 01                            what chapter 1 did
  cargo workshop diff 01 02 --stat                  the same, as a table of files
  cargo workshop diff 01 workbench/01-discovery     what you changed in your copy
  cargo workshop diff 01 | patch -p1 -d workbench/01-discovery")]
pub struct Args {
    /// The earlier checkpoint: 01, 01-discovery, app, or a crate's folder
    from: String,

    /// The later checkpoint [default: the next one]
    to: Option<String>,

    /// Show only which files changed and by how many lines
    #[arg(long)]
    stat: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    let from = tree(&course, &args.from)?;
    let to = match &args.to {
        Some(to) => tree(&course, to)?,
        None => next(&course, &args.from)?,
    };
    let diffs = between(&from, &to);
    let mut out = anstream::stdout().lock();
    if args.stat {
        print_stat(&mut out, &diffs)?;
    } else {
        for diff in &diffs {
            print_patch(&mut out, &diff.patch)?;
        }
    }
    if diffs.is_empty() {
        eprintln!("{} and {} do not differ", from.name, to.name);
    }
    Ok(ExitCode::SUCCESS)
}

/// A checkpoint by its name, or any crate by its folder.
fn tree(course: &Course, wanted: &str) -> anyhow::Result<Tree> {
    match course.checkpoint(wanted) {
        Ok(checkpoint) => Tree::of(course, &checkpoint),
        Err(_) if Path::new(wanted).join("Cargo.toml").is_file() => Tree::read(Path::new(wanted)),
        Err(error) => Err(error),
    }
}

fn next(course: &Course, wanted: &str) -> anyhow::Result<Tree> {
    let Ok(checkpoint) = course.checkpoint(wanted) else {
        return Err(Usage(
            "say what to compare the folder with: `cargo workshop diff 01 FOLDER`".into(),
        )
        .into());
    };
    let Some(chapter) = course.chapter_from(&checkpoint) else {
        return Err(Usage(format!(
            "{checkpoint} is where the course ends: nothing comes after it"
        ))
        .into());
    };
    let end = course.end_of(chapter);
    if !course.has(&end) {
        let reason = format!(
            "{end}, where chapter {} ends, is not written yet",
            chapter.number
        );
        return Err(Usage(reason).into());
    }
    Tree::of(course, &end)
}

fn print_patch(out: &mut impl std::io::Write, patch: &str) -> std::io::Result<()> {
    for line in patch.lines() {
        let style = match line.as_bytes() {
            [b'-', b'-', b'-', b' ', ..] | [b'+', b'+', b'+', b' ', ..] => STRONG,
            [b'@', b'@', ..] => HUNK,
            [b'+', ..] => ADDED,
            [b'-', ..] => REMOVED,
            _ => {
                writeln!(out, "{line}")?;
                continue;
            }
        };
        writeln!(out, "{style}{line}{style:#}")?;
    }
    Ok(())
}

fn print_stat(out: &mut impl std::io::Write, diffs: &[FileDiff]) -> std::io::Result<()> {
    let width = diffs.iter().map(|d| d.path.len()).max().unwrap_or(0);
    for diff in diffs {
        let note = match diff.change {
            Change::Added => "  new",
            Change::Removed => "  deleted",
            Change::Modified => "",
        };
        writeln!(
            out,
            "{:width$}  {ADDED}{:>5}{ADDED:#} {REMOVED}{:>5}{REMOVED:#}{note}",
            diff.path,
            format!("+{}", diff.added),
            format!("-{}", diff.removed),
        )?;
    }
    let added: usize = diffs.iter().map(|d| d.added).sum();
    let removed: usize = diffs.iter().map(|d| d.removed).sum();
    let files = match diffs.len() {
        1 => "1 file".to_owned(),
        n => format!("{n} files"),
    };
    writeln!(
        out,
        "{files} changed, {added} lines added, {removed} removed"
    )
}
