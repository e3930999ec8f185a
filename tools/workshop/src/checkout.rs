//! `cargo workshop checkout`: a working copy of a checkpoint.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use course::tree::{Tree, names_in};
use course::{Checkpoint, Course};

use crate::copies::{self, PREFIX};
use crate::exercises;

/// Make a working copy of a checkpoint, to run, break and compare
///
/// Without DIR the copy is workbench/NN-name, or workbench/NN-exercise with an exercise in it, a member of the
/// workspace that git ignores: it builds with the dependencies that are compiled already. Any other DIR gets a crate
/// that stands alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo workshop checkout 01                    then: cargo run --release -p workbench-01-discovery
  cargo workshop checkout 01 ~/coworking        then: cd ~/coworking && cargo run --release
  cargo workshop checkout 05 --exercise parts   with a fault in it that chapter 5 asks you to find
  cargo workshop verify                         whether what you changed in it is right, and what it brings
  cargo workshop diff 01 | patch -p1 -d workbench/01-discovery
                                                makes chapter 1's changes in it")]
pub struct Args {
    /// The checkpoint: 01, or 01-discovery
    checkpoint: String,

    /// Where to put the copy [default: workbench/NN-name]
    dir: Option<PathBuf>,

    /// Put the change of an exercise into the copy; may be given several times
    #[arg(long = "exercise", value_name = "NAME")]
    exercises: Vec<String>,

    /// Replace a copy that is there already, with all that was changed in it
    #[arg(long)]
    force: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    let checkpoint = course.checkpoint(&args.checkpoint)?;
    let target = Target::choose(&course, &checkpoint, &args)?;
    let mut sources = Tree::of(&course, &checkpoint)?;
    for exercise in &args.exercises {
        let chapter = course.chapter_from(&checkpoint);
        let chapter = chapter.with_context(|| format!("no chapter begins at {checkpoint}"))?;
        exercises::apply(&course, chapter, exercise, &mut sources)?;
    }
    target.refuse_to_overwrite(args.force)?;
    let written = target.write(&course, &sources)?;
    target.put_in_place(written)?;

