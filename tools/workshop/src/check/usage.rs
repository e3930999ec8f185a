//! What a page shows exists, and what there is to be shown is shown by some page.
//!
//! The first half is the preprocessor's own judgement. The second half: sections and captures of chapters that
//! are ready, anchors in checkpoints, figures.

use std::path::{Path, PathBuf};

use course::section::Script;
use course::tree::Tree;
use course::{Chapter, Course, PAGES};

use super::pages::{Pages, matching};
use super::problem::Problem;
use crate::book::preprocessor::code::anchors;
use crate::book::preprocessor::directive::{Used, normalized};
use crate::book::preprocessor::fill;
use crate::waits;

pub fn check(course: &Course, pages: &Pages) -> anyhow::Result<Vec<Problem>> {
    let mut problems = Vec::new();
    let mut used = Used::default();
    for page in &pages.of_book {
        let filled = fill(course, &course.root.join(&page.path), &page.text);
        let found = filled.text.err().unwrap_or_default().into_iter();
        problems.extend(found.map(|(line, message)| Problem::new(&page.path, line, message)));
        used.extend(filled.used);
        let folder = page.path.parent().unwrap_or(Path::new(""));
        let links = super::links::of(page).into_iter();
        used.figures
            .extend(links.map(|link| normalized(&folder.join(link.destination))));
    }
    for chapter in &course.chapters {
        problems.extend(unused_sections(course, chapter, &used));
        problems.extend(unused_captures(course, chapter, &used)?);
    }
    problems.extend(unused_anchors(course, &used)?);
    let figures = matching(&course.root, &[&format!("{PAGES}/figures/*")])?.into_iter();
    let unused = figures.filter(|path| !used.figures.contains(path));
    problems.extend(unused.map(|path| Problem::new(path, 0, "no page shows this figure")));
    let pictures = matching(&course.root, &[&format!("{PAGES}/pictures/*/*")])?.into_iter();
    let unused = pictures.filter(|path| !used.pictures.contains(path));
    problems.extend(unused.map(|path| Problem::new(path, 0, "no page shows this picture")));
    Ok(problems)
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
        let is_shown = path.ends_with(waits::FILE) || used.captures.contains(&(chapter.id(), name));
        if !is_shown {
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
                let key = (PathBuf::from(&path), anchor.to_owned());
                if !used.anchors.contains(&key) {
                    let message = format!("no page shows the anchor `{anchor}`");
                    problems.push(Problem::new(checkpoint.dir.join(&path), line, message));
                }
            }
        }
    }
    Ok(problems)
}
