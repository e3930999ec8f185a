//! `cargo workshop port`: brings an edit of one checkpoint into all later ones.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, bail, ensure};
use course::tree::Tree;
use course::{Checkpoint, Course};
use terminal::style::{ADDED, REMOVED};

/// Bring an edit of a checkpoint into all later ones (for maintainers)
///
/// Merges three-way: what changed in the checkpoint since the last commit goes into every later checkpoint,
/// new and deleted files included, under that crate's own name. Where a later chapter changed the same lines,
/// git's conflict markers are left in the file.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo workshop port 01                   brings an uncommitted edit of checkpoint 1 into the others
  cargo workshop port 01 --since HEAD~3    the edits of the last three commits as well

Exit code: 1 if there are conflicts.")]
pub struct Args {
    /// The checkpoint that was edited: 01, 01-discovery
    checkpoint: String,

    /// The revision that the edit started from
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    since: String,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    let checkpoint = course.checkpoint(&args.checkpoint)?;
    let (base, theirs) = (
        at(&course, &checkpoint, &args.since)?,
        Tree::of(&course, &checkpoint)?,
    );
    let later = course
        .checkpoints()
        .into_iter()
        .skip_while(|other| *other != checkpoint)
        .skip(1);
    let mut out = anstream::stdout().lock();
    let (mut files, mut conflicts) = (0, 0);
    for target in later {
        // As if the edit had been made under the target's own name.
        let [base, theirs] = [&base, &theirs].map(|tree| tree.renamed(&target.package).files);
        let ours = Tree::of(&course, &target)?.files;
        let paths: BTreeSet<&String> = base.keys().chain(theirs.keys()).collect();
        for path in paths
            .into_iter()
            .filter(|path| base.get(*path) != theirs.get(*path))
        {
            let file = target.dir.join(path);
            let versions = [&ours, &base, &theirs].map(|files| files.get(path).map(Vec::as_slice));
            let merged = merge(&course.root.join(&file), versions)?;
            conflicts += usize::from(!merged);
            files += 1;
            let (style, word) = if merged {
                (ADDED, "merged  ")
            } else {
                (REMOVED, "conflict")
            };
            writeln!(out, "{style}{word}{style:#}  {}", file.display())?;
        }
    }
    writeln!(
        out,
        "{files} files merged, {conflicts} of them with conflicts"
    )?;
    Ok(ExitCode::from(u8::from(conflicts > 0)))
}

/// The checkpoint as it was at a revision.
fn at(course: &Course, checkpoint: &Checkpoint, revision: &str) -> anyhow::Result<Tree> {
    let folder = tempfile::tempdir().context("cannot create a temporary folder")?;
    let mut command = Command::new("bash");
    command.args([
        "-c",
        "set -o pipefail; git archive \"$1\" \"$2\" | tar -x -C \"$3\"",
        "bash",
        revision,
    ]);
    command
        .arg(&checkpoint.dir)
        .arg(folder.path())
        .current_dir(&course.root);
    let output = command.output().context("cannot run bash")?;
    let reason = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "git has no {checkpoint} at {revision}: {}",
        reason.trim()
    );
    Tree::read(&folder.path().join(&checkpoint.dir))
}

/// Merges one file, given as ours, the common base and theirs, and writes the result. Whether there is no conflict.
fn merge(file: &Path, versions: [Option<&[u8]>; 3]) -> anyhow::Result<bool> {
    let shown = file.display();
    match versions {
        [ours, _, theirs] if ours == theirs => Ok(true),
        [ours, base, None] if ours == base => {
            fs::remove_file(file).with_context(|| format!("cannot remove {shown}"))?;
            Ok(true)
        }
        [ours, base, Some(theirs)] if ours == base => {
            let folder = file.parent().context("a file has a folder")?;
            fs::create_dir_all(folder)
                .and_then(|()| fs::write(file, theirs))
                .with_context(|| format!("cannot write {shown}"))?;
            Ok(true)
        }
        [Some(ours), base, Some(theirs)] => {
            // A second merge on top of markers would make it worse.
            ensure!(
                !ours.windows(8).any(|text| text == b"<<<<<<< "),
                "{shown} has a conflict: resolve it first"
            );
            let mut command = Command::new("git");
            command
                .args([
                    "merge-file",
                    "--quiet",
                    "-L",
                    "later",
                    "-L",
                    "before",
                    "-L",
                    "edited",
                ])
                .arg(file);
            let mut others = Vec::new();
            for version in [base.unwrap_or_default(), theirs] {
                let mut other =
                    tempfile::NamedTempFile::new().context("cannot create a temporary file")?;
                other
                    .write_all(version)
                    .context("cannot write a temporary file")?;
                command.arg(other.path());
                others.push(other);
            }
            // The exit code is the number of conflicts, cut off at 127; above that it is an error.
            match command.status().context("cannot run git")?.code() {
                Some(conflicts @ 0..=127) => Ok(conflicts == 0),
                _ => bail!("git merge-file cannot merge {shown}"),
            }
        }
        // One side deleted what the other changed: it stays as it is in the later checkpoint.
        _ => Ok(false),
    }
}
