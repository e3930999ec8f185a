//! The course as `course.toml` and the disk describe it: chapters, and the checkpoints between them.
//!
//! `course.toml` names all chapters, also those that are not written yet; which checkpoints there are is
//! decided by what lies in `steps/` and `app/`, so a new one simply appears.

pub mod compare;
pub mod files;
pub mod section;
pub mod tree;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use glob::{MatchOptions, Pattern};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use terminal::Usage;

/// The file at the workspace root that describes the course, and by which the root is recognised.
pub const MANIFEST: &str = "course.toml";

/// Where the book's pages lie, relative to the root.
pub const PAGES: &str = "book/src";

/// The course: where it lies and what it consists of.
#[derive(Debug, Clone)]
pub struct Course {
    /// The workspace's root folder, absolute.
    pub root: PathBuf,
    /// What the book shows in place of a script's variables, by the variable's name.
    pub display: BTreeMap<String, String>,
    /// All chapters in order, drafts included.
    pub chapters: Vec<Chapter>,
}

/// One chapter. It starts at the checkpoint of its own name and ends at the next one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    /// Its place in the course, from 1.
    pub number: u8,
    /// A short name in lower case with hyphens; with the number it names crate, script, page and captures.
    pub name: String,
    /// What the book and the list call it.
    pub title: String,
    /// How long it takes to read and to type, without the exercises.
    pub minutes: u32,
    /// A draft has no page, no script and need not have a checkpoint.
    #[serde(default)]
    pub draft: bool,
    /// What this chapter changes, in the order in which one would do it.
    #[serde(default)]
    pub changes: Vec<Allowed>,
}

/// Files that a chapter changes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// Relative to the checkpoint. `*` stays within a folder's name; `**` spans folders.
    #[serde(deserialize_with = "pattern")]
    pub files: Pattern,
    /// What somebody is told who does not know what to do there.
    pub hint: String,
}

impl Allowed {
    /// Whether the file at `path`, relative to the checkpoint, is one of these.
    pub fn includes(&self, path: &str) -> bool {
        let options = MatchOptions {
            case_sensitive: true,
            require_literal_separator: true,
            require_literal_leading_dot: false,
        };
        self.files.matches_with(path, options)
    }
}

fn pattern<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Pattern, D::Error> {
    let text = String::deserialize(deserializer)?;
    Pattern::new(&text)
        .map_err(|error| D::Error::custom(format!("`{text}` is not a pattern: {error}")))
}

/// A whole crate: the app at the start of a chapter, or where the last one ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// `01-discovery`, or `app`.
    pub id: String,
    /// Relative to the root: `steps/01-discovery`, or `app`.
    pub dir: PathBuf,
    /// The package's name: `step-01-discovery`, or `coworking`.
    pub package: String,
}

impl Chapter {
    /// Number and name, as files are called: `01-discovery`.
    pub fn id(&self) -> String {
        format!("{:02}-{}", self.number, self.name)
    }

    /// The checkpoint that the chapter starts at.
    pub fn checkpoint(&self) -> Checkpoint {
        let id = self.id();
        Checkpoint {
            dir: Path::new("steps").join(&id),
            package: format!("step-{id}"),
            id,
        }
    }

    /// The chapter's script, relative to the root.
    pub fn script(&self) -> PathBuf {
        PathBuf::from(format!("scripts/{}.sh", self.id()))
    }

    /// The chapter's page, relative to the root.
    pub fn page(&self) -> PathBuf {
        PathBuf::from(format!("{PAGES}/{}.md", self.id()))
    }

    /// The folder of the chapter's captured outputs, relative to the root.
    pub fn captures(&self) -> PathBuf {
        PathBuf::from(format!("book/captures/{}", self.id()))
    }

    /// The folder of the chapter's exercises, relative to the root; most have none.
    pub fn exercises(&self) -> PathBuf {
        PathBuf::from(format!("exercises/{}", self.id()))
    }

    /// The folder of the pictures that the chapter's sections make, relative to the root. It is among the pages, so
    /// that it becomes part of the book.
    pub fn pictures(&self) -> PathBuf {
        PathBuf::from(format!("{PAGES}/pictures/{}", self.id()))
    }
}

