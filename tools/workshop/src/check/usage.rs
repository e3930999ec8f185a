//! What a page shows exists, and what there is to be shown is shown by some page.
//!
//! The first half is the preprocessor's own judgement. The second half: sections and captures of chapters that
//! are ready, anchors in checkpoints, figures.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use super::pages::{Page, Pages, SOURCE, matching};
use super::problem::Problem;
use crate::book::preprocessor::code::is_anchor;
use crate::book::preprocessor::{self, scan};
use course::section::Script;
use course::tree::Tree;
use course::{Chapter, Course};

pub fn check(course: &Course, pages: &Pages) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let mut used = Used::default();
    let source = course.root.join(SOURCE);
    for page in &pages.of_book {
        let file = course.root.join(&page.path);
        if let Err(found) = preprocessor::fill(course, &source, &file, &page.text) {
            let found = found.into_iter();
            problems.extend(found.map(|(line, message)| Problem::new(&page.path, line, message)));
        }
        used.note(course, page);
    }
    for chapter in &course.chapters {
        problems.extend(unused_sections(course, chapter, &used));
        problems.extend(unused_captures(course, chapter, &used)?);
    }
    problems.extend(unused_anchors(course, &used)?);
    problems.extend(unused_figures(course, pages, &used)?);
    Ok(problems)
}

/// What the pages name.
#[derive(Debug, Default)]
struct Used {
    /// Chapter and section.
    sections: BTreeSet<(String, String)>,
    /// Sections whose output is shown, as a whole or in part.
    captures: BTreeSet<(String, String)>,
    /// A file and an anchor in it. The file is relative to its checkpoint, since the same anchor stands in all of
    /// them, or else to the root.
    anchors: BTreeSet<(PathBuf, String)>,
    /// Relative to the root.
    figures: BTreeSet<PathBuf>,
}

impl Used {
    fn note(&mut self, course: &Course, page: &Page) {
        let folder = page.path.parent().unwrap_or(Path::new(""));
        for directive in scan::directives(&page.text).into_iter().flatten() {
            let arguments: Vec<&str> = directive.arguments.split_whitespace().collect();
            match (directive.name, &arguments[..]) {
                (
                    name @ ("section" | "command" | "output" | "chart" | "value"),
                    [chapter, section, ..],
                ) => {
                    if let Ok(chapter) = course.chapter(chapter) {
                        let key = (chapter.id(), (*section).to_owned());
                        if name != "command" {
                            self.captures.insert(key.clone());
                        }
                        self.sections.insert(key);
                    }
                }
                ("code", [path, anchor]) => self.note_anchor(Path::new(path), anchor),
                ("include" | "rustdoc_include", [argument, ..]) => {
                    if let Some((path, anchor)) = argument.split_once(':') {
                        self.note_anchor(&normalized(&folder.join(path)), anchor);
                    }
                }
                ("figure", [path, ..]) => {
                    self.figures.insert(normalized(&folder.join(path)));
                }
                _ => {}
            }
        }
    }

    fn note_anchor(&mut self, path: &Path, anchor: &str) {
        self.anchors
            .insert((in_checkpoint(path), anchor.to_owned()));
    }
}

fn unused_sections(course: &Course, chapter: &Chapter, used: &Used) -> Vec<Problem> {
    let path = chapter.script();
    // A draft's script is in the making; one that does not parse has been reported already.
    let Ok(script) = Script::load(&course.root.join(&path)) else {
        return Vec::new();
    };
    let is_unused = |name: &str| !used.sections.contains(&(chapter.id(), name.to_owned()));
    script
        .sections
        .iter()
        .filter(|section| !chapter.draft && is_unused(&section.name))
        .map(|section| {
            let message = format!("no page shows the section `{}`", section.name);
            Problem::new(&path, section.line, message)
        })
        .collect()
}

fn unused_captures(
    course: &Course,
    chapter: &Chapter,
    used: &Used,
) -> anyhow::Result<Vec<Problem>> {
    let folder = chapter.captures();
    let mut problems = Vec::new();
    for path in matching(&course.root, &[&format!("{}/*", folder.display())])? {
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if !used.captures.contains(&(chapter.id(), name)) {
            problems.push(Problem::new(path, 0, "no page shows this output"));
        }
    }
    Ok(problems)
}

fn unused_anchors(course: &Course, used: &Used) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for checkpoint in course.checkpoints() {
        for (path, content) in Tree::of(course, &checkpoint)?.files {
            let Ok(text) = String::from_utf8(content) else {
                continue;
            };
            for (line, anchor) in anchors(&text) {
                if !used
                    .anchors
                    .contains(&(PathBuf::from(&path), anchor.to_owned()))
                {
                    let message = format!("no page shows the anchor `{anchor}`");
                    problems.push(Problem::new(checkpoint.dir.join(&path), line, message));
                }
            }
        }
    }
    Ok(problems)
}

/// The anchors that begin in a file, with their lines.
fn anchors(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines()
        .enumerate()
        .filter(|(_, line)| is_anchor(line))
        .filter_map(|(index, line)| Some((index + 1, line.split_once("ANCHOR:")?.1.trim())))
}

fn unused_figures(course: &Course, pages: &Pages, used: &Used) -> anyhow::Result<Vec<Problem>> {
    let mut shown = used.figures.clone();
    for page in &pages.of_book {
        let folder = page.path.parent().unwrap_or(Path::new(""));
        let links = super::links::of(page).into_iter();
        shown.extend(links.map(|link| normalized(&folder.join(link.destination))));
    }
    let figures = matching(&course.root, &[&format!("{SOURCE}/figures/*")])?.into_iter();
    Ok(figures
        .filter(|path| !shown.contains(path))
        .map(|path| Problem::new(path, 0, "no page shows this figure"))
        .collect())
}

/// Without the checkpoint's folder: what is left is the same in all of them.
fn in_checkpoint(path: &Path) -> PathBuf {
    if let Ok(rest) = path.strip_prefix("steps") {
        return rest.components().skip(1).collect();
    }
    path.strip_prefix("app").unwrap_or(path).to_owned()
}

/// Without `.` and `..`, as far as names alone tell.
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
    fn an_anchor_is_the_same_in_all_checkpoints() {
        assert_eq!(
            in_checkpoint(Path::new("steps/01-a/src/db.rs")),
            Path::new("src/db.rs")
        );
        assert_eq!(
            in_checkpoint(Path::new("app/src/db.rs")),
            Path::new("src/db.rs")
        );
        assert_eq!(
            in_checkpoint(Path::new("tools/x.rs")),
            Path::new("tools/x.rs")
        );
    }

    #[test]
    fn relative_paths_are_resolved_by_name() {
        assert_eq!(
            normalized(Path::new("book/src/../../steps/./x")),
            Path::new("steps/x")
        );
    }
}