    let mut out = anstream::stdout().lock();
    let dir = copies::typed_here(&target.dir)?;
    let run = if target.is_member {
        format!("cargo run --release -p {}", target.package)
    } else {
        format!("cd {dir} && cargo run --release")
    };
    if !args.exercises.is_empty() {
        writeln!(
            out,
            "{dir} is a copy of {checkpoint}, with {} in it\n\
             \x20 run it:      {run}\n\
             \x20 the answer:  cargo workshop diff {} {dir}",
            args.exercises.join(", "),
            checkpoint.id
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(
        out,
        "{dir} is a copy of {checkpoint}\n\
         \x20 run it:      {run}\n\
         \x20 compare it:  cargo workshop diff {} {dir}\n\
         \x20 is it right? cargo workshop verify {dir}\n\
         \x20 what next?   cargo workshop hint {dir}",
        checkpoint.id
    )?;
    Ok(ExitCode::SUCCESS)
}

/// The copy that is to be.
struct Target {
    /// Absolute.
    dir: PathBuf,
    package: String,
    /// Whether it lies where the workspace looks for members.
    is_member: bool,
}

impl Target {
    fn choose(course: &Course, checkpoint: &Checkpoint, args: &Args) -> anyhow::Result<Self> {
        let workbench = course.root.join("workbench");
        let number = checkpoint.id.split('-').next().unwrap_or_default();
        let dir = match args.dir.as_deref() {
            None if !args.exercises.is_empty() => workbench.join(format!("{number}-exercise")),
            None => workbench.join(&checkpoint.id),
            Some(dir) => resolve(dir)?,
        };
        let is_member = dir.parent() == Some(&workbench);
        if course.root.starts_with(&dir) || dir == workbench {
            bail!(
                "{} holds the workshop itself: choose another folder",
                dir.display()
            );
        }
        if let Ok(inside) = dir.strip_prefix(&course.root)
            && !is_member
        {
            bail!(
                "{} is a folder of the workshop: a copy goes to workbench/NAME, or to a folder outside",
                inside.display()
            );
        }
        let name = match dir.file_name().and_then(|name| name.to_str()) {
            Some(name) if is_member => name,
            _ => &checkpoint.id,
        };
        if !name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        {
            bail!("`{name}` cannot be part of a crate's name: use letters, digits and hyphens");
        }
        Ok(Self {
            package: format!("{PREFIX}{name}"),
            is_member,
            dir,
        })
    }

    /// What is in the way must be empty, or a copy that may be replaced.
    fn refuse_to_overwrite(&self, force: bool) -> anyhow::Result<()> {
        let shown = self.dir.display();
        if self.dir.is_symlink() {
            bail!("{shown} is a link: remove it, or name the folder that it leads to");
        }
        if !self.dir.exists() {
            return Ok(());
        }
        let mut entries =
            fs::read_dir(&self.dir).with_context(|| format!("{shown} is not a folder"))?;
        if entries.next().is_none() {
            return Ok(());
        }
        if !force {
            bail!("{shown} is not empty: choose another folder, or replace it with --force");
        }
        // Only a former copy is ever deleted, however --force was meant.
        match names_in(&self.dir) {
            Ok((package, _)) if package.starts_with(PREFIX) => Ok(()),
            _ => bail!(
                "{shown} is not a working copy of a checkpoint, so --force does not replace it"
            ),
        }
    }

    /// Writes the copy into a temporary folder beside its place, so that nothing half-written is ever there.
    fn write(&self, course: &Course, sources: &Tree) -> anyhow::Result<tempfile::TempDir> {
        let parent = self
            .dir
            .parent()
            .context("a folder is needed, not the root of all")?;
        fs::create_dir_all(parent)
            .with_context(|| format!("cannot create {}", parent.display()))?;
        let folder = tempfile::Builder::new()
            .prefix(".checkout-")
            .tempdir_in(parent)
            .with_context(|| format!("cannot write into {}", parent.display()))?;
        let mut tree = copies::tree(course, sources, &self.package, self.is_member)?;
        if !self.is_member {
            copies::beside_sources(course, &mut tree)?;
        }
        for (path, content) in &tree.files {
            let file = folder.path().join(path);
            if let Some(parent) = file.parent() {
                fs::create_dir_all(parent)
                    .with_context(|| format!("cannot create {}", parent.display()))?;
            }
            fs::write(&file, content)
                .with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(folder)
    }

    /// Moves what was written to its place, and a former copy out of it first.
    fn put_in_place(&self, written: tempfile::TempDir) -> anyhow::Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let shown = self.dir.display();
        // A temporary folder is for its owner only; a working copy is an ordinary folder.
        fs::set_permissions(written.path(), fs::Permissions::from_mode(0o755))?;
        let former = if self.dir.exists() {
            let parent = self.dir.parent().context("a copy has a folder around it")?;
            let former = tempfile::Builder::new()
                .prefix(".checkout-")
                .tempdir_in(parent)?;
            fs::rename(&self.dir, former.path())
                .with_context(|| format!("cannot move {shown} away"))?;
            Some(former)
        } else {
            None
        };
        if let Err(error) = fs::rename(written.path(), &self.dir) {
            if let Some(former) = former {
                let former = former.keep();
                fs::rename(&former, &self.dir)
                    .with_context(|| format!("your former copy is in {}", former.display()))?;
            }
            return Err(error).with_context(|| format!("cannot put the copy at {shown}"));
        }
        // It lies at its place now, so there is nothing left to remove.
        let _ = written.keep();
        Ok(())
    }
}

/// The absolute path without links in the part of it that exists.
fn resolve(dir: &Path) -> anyhow::Result<PathBuf> {
    let dir = absolute(dir).with_context(|| format!("cannot tell where {} is", dir.display()))?;
    let (Some(parent), Some(name)) = (dir.parent(), dir.file_name()) else {
        bail!("{} cannot be a copy's folder", dir.display());
    };
    Ok(parent
        .canonicalize()
        .map_or_else(|_| dir.clone(), |parent| parent.join(name)))
}