impl Checkpoint {
    /// Where the course ends; no chapter starts here.
    fn app() -> Self {
        Self {
            id: "app".into(),
            dir: "app".into(),
            package: "coworking".into(),
        }
    }

    /// The name of the package's library in code: hyphens become underscores.
    pub fn library(&self) -> String {
        self.package.replace('-', "_")
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.dir.display())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    #[serde(default)]
    display: BTreeMap<String, String>,
    chapter: Vec<Chapter>,
}

impl Course {
    /// The course around the current folder.
    pub fn find() -> anyhow::Result<Self> {
        let here = std::env::current_dir().context("cannot tell the current folder")?;
        match here.ancestors().find(|dir| dir.join(MANIFEST).is_file()) {
            Some(root) => Self::load(root),
            None => bail!(
                "neither {} nor a folder above it has a {MANIFEST}: run this inside the workshop's folder",
                here.display()
            ),
        }
    }

    /// The course whose root folder is `root`.
    pub fn load(root: &Path) -> anyhow::Result<Self> {
        let root = root
            .canonicalize()
            .with_context(|| format!("cannot open the folder {}", root.display()))?;
        let path = root.join(MANIFEST);
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let manifest: Manifest =
            toml::from_str(&text).with_context(|| format!("{} is not valid", path.display()))?;
        for (index, chapter) in manifest.chapter.iter().enumerate() {
            if usize::from(chapter.number) != index + 1 {
                bail!(
                    "{}: chapter `{}` has number {}, but it stands at place {}",
                    path.display(),
                    chapter.name,
                    chapter.number,
                    index + 1
                );
            }
        }
        Ok(Self {
            root,
            display: manifest.display,
            chapters: manifest.chapter,
        })
    }

    /// The chapter that a person means by `1`, `01`, `discovery` or `01-discovery`.
    pub fn chapter(&self, wanted: &str) -> anyhow::Result<&Chapter> {
        self.chapters
            .iter()
            .find(|chapter| {
                wanted.parse() == Ok(chapter.number)
                    || wanted == chapter.name
                    || wanted == chapter.id()
            })
            .ok_or_else(|| {
                let known: Vec<_> = self.chapters.iter().map(Chapter::id).collect();
                Usage(format!(
                    "no chapter `{wanted}`; there are {}",
                    known.join(", ")
                ))
                .into()
            })
    }

    /// The checkpoint that a person means by `1`, `01`, `discovery`, `01-discovery`,
    /// `step-01-discovery`, `steps/01-discovery` or `app`. It exists on disk.
    pub fn checkpoint(&self, wanted: &str) -> anyhow::Result<Checkpoint> {
        let known = self.all_checkpoints().find(|checkpoint| {
            wanted == checkpoint.id
                || wanted == checkpoint.package
                || Path::new(wanted) == checkpoint.dir
        });
        let checkpoint = match known {
            Some(checkpoint) => checkpoint,
            None => match self.chapter(wanted) {
                Ok(chapter) => chapter.checkpoint(),
                Err(_) => {
                    return Err(self.unknown(&format!("no checkpoint `{wanted}`")));
                }
            },
        };
        if !self.has(&checkpoint) {
            return Err(self.unknown(&format!("the checkpoint {checkpoint} is not written yet")));
        }
        Ok(checkpoint)
    }

    /// The checkpoints that exist on disk, in the course's order.
    pub fn checkpoints(&self) -> Vec<Checkpoint> {
        self.all_checkpoints().filter(|c| self.has(c)).collect()
    }

    /// The checkpoint that a chapter ends at, whether it exists yet or not.
    pub fn end_of(&self, chapter: &Chapter) -> Checkpoint {
        self.all_checkpoints()
            .nth(usize::from(chapter.number))
            .unwrap_or_else(Checkpoint::app)
    }

    /// The chapter that starts at this checkpoint; none does at `app`.
    pub fn chapter_from(&self, checkpoint: &Checkpoint) -> Option<&Chapter> {
        self.chapters.iter().find(|c| c.id() == checkpoint.id)
    }

