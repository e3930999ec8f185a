//! The few questions to git that porting asks.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use anyhow::{Context as _, bail};

/// The files that `dir` had at a revision; paths are relative to `dir`.
pub fn files_at(
    root: &Path,
    revision: &str,
    dir: &Path,
) -> anyhow::Result<BTreeMap<String, Vec<u8>>> {
    let dir = dir.to_str().context("a checkpoint's path is plain text")?;
    let tree = format!("{revision}:./{dir}");
    // Resolved first, so that a revision or folder that is not there is told from an empty one.
    git(
        root,
        &[
            "rev-parse",
            "--verify",
            "--quiet",
            &format!("{revision}^{{commit}}"),
        ],
    )
    .with_context(|| format!("git knows no revision `{revision}`"))?;
    let listing = git(root, &["ls-tree", "-r", "-z", &tree])
        .with_context(|| format!("{dir} was not there at {revision}"))?;
    let mut files = BTreeMap::new();
    for entry in listing
        .split(|byte| *byte == 0)
        .filter(|entry| !entry.is_empty())
    {
        let entry = String::from_utf8_lossy(entry);
        // `100644 blob 3b18e5… TAB path`
        let (meta, path) = entry
            .split_once('\t')
            .context("git ls-tree prints a tab before the path")?;
        let id = meta
            .split(' ')
            .nth(2)
            .context("git ls-tree prints an object's id")?;
        files.insert(path.to_owned(), git(root, &["cat-file", "blob", id])?);
    }
    Ok(files)
}

/// The files in `dir` that git tracks or would track; what it ignores is nobody's edit.
pub fn not_ignored(root: &Path, dir: &Path) -> anyhow::Result<BTreeSet<String>> {
    let listing = git(
        &root.join(dir),
        &[
            "ls-files",
            "--cached",
            "--others",
            "--exclude-standard",
            "-z",
        ],
    )?;
    Ok(listing
        .split(|byte| *byte == 0)
        .filter(|path| !path.is_empty())
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect())
}

/// One side of a merge: what conflict markers call it, and its content.
pub struct Side<'a> {
    pub label: &'a str,
    pub content: &'a [u8],
}

/// Merges three versions of a text. Where both sides changed the same lines, the result has conflict markers.
pub fn merge(ours: &Side<'_>, base: &Side<'_>, theirs: &Side<'_>) -> anyhow::Result<Vec<u8>> {
    let mut command = Command::new("git");
    command.args(["merge-file", "-p", "--quiet"]);
    let mut files = Vec::new();
    for side in [ours, base, theirs] {
        let mut file = tempfile::NamedTempFile::new().context("cannot create a temporary file")?;
        file.write_all(side.content)
            .context("cannot write a temporary file")?;
        command.args(["-L", side.label]);
        files.push(file);
    }
    command.args(files.iter().map(tempfile::NamedTempFile::path));
    let output = run(command)?;
    // The exit code is the number of conflicts, cut off at 127; above that it is an error.
    match output.status.code() {
        Some(0..=127) => Ok(output.stdout),
        _ => bail!(
            "git merge-file failed: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        ),
    }
}

fn git(folder: &Path, arguments: &[&str]) -> anyhow::Result<Vec<u8>> {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(arguments);
    let output = run(command)?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr);
        bail!("git {} failed: {}", arguments[0], reason.trim());
    }
    Ok(output.stdout)
}

fn run(mut command: Command) -> anyhow::Result<Output> {
    command.output().context("cannot run git; is it installed?")
}
