//! Builds the book in process, so that a reader need not install mdBook.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use mdbook_driver::MDBook;

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
