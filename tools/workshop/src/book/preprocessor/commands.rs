//! Commands of a script's section, and what was captured of it.
//!
//! `{{#section CHAPTER NAME}}` shows both, `{{#command …}}` and `{{#output …}}` one of them, and
//! `{{#value CHAPTER NAME KEY}}` takes one value out of the output, `{{#value FILE ROW / COLUMN}}` one out of a file that a
//! benchmark has written.

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::{Context as _, bail, ensure};
use course::section::{Script, Section};
use course::{Chapter, Course};

use super::cell::cell;
use super::code;
use super::directive::{Name, Page};
use super::html;
use super::prompt::{self, Kind};
use crate::waits::Waits;

pub fn section(page: &mut Page<'_>, arguments: &[&str]) -> anyhow::Result<String> {
    let &[chapter, name] = arguments else {
        return Err(Name::Section.misused());
    };
    let found = Found::new(page, chapter, name)?;
    Ok(found.figure(&[&found.command()?, &found.output(page, None)?]))
}

pub fn command(page: &mut Page<'_>, arguments: &[&str]) -> anyhow::Result<String> {
    let &[chapter, name] = arguments else {
        return Err(Name::Command.misused());
    };
    let found = Found::new(page, chapter, name)?;
    Ok(found.figure(&[&found.command()?]))
}

pub fn output(page: &mut Page<'_>, arguments: &[&str]) -> anyhow::Result<String> {
    let (chapter, name, range) = match *arguments {
        [chapter, name] => (chapter, name, None),
        [chapter, name, range] => (chapter, name, Some(range)),
        _ => return Err(Name::Output.misused()),
    };
    let found = Found::new(page, chapter, name)?;
    Ok(found.figure(&[&found.output(page, range)?]))
}

pub fn value(page: &mut Page<'_>, arguments: &[&str]) -> anyhow::Result<String> {
    if let [path, cell @ ..] = arguments
        && path.contains('/')
    {
        return value_of_file(page, path, &cell.join(" "));
    }
    let [chapter, name, key @ ..] = arguments else {
        return Err(Name::Value.misused());
    };
    if key.is_empty() {
        return Err(Name::Value.misused());
    }
    let key = format!("{}:", key.join(" "));
    let found = Found::new(page, chapter, name)?;
    let capture = found.capture(page)?;
    let values = capture
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix(&key));
    let values: Vec<&str> = values.map(str::trim).collect();
    let path = found.capture_path();
    match *values {
        [""] => bail!("the line `{key}` of {} has no value", path.display()),
        [value] => Ok(shown_value(value)),
        [] => bail!("{} has no line `{key} …`", path.display()),
        _ => bail!("{} has more than one line `{key} …`", path.display()),
    }
}

fn value_of_file(page: &Page<'_>, path: &str, place: &str) -> anyhow::Result<String> {
    let (row, column) = place.rsplit_once(" / ").context(
        "a value of a file is found by its line and its column: \
         `{{#value tools/diagnostics/benches/results/spans.txt entered and left, a route / added}}`",
    )?;
    let text = code::read(&page.course.root, path)?;
    let value = cell(&text, row.trim(), column.trim()).with_context(|| format!("in {path}"))?;
    Ok(shown_value(value))
}

fn shown_value(value: &str) -> String {
    format!("<span class=\"value\">{}</span>", html::text(value))
}

/// A section of a chapter's script.
pub struct Found<'a> {
    course: &'a Course,
    pub chapter: &'a Chapter,
    section: Section,
}

impl<'a> Found<'a> {
    /// The page uses it from now on.
    pub fn new(page: &mut Page<'a>, chapter: &str, name: &str) -> anyhow::Result<Self> {
        let course = page.course;
        let chapter = course.chapter(chapter)?;
        page.used.sections.insert((chapter.id(), name.to_owned()));
        let script = chapter.script();
        // Relative, so that messages do not name the machine's folders.
        let text = std::fs::read_to_string(course.root.join(&script))
            .with_context(|| format!("cannot read {}", script.display()))?;
        let section = Script::parse(&script, &text)?.section(name)?.clone();
        Ok(Self {
            course,
            chapter,
            section,
        })
    }

    fn figure(&self, parts: &[&str]) -> String {
        format!(
            "<figure class=\"run\" aria-label=\"{}\">{}</figure>",
            html::text(&self.section.question),
            parts.concat()
        )
    }

