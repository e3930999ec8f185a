//! The pictures that sections make: files of theirs that `picture` in `scripts/lib.sh` keeps.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::clean::Cleaner;
use course::section::Section;
use course::{Chapter, Course};
use terminal::style::STRONG;

/// What a section's pictures are called after its name.
const ENDS: [&str; 3] = [".svg", ".png", "-dark.png"];

/// A picture as the book has it.
#[derive(Debug)]
pub struct Picture {
    name: String,
    content: Vec<u8>,
}

/// Those that the sections have left in the folder `recorded`.
pub fn read(
    recorded: &Path,
    sections: &[&Section],
    cleaner: &Cleaner,
) -> anyhow::Result<Vec<Picture>> {
    let mut found = Vec::new();
    for section in sections {
        for end in ENDS {
            let name = format!("{}{end}", section.name);
            let file = recorded.join(&name);
            if !file.exists() {
                continue;
            }
            let content =
                fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
            let content = match std::str::from_utf8(&content) {
                Ok(text) => cleaner.clean(text).into_bytes(),
                Err(_) => content,
            };
            found.push(Picture { name, content });
        }
    }
    Ok(found)
}

/// Writes them among the book's pages. One that was not made this time, since a tool is missing, stays as it is.
pub fn write(
    out: &mut impl io::Write,
    course: &Course,
    chapter: &Chapter,
    pictures: &[Picture],
) -> anyhow::Result<()> {
    for Picture { name, content } in pictures {
        let path: PathBuf = chapter.pictures().join(name);
        let file = course.root.join(&path);
        let folder = file.parent().context("a picture lies in a folder")?;
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create {}", folder.display()))?;
        fs::write(&file, content).with_context(|| format!("cannot write {}", file.display()))?;
        writeln!(out, "{STRONG}{}{STRONG:#}  drawn", path.display())?;
    }
    Ok(())
}
