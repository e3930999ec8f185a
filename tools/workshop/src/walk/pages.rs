//! What the pages print: blocks of commands in their order.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::book::preprocessor::directive::Name;
use crate::book::preprocessor::scan::{self, Place};
use crate::run;
use course::section::Section;
use course::{Chapter, Course};

/// What is typed before the first chapter.
const SET_UP: &str = "book/src/set-up.md";

/// Commands that stand together in a page.
#[derive(Debug)]
pub struct Block {
    /// The page, relative to the root, and the line in it.
    page: PathBuf,
    line: usize,
    /// The commands as a reader copies them.
    pub text: String,
    /// The section that they come from, with its chapter.
    pub section: Option<(Chapter, Section)>,
    pub outcome: Outcome,
}

/// How the commands of a block end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    GoesWell,
    /// ```` ```console fails ````: the page says that the last one does.
    Fails,
}

impl Block {
    /// Where it stands, and the section's name if it has one.
    pub fn place(&self) -> String {
        let name = self
            .section
            .as_ref()
            .map_or("", |(_, section)| &section.name);
        format!("{}:{} {name}", self.page.display(), self.line)
            .trim_end()
            .to_owned()
    }
}

/// The pages of these chapters, or the set-up and those of all chapters that are ready.
pub fn of(course: &Course, chapters: &[String]) -> anyhow::Result<Vec<PathBuf>> {
    if chapters.is_empty() {
        let ready = course.chapters.iter().filter(|chapter| !chapter.draft);
        let set_up = Some(PathBuf::from(SET_UP)).filter(|page| course.root.join(page).exists());
        return Ok(set_up
            .into_iter()
            .chain(ready.map(|chapter| chapter.page()))
            .collect());
    }
    let pages = chapters
        .iter()
        .map(|chapter| Ok(course.chapter(chapter)?.page()));
    pages.collect()
}

/// All blocks of a page in their order. A section that the page shows in pieces is typed where its command stands.
pub fn blocks(course: &Course, page: &Path) -> anyhow::Result<Vec<Block>> {
    let text = fs::read_to_string(course.root.join(page))
        .with_context(|| format!("cannot read {}", page.display()))?;
    let line = |at: usize| text[..at].lines().count() + 1;
    let mut found = Vec::new();
    let mut typed = BTreeSet::new();
    for directive in scan::directives(&text).into_iter().flatten() {
        let commands = matches!(
            Name::of(directive.name),
            Some(Name::Section | Name::Command)
        );
        if !commands || directive.place != Place::Text || !typed.insert(directive.arguments) {
            continue;
        }
        let (chapter, name) = directive.arguments.split_once(' ').unwrap_or_default();
        let chapter = course.chapter(chapter)?;
        let section = run::script(course, chapter)?.section(name.trim())?.clone();
        let block = Block {
            page: page.to_owned(),
            line: directive.line,
            text: section.command(&course.display),
            section: Some((chapter.clone(), section)),
            outcome: Outcome::GoesWell,
        };
        found.push((directive.range.start, block));
    }
    for console in scan::consoles(&text) {
        let outcome = match console.note.as_str() {
            "by-hand" => continue,
            "fails" => Outcome::Fails,
            _ => Outcome::GoesWell,
        };
        let block = Block {
            page: page.to_owned(),
            line: line(console.range.start),
            text: console.commands,
            section: None,
            outcome,
        };
        found.push((console.range.start, block));
    }
    found.sort_by_key(|(at, _)| *at);
    Ok(found.into_iter().map(|(_, block)| block).collect())
}