    /// Where a reader finds what was run: the script and the section's name in it.
    pub fn source(&self) -> String {
        format!("{} {}", self.chapter.script().display(), self.section.name)
    }

    fn command(&self) -> anyhow::Result<String> {
        let shown = self.section.command(&self.course.display);
        ensure!(
            !shown.trim().is_empty(),
            "section `{}` of {} shows no command: each of its lines ends in `#-`",
            self.section.name,
            self.chapter.script().display()
        );
        let wait = Waits::of(self.course, self.chapter).told(&self.section.name);
        let wait = wait.map(|wait| format!("<p class=\"wait\">the first time: {wait}</p>"));
        Ok(wait.unwrap_or_default() + &listing(&shown))
    }

    /// Relative to the root.
    pub fn capture_path(&self) -> PathBuf {
        self.chapter
            .captures()
            .join(format!("{}.txt", self.section.name))
    }

    /// What the section printed when it was captured, without blank space at the end.
    pub fn capture(&self, page: &mut Page<'_>) -> anyhow::Result<String> {
        let key = (self.chapter.id(), self.section.name.clone());
        page.used.captures.insert(key);
        let path = self.capture_path();
        let advice = format!(
            "`cargo workshop capture {:02}` writes it",
            self.chapter.number
        );
        let text = std::fs::read_to_string(self.course.root.join(&path))
            .with_context(|| format!("cannot read {}: {advice}", path.display()))?;
        let text = text.trim_end();
        ensure!(!text.is_empty(), "{} is empty: {advice}", path.display());
        ensure!(
            !text.contains('\u{1b}'),
            "{} has colours or other terminal codes: the section must print plain text",
            path.display()
        );
        Ok(text.to_owned())
    }

    fn output(&self, page: &mut Page<'_>, range: Option<&str>) -> anyhow::Result<String> {
        let capture = self.capture(page)?;
        let (text, part) = match range {
            None => (capture, String::new()),
            Some(range) => {
                let (first, last) = parse_range(range)?;
                let count = capture.lines().count();
                ensure!(
                    last <= count,
                    "{} has {count} lines, and lines {range} were asked for",
                    self.capture_path().display()
                );
                let lines: Vec<_> = capture
                    .lines()
                    .skip(first - 1)
                    .take(last - first + 1)
                    .collect();
                (
                    lines.join("\n"),
                    format!(", lines {first}–{last} of {count}"),
                )
            }
        };
        let what = if self.section.terminal {
            "in the service’s terminal"
        } else {
            "output"
        };
        Ok(format!(
            "<figcaption>{what}{part} <span>{}</span></figcaption>\
             <pre class=\"{}\"><code class=\"nohighlight\">{}</code></pre>",
            html::text(&self.source()),
            if is_wide(&text) {
                "output wide"
            } else {
                "output"
            },
            html::text(&text)
        ))
    }
}

/// Whether there are lines that no screen shows whole. They are wrapped then; a table, which is narrower, is not.
fn is_wide(text: &str) -> bool {
    text.lines().any(|line| line.chars().count() > 120)
}

/// A block of commands that stand in the page itself.
pub fn plain(commands: &str) -> String {
    format!("<figure class=\"run\">{}</figure>", listing(commands))
}

/// A command block. The prompt is drawn by the style sheet, so that it is no part of what is copied.
fn listing(shown: &str) -> String {
    let mut code = String::new();
    let lines = prompt::lines(shown);
    for (index, (kind, line)) in lines.iter().enumerate() {
        let class = match kind {
            Kind::Command => "command-line",
            Kind::Continued => "continued-line",
            Kind::Comment => "comment-line",
        };
        let end = if index + 1 < lines.len() { "\n" } else { "" };
        write!(
            code,
            "<span class=\"{class}\">{}</span>{}",
            html::text(line),
            html::text(end)
        )
        .expect("writing to a string does not fail");
    }
    format!("<pre class=\"command\"><code class=\"nohighlight\">{code}</code></pre>")
}

/// `FIRST:LAST`, both counted from 1 and both shown.
fn parse_range(range: &str) -> anyhow::Result<(usize, usize)> {
    let parsed = range
        .split_once(':')
        .and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
    match parsed {
        Some((first, last)) if 1 <= first && first <= last => Ok((first, last)),
        _ => bail!("`{range}` is not a range of lines: write FIRST:LAST, as in `3:10`"),
    }
}