    /// Whether the checkpoint is on disk.
    pub fn has(&self, checkpoint: &Checkpoint) -> bool {
        self.root.join(&checkpoint.dir).join("Cargo.toml").is_file()
    }

    /// The checkpoint's folder, absolute.
    pub fn dir_of(&self, checkpoint: &Checkpoint) -> PathBuf {
        self.root.join(&checkpoint.dir)
    }

    fn all_checkpoints(&self) -> impl Iterator<Item = Checkpoint> {
        let steps = self.chapters.iter().map(Chapter::checkpoint);
        steps.chain(std::iter::once(Checkpoint::app()))
    }

    fn unknown(&self, what: &str) -> anyhow::Error {
        let names: Vec<_> = self.checkpoints().into_iter().map(|c| c.id).collect();
        Usage(format!("{what}; there are {}", names.join(", "))).into()
    }
}

#[cfg(test)]
mod tests {
    use test_tools::Folder;

    use super::*;

    fn course(manifest: &str, crates: &[&str]) -> (Folder, Course) {
        let dir = Folder::new();
        dir.write(MANIFEST, manifest);
        for name in crates {
            dir.write(&format!("{name}/Cargo.toml"), "");
        }
        let course = Course::load(dir.root()).unwrap();
        (dir, course)
    }

    const TWO: &str = "
        [[chapter]]
        number = 1
        name = 'discovery'
        title = 'Discovery'
        minutes = 5
        [[chapter]]
        number = 2
        name = 'checks'
        title = 'Checks'
        minutes = 6
        draft = true
    ";

    #[test]
    fn people_may_name_a_checkpoint_in_several_ways() {
        let (_dir, course) = course(TWO, &["steps/01-discovery", "app"]);
        for wanted in ["1", "01", "discovery", "01-discovery", "step-01-discovery"] {
            assert_eq!(course.checkpoint(wanted).unwrap().id, "01-discovery");
        }
        assert_eq!(course.checkpoint("app").unwrap().package, "coworking");
        let error = course.checkpoint("2").unwrap_err().to_string();
        assert!(
            error.contains("steps/02-checks is not written yet"),
            "{error}"
        );
        let error = course.checkpoint("9").unwrap_err().to_string();
        assert!(error.contains("there are 01-discovery, app"), "{error}");
    }

    #[test]
    fn the_last_chapter_ends_at_the_app() {
        let (_dir, course) = course(TWO, &["steps/01-discovery"]);
        assert_eq!(course.end_of(&course.chapters[0]).id, "02-checks");
        assert_eq!(course.end_of(&course.chapters[1]).id, "app");
        assert_eq!(course.checkpoints().len(), 1);
    }

    #[test]
    fn a_star_stays_within_a_folder() {
        let includes = |files: &str, path| {
            let files = Pattern::new(files).unwrap();
            let hint = String::new();
            Allowed { files, hint }.includes(path)
        };
        assert!(includes(
            "migrations/*/0002.sql",
            "migrations/sqlite/0002.sql"
        ));
        assert!(!includes("migrations/*/0002.sql", "migrations/0002.sql"));
        assert!(!includes("src/*.rs", "src/a/b.rs"));
        assert!(includes("src/**/*.rs", "src/a/b.rs"));
        assert!(includes("src/**/*.rs", "src/b.rs"));
    }

    #[test]
    fn a_pattern_that_is_none_is_refused() {
        let dir = Folder::new();
        let change = "[[chapter.changes]]\nfiles = 'src/***'\nhint = ''\n";
        dir.write(
            MANIFEST,
            &TWO.replacen(
                "[[chapter]]\n        number = 2",
                &format!("{change}[[chapter]]\n number = 2"),
                1,
            ),
        );
        let error = format!("{:#}", Course::load(dir.root()).unwrap_err());
        assert!(error.contains("`src/***` is not a pattern"), "{error}");
    }

    #[test]
    fn chapters_out_of_order_are_refused() {
        let dir = Folder::new();
        dir.write(MANIFEST, &TWO.replace("number = 2", "number = 3"));
        let error = Course::load(dir.root()).unwrap_err().to_string();
        assert!(error.contains("has number 3"), "{error}");
    }
}
