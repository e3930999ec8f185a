//! The Markdown pages that are checked: the book's, and the repository's own.

use std::fs;
use std::path::{Path, PathBuf};

use course::files::{self, LeftOut};
use course::{Course, PAGES};

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
        let found = files::below(&course.root.join(PAGES), |_| true)?;
        files::say(&found.left_out);
        let names = found.files.into_keys().filter(|name| name.ends_with(".md"));
        let of_book = names.map(|name| Path::new(PAGES).join(name));
        let of_book = read(&course.root, of_book.collect());
        let beside = ["*.md", "steps/*.md", "workbench/README.md"];
        let of_repository = read(&course.root, matching(&course.root, &beside)?);
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

fn read(root: &Path, paths: Vec<PathBuf>) -> Vec<Page> {
    let mut pages = Vec::new();
    for path in paths {
        match fs::read_to_string(root.join(&path)) {
            Ok(text) => pages.push(Page { path, text }),
            Err(error) => files::say(&[LeftOut::new(path, error)]),
        }
    }
    pages
}

/// The files below `root` that match one of the patterns, in order and relative to it, but for what editors leave.
pub fn matching(root: &Path, patterns: &[&str]) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let folder = glob::Pattern::escape(&root.to_string_lossy());
    for pattern in patterns {
        for file in glob::glob(&format!("{folder}/{pattern}"))? {
            let file = match file {
                Ok(file) => file,
                Err(error) => {
                    files::say(&[LeftOut::new(error.path(), error.error())]);
                    continue;
                }
            };
            let name = file.file_name().unwrap_or_default().to_string_lossy();
            if file.is_file() && !files::is_editors(&name) {
                found.push(file.strip_prefix(root).unwrap_or(&file).to_owned());
            }
        }
    }
    found.sort();
    Ok(found)
}
