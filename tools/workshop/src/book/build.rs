//! Builds the book in process, so that a reader need not install mdBook.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use mdbook_driver::MDBook;
use tempfile::TempDir;

use course::files;

use super::preprocessor::Workshop;
use super::warnings;

/// Builds the book that lies in `root` and returns the folder that it was written to.
///
/// Plain `mdbook build` gives the same pages. This one is stricter: what mdBook merely warns of (an
/// unclosed tag, a footnote that nothing refers to) fails here, because nobody reads a warning.
pub fn build(root: &Path) -> anyhow::Result<PathBuf> {
    let (built, warnings) = warnings::collect(|| -> anyhow::Result<PathBuf> {
        let mut book = MDBook::load(root)
            .with_context(|| format!("cannot load the book in {}", root.display()))?;
        let copy = without_odd_files(&book.source_dir())?;
        if let Some(copy) = &copy {
            let mut config = book.config.clone();
            config.book.src = copy.path().to_owned();
            book = MDBook::load_with_config(root, config)
                .with_context(|| format!("cannot load the book in {}", root.display()))?;
        }
        // Takes the place of the preprocessor of the same name in book.toml, which starts a process.
        book.with_preprocessor(Workshop);
        book.build()?;
        Ok(book.build_dir_for("html"))
    });
    let built = built?;
    if !warnings.is_empty() {
        bail!(
            "mdBook warns, and a warning fails the build:\n  {}",
            warnings.join("\n  ")
        );
    }
    Ok(built)
}

/// mdBook copies all that lies beside the pages, and stops at the first file that it cannot: an editor's lock, which is
/// a link to nothing. If there are such files, this is a copy of the pages and of what lies beside them, without those.
fn without_odd_files(source: &Path) -> anyhow::Result<Option<TempDir>> {
    let found = files::below(source, |_| true)?;
    files::say(&found.left_out);
    if found.left_out.is_empty() && !found.has_editors {
        return Ok(None);
    }
    let copy = tempfile::tempdir().context("cannot create a temporary folder")?;
    for (name, file) in &found.files {
        let to = copy.path().join(name);
        let folder = to.parent().unwrap_or(copy.path());
        fs::create_dir_all(folder)
            .and_then(|()| fs::copy(file, &to))
            .with_context(|| format!("cannot copy {} to {}", file.display(), to.display()))?;
    }
    Ok(Some(copy))
}
