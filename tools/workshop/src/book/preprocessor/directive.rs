//! What a page may ask for, and what that makes it use.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use course::Course;

/// A directive of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name {
    Chapter,
    Section,
    Command,
    Output,
    Code,
    Diff,
    Figure,
    Chart,
    Picture,
    Value,
}

/// Each directive: its word, its arguments, and an example of these.
const ALL: [(Name, &str, &str, &str); 10] = [
    (Name::Chapter, "chapter", "CHAPTER", "01"),
    (
        Name::Section,
        "section",
        "CHAPTER SECTION",
        "01-discovery query-plan",
    ),
    (
        Name::Command,
        "command",
        "CHAPTER SECTION",
        "01-discovery query-plan",
    ),
    (
        Name::Output,
        "output",
        "CHAPTER SECTION [FIRST:LAST]",
        "01-discovery query-plan 3:10",
    ),
    (
        Name::Code,
        "code",
        "PATH [ANCHOR]",
        "steps/01-discovery/src/db.rs connect",
    ),
    (
        Name::Diff,
        "diff",
        "CHECKPOINT CHECKPOINT [FILE]",
        "01 02 src/db.rs",
    ),
    (
        Name::Figure,
        "figure",
        "PATH CAPTION",
        "figures/checkpoints.svg Seven chapters",
    ),
    (
        Name::Chart,
        "chart",
        "CHAPTER SECTION COLUMN CAPTION",
        "04-benchmarks readers ns/op Time for one file",
    ),
    (
        Name::Picture,
        "picture",
        "CHAPTER SECTION CAPTION",
        "05-profiles graph What calls what",
    ),
    (
        Name::Value,
        "value",
        "CHAPTER SECTION KEY",
        "01-discovery compare p50 ratio",
    ),
];

impl Name {
    /// By the word that stands in a page.
    pub fn of(word: &str) -> Option<Self> {
        let found = ALL.iter().find(|(_, known, ..)| *known == word);
        found.map(|(name, ..)| *name)
    }

    /// All words, for messages.
    pub fn words() -> String {
        ALL.map(|(_, word, ..)| word).join(", ")
    }

    /// The error of a directive whose arguments are none that it takes.
    pub fn misused(self) -> anyhow::Error {
        let (_, word, arguments, example) = ALL[self as usize];
        anyhow::anyhow!("it takes {arguments}, as in `{{{{#{word} {example}}}}}`")
    }
}

/// The page that is filled in: where it lies, and what it has used so far.
#[derive(Debug)]
pub struct Page<'a> {
    pub course: &'a Course,
    /// The folder of the page, absolute.
    pub folder: &'a Path,
    pub used: Used,
}

/// What pages show. The linter compares it with what there is to show.
#[derive(Debug, Default)]
pub struct Used {
    /// Chapter and section.
    pub sections: BTreeSet<(String, String)>,
    /// Sections whose output is shown, as a whole or in part.
    pub captures: BTreeSet<(String, String)>,
    /// A file and an anchor in it. The file is relative to its checkpoint, since the same anchor stands in all of
    /// them, or else to the root.
    pub anchors: BTreeSet<(PathBuf, String)>,
    /// Relative to the root.
    pub figures: BTreeSet<PathBuf>,
    /// Relative to the root; some of these there need not be.
    pub pictures: BTreeSet<PathBuf>,
}

impl Used {
    /// What several pages use.
    pub fn extend(&mut self, other: Self) {
        self.sections.extend(other.sections);
        self.captures.extend(other.captures);
        self.anchors.extend(other.anchors);
        self.figures.extend(other.figures);
        self.pictures.extend(other.pictures);
    }
}

/// A path without `.` and `..`, as far as names alone tell.
pub fn normalized(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                result.pop();
            }
            other => result.push(other),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misused_directive_shows_its_own_form() {
        for (name, word, ..) in ALL {
            assert_eq!(Name::of(word), Some(name));
            assert!(
                name.misused()
                    .to_string()
                    .contains(&format!("`{{{{#{word} "))
            );
        }
    }

    #[test]
    fn relative_paths_are_resolved_by_name() {
        let path = normalized(Path::new("book/src/../../steps/./x"));
        assert_eq!(path, Path::new("steps/x"));
    }
}
