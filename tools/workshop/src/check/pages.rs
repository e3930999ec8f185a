//! The Markdown pages that are checked: the book's, and the repository's own.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use course::Course;

/// Where the book's pages lie, relative to the root.
pub const SOURCE: &str = "book/src";

/// A page as it is written, before any directive is carried out.
#[derive(Debug)]
pub struct Page {
    /// Relative to the root.
    pub path: PathBuf,
    pub text: String,
}

#[derive(Debug)]
pub struct Pages {
    /// All pages below `book/src`, the summary included.
    pub of_book: Vec<Page>,
    /// README and the like: their links are checked, but they have no directives.
    pub of_repository: Vec<Page>,
}

impl Pages {
    pub fn load(course: &Course) -> anyhow::Result<Self> {
        let of_book = read(&course.root, &["book/src/**/*.md"])?;
        let of_repository = read(&course.root, &["*.md", "steps/*.md", "workbench/README.md"])?;
        Ok(Self {
            of_book,
            of_repository,
        })
    }

    /// The book's page at this path, relative to the root.
    pub fn find(&self, path: &Path) -> Option<&Page> {
        self.of_book.iter().find(|page| page.path == path)
    }
}

fn read(root: &Path, patterns: &[&str]) -> anyhow::Result<Vec<Page>> {
    let mut pages = Vec::new();
    for path in matching(root, patterns)? {
        let text = fs::read_to_string(root.join(&path))
            .with_context(|| format!("cannot read {}", path.display()))?;
        pages.push(Page { path, text });
    }
    Ok(pages)
}

/// The files below `root` that match one of the patterns, in order and relative to it.
pub fn matching(root: &Path, patterns: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let folder = glob::Pattern::escape(&root.to_string_lossy());
    for pattern in patterns {
        for file in glob::glob(&format!("{folder}/{pattern}"))? {
            let file = file?;
            if file.is_file() {
                found.push(file.strip_prefix(root).unwrap_or(&file).to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}
