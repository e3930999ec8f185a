//! Readers' working copies: which there are, what they began as, and what they still lack.

mod standalone;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use course::compare::{FileDiff, as_they_are};
use course::tree::{Tree, names_in};
use course::{Chapter, Checkpoint, Course};
use terminal::Usage;

/// Every copy's package is called so, which tells it from what must not be overwritten.
pub const PREFIX: &str = "workbench-";

/// A working copy.
#[derive(Debug)]
pub struct Copy {
    /// Absolute.
    pub dir: PathBuf,
    package: String,
    /// The checkpoint that it began as: its library keeps that one's name.
    pub from: Checkpoint,
}

impl Copy {
    /// The copy at `wanted`; without that the one around the current folder, or else the only one in `workbench/`.
    pub fn find(course: &Course, wanted: Option<&Path>) -> anyhow::Result<Self> {
        if let Some(dir) = wanted {
            return Self::at(course, dir);
        }
        let here = std::env::current_dir().context("cannot tell the current folder")?;
        if let Some(dir) = here.ancestors().find(|dir| is_copy(dir)) {
            return Self::at(course, dir);
        }
        let mut copies = Vec::new();
        if let Ok(entries) = fs::read_dir(course.root.join("workbench")) {
            for entry in entries {
                let dir = entry.context("cannot read workbench/")?.path();
                if is_copy(&dir) {
                    copies.push(dir);
                }
            }
        }
        copies.sort();
        match copies.as_slice() {
            [] => Err(Usage(
                "there is no working copy: `cargo workshop checkout 01` makes one".into(),
            )
            .into()),
            [one] => Self::at(course, one),
            several => {
                let names: Result<Vec<_>, _> = several.iter().map(|dir| typed_here(dir)).collect();
                let names = names?.join(", ");
                Err(Usage(format!("name the working copy: there are {names}")).into())
            }
        }
    }

    fn at(course: &Course, dir: &Path) -> anyhow::Result<Self> {
        let shown = dir.display();
        let (package, library) = names_in(dir)?;
        let from = course
            .checkpoints()
            .into_iter()
            .find(|checkpoint| checkpoint.library() == library);
        match from {
            Some(from) if package.starts_with(PREFIX) => Ok(Self {
                dir: dir
                    .canonicalize()
                    .with_context(|| format!("cannot open {shown}"))?,
                package,
                from,
            }),
            _ => bail!(
                "{shown} is not a working copy of a checkpoint: `cargo workshop checkout` makes one"
            ),
        }
    }

    /// The chapter that the copy is for, and the checkpoint where that ends.
    pub fn chapter<'a>(&self, course: &'a Course) -> anyhow::Result<(&'a Chapter, Checkpoint)> {
        let chapter = course
            .chapter_from(&self.from)
            .with_context(|| format!("no chapter begins at {}", self.from))?;
        let next = course.end_of(chapter);
        if !course.has(&next) {
            let text = format!(
                "chapter {} is not written yet, so there is nothing to hold a copy of {} against",
                chapter.number, self.from
            );
            return Err(Usage(text).into());
        }
        Ok((chapter, next))
    }

    /// The checkpoint that it began as, in the form of this copy.
    pub fn start(&self, course: &Course) -> anyhow::Result<Tree> {
        self.in_form(course, &Tree::of(course, &self.from)?)
    }

    /// What still tells it from the checkpoint `next`, in the order in which `chapter` would do it.
    pub fn left(
        &self,
        course: &Course,
        chapter: &Chapter,
        next: &Checkpoint,
    ) -> anyhow::Result<Vec<Left>> {
        let mine = Tree::read(&self.dir)?;
        let next = Tree::of(course, next)?.renamed(&self.from.package);
        let touched: BTreeSet<String> = as_they_are(&self.start(course)?, &mine)
            .into_iter()
            .map(|diff| diff.path)
            .collect();
        let mut left: Vec<Left> = as_they_are(&mine, &self.in_form(course, &next)?)
            .into_iter()
            .map(|diff| Left {
                touched: touched.contains(&diff.path),
                diff,
            })
            .collect();
        left.sort_by_key(|left| {
            let place = |path: &str| chapter.changes.iter().position(|c| c.includes(path));
            place(&left.diff.path).unwrap_or(usize::MAX)
        });
        Ok(left)
    }

    fn in_form(&self, course: &Course, checkpoint: &Tree) -> anyhow::Result<Tree> {
        let is_member = self.dir.parent() == Some(&course.root.join("workbench"));
        tree(course, checkpoint, &self.package, is_member)
    }
}

/// A file that is not yet as in the next checkpoint.
#[derive(Debug)]
pub struct Left {
    /// What leads from the copy's to the checkpoint's.
    pub diff: FileDiff,
    /// Whether the reader has changed it.
    pub touched: bool,
}

fn is_copy(dir: &Path) -> bool {
    names_in(dir).is_ok_and(|(package, _)| package.starts_with(PREFIX))
}

/// The sources of a copy of `checkpoint`. One that is no member of the workspace has a manifest that stands alone.
pub fn tree(
    course: &Course,
    checkpoint: &Tree,
    package: &str,
    is_member: bool,
) -> anyhow::Result<Tree> {
    let mut tree = checkpoint.copy(package);
    if is_member {
        return Ok(tree);
    }
    let manifest = tree.files.get_mut("Cargo.toml");
    let manifest = manifest.context("a checkpoint has a Cargo.toml")?;
    let member = String::from_utf8_lossy(manifest);
    *manifest = standalone::manifest(&member, &read(course, "Cargo.toml")?, &course.root).into();
    tree.files
        .insert(".gitignore".into(), b"/target/\n/data/\n".to_vec());
    Ok(tree)
}

/// What a copy that stands alone has beside its sources: cargo's settings, and the versions that the workspace has; cargo
/// drops those that this crate does not need.
pub fn beside_sources(course: &Course, tree: &mut Tree) -> anyhow::Result<()> {
    if course.root.join(".cargo/config.toml").is_file() {
        let config = read(course, ".cargo/config.toml")?;
        let config = standalone::cargo_config(&config);
        tree.files
            .insert(".cargo/config.toml".into(), config.as_bytes().to_owned());
    }
    if course.root.join("Cargo.lock").is_file() {
        tree.files
            .insert("Cargo.lock".into(), read(course, "Cargo.lock")?.into());
    }
    Ok(())
}

fn read(course: &Course, path: &str) -> anyhow::Result<String> {
    let file = course.root.join(path);
    fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))
}

/// The folder as a command in the current one must name it.
pub fn typed_here(dir: &Path) -> anyhow::Result<String> {
    let here = std::env::current_dir().context("cannot tell the current folder")?;
    let dir = dir.strip_prefix(here).unwrap_or(dir);
    let dir = dir.to_str().context("the folder's name is not UTF-8")?;
    Ok(shlex::try_quote(dir)
        .context("the folder's name cannot be typed")?
        .into_owned())
}
