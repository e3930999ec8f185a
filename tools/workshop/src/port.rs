//! `cargo workshop port`: brings an edit of one checkpoint into all later ones.

mod git;
mod merge;

use std::fs;
use std::io::{self, Write as _};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use self::merge::Outcome;
use course::tree::{Tree, is_source_path};
use course::{Checkpoint, Course};
use terminal::style::{ADDED, QUIET, REMOVED};

/// Bring an edit of a checkpoint into all later ones (for maintainers)
///
/// Merges three-way: what changed in the checkpoint since the last commit goes into every later checkpoint,
/// new and deleted files included, under that crate's own name. Where a later chapter changed the same lines,
/// conflict markers are left in the file and its place is printed.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo workshop port 01 --dry-run         what an uncommitted edit of checkpoint 1 would do to the others
  cargo workshop port 01                   do it
  cargo workshop port 01 --since HEAD~3    the edits of the last three commits as well

Exit code: 1 if there are conflicts.")]
pub struct Args {
    /// The checkpoint that was edited: 01, 01-discovery
    checkpoint: String,

    /// The revision that the edit started from
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    since: String,

    /// Say what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    let checkpoint = course.checkpoint(&args.checkpoint)?;
    let (base, theirs) = edit(&course, &checkpoint, &args.since)?;
    if base.files == theirs.files {
        eprintln!(
            "{checkpoint} is as it was at {}: there is nothing to port",
            args.since
        );
        return Ok(ExitCode::SUCCESS);
    }
    let later: Vec<Checkpoint> = course
        .checkpoints()
        .into_iter()
        .skip_while(|other| *other != checkpoint)
        .skip(1)
        .collect();
    if later.is_empty() {
        bail!("{checkpoint} is the last checkpoint: there is none to port its edit to");
    }

    // All is merged before anything is written, so that a failure leaves the checkpoints alone.
    let mut outcomes = Vec::new();
    for target in &later {
        let ours = Tree::of(&course, target)?;
        outcomes.push((target, merge::port(&base, &theirs, &ours)?));
    }
    let mut out = anstream::stdout().lock();
    let mut conflicts = 0;
    for (target, files) in &outcomes {
        for (path, outcome) in files {
            conflicts += report(
                &mut out,
                &target.dir.join(path).display().to_string(),
                outcome,
            )?;
            if !args.dry_run {
                apply(&course, target, path, outcome)?;
            }
        }
    }
    let done = if args.dry_run { "would be" } else { "was" };
    writeln!(
        out,
        "\nthe edit of {checkpoint} {done} ported to {} checkpoints, with {conflicts} conflicts",
        later.len()
    )?;
    Ok(ExitCode::from(u8::from(conflicts > 0)))
}

/// The checkpoint before the edit and with it.
fn edit(course: &Course, checkpoint: &Checkpoint, since: &str) -> anyhow::Result<(Tree, Tree)> {
    let mut theirs = Tree::of(course, checkpoint)?;
    let known = git::not_ignored(&course.root, &checkpoint.dir)?;
    theirs.files.retain(|path, _| known.contains(path));
    let mut base = Tree {
        name: format!("{checkpoint} at {since}"),
        package: checkpoint.package.clone(),
        files: git::files_at(&course.root, since, &checkpoint.dir)?,
    };
    base.files.retain(|path, _| is_source_path(path));
    Ok((base, theirs))
}

/// Prints what becomes of a file and returns how many conflicts it has.
fn report(out: &mut impl io::Write, path: &str, outcome: &Outcome) -> io::Result<usize> {
    let (style, word) = match outcome {
        Outcome::Merged(_) => (ADDED, "merged"),
        Outcome::Taken(_) => (ADDED, "taken over"),
        Outcome::Deleted => (ADDED, "deleted"),
        Outcome::AlreadyThere => (QUIET, "there already"),
        Outcome::Refused(reason) => {
            writeln!(
                out,
                "{REMOVED}conflict{REMOVED:#}       {path}: {reason}; left as it is"
            )?;
            return Ok(1);
        }
        Outcome::Conflict(_, lines) => {
            for line in lines {
                writeln!(out, "{REMOVED}conflict{REMOVED:#}       {path}:{line}")?;
            }
            return Ok(lines.len());
        }
    };
    writeln!(out, "{style}{word:13}{style:#}  {path}")?;
    Ok(0)
}

fn apply(
    course: &Course,
    target: &Checkpoint,
    path: &str,
    outcome: &Outcome,
) -> anyhow::Result<()> {
    let file = course.dir_of(target).join(path);
    let shown = file.display();
    match outcome {
        Outcome::AlreadyThere | Outcome::Refused(_) => Ok(()),
        Outcome::Deleted => {
            fs::remove_file(&file).with_context(|| format!("cannot remove {shown}"))
        }
        Outcome::Merged(content) | Outcome::Taken(content) | Outcome::Conflict(content, _) => {
            if let Some(parent) = file.parent() {
                fs::create_dir_all(parent)
                    .with_context(|| format!("cannot create {}", parent.display()))?;
            }
            fs::write(&file, content).with_context(|| format!("cannot write {shown}"))
        }
    }
}
