//! The preprocessor that lets the book paste nothing.
//!
//! A page names what it shows, and this puts it there: [`code`] of the step crates, [`commands`] of the
//! chapters' scripts and the outputs that were captured of them, [`diffs`] between checkpoints,
//! [`figures`], a [`chart`] of what was measured, and the box at the top of a chapter. Whatever cannot be
//! found fails the build with the page, the line and what to do. [`includes`] holds mdBook's own directives
//! to the same rule.
//!
//! Each directive stands on a line of its own, except `value`, which stands within a sentence:
//!
//! ```text
//! {{#chapter 01}}
//! {{#section 01-discovery NAME}}
//! {{#command 01-discovery NAME}}
//! {{#output 01-discovery NAME [FIRST:LAST]}}
//! {{#code PATH [ANCHOR]}}
//! {{#diff 01 02 [FILE]}}
//! {{#figure figures/NAME.svg Caption}}
//! {{#chart 01-discovery NAME COLUMN Caption}}
//! {{#value 01-discovery NAME KEY}}
//! ```
//!
//! A fenced block of the language `console` holds commands that no script runs; it looks like the others.

mod chapter;
mod chart;
pub mod code;
mod commands;
mod diffs;
mod figures;
mod html;
mod includes;
mod prompt;
pub mod scan;

use std::io::{self, Write as _};
use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use mdbook_driver::book::{Book, BookItem, Chapter};
use mdbook_preprocessor::{MDBOOK_VERSION, Preprocessor, PreprocessorContext, parse_input};

use course::Course;
use scan::{Directive, Place};

/// Fill in the pages for plain `mdbook build` and `mdbook serve`.
///
/// mdBook calls this; it speaks mdBook's protocol on standard input and output.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example: mdbook build   (which calls this, see book.toml)")]
pub struct Args {
    #[command(subcommand)]
    question: Option<Question>,
}

#[derive(Debug, clap::Subcommand)]
enum Question {
    /// Answer by the exit code whether pages for this renderer can be filled in.
    Supports { renderer: String },
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    if let Some(Question::Supports { renderer }) = args.question {
        let supported = Workshop.supports_renderer(&renderer)?;
        return Ok(ExitCode::from(u8::from(!supported)));
    }
    let (context, book) = parse_input(io::stdin().lock())?;
    if context.mdbook_version != MDBOOK_VERSION {
        eprintln!(
            "warning: this is mdBook {}, and the workshop's preprocessor was made for {MDBOOK_VERSION}",
            context.mdbook_version
        );
    }
    let book = Workshop.run(&context, book)?;
    let mut answer = io::stdout().lock();
    serde_json::to_writer(&mut answer, &book).context("cannot hand the pages back to mdBook")?;
    answer.flush()?;
    Ok(ExitCode::SUCCESS)
}

/// The preprocessor as mdBook calls it, in process or through [`run`].
#[derive(Debug)]
pub struct Workshop;

impl Preprocessor for Workshop {
    fn name(&self) -> &str {
        "workshop"
    }

    fn supports_renderer(&self, renderer: &str) -> anyhow::Result<bool> {
        Ok(renderer == "html")
    }

    fn run(&self, context: &PreprocessorContext, mut book: Book) -> anyhow::Result<Book> {
        let course = Course::load(&context.root)?;
        let source = context.root.join(&context.config.book.src);
        let mut problems = Vec::new();
        book.for_each_mut(|item| {
            // A draft chapter has no page.
            if let BookItem::Chapter(chapter) = item
                && let Some(path) = chapter.source_path.clone()
            {
                fill_chapter(&course, &source, chapter, &path, &mut problems);
            }
        });
        match problems.len() {
            0 => Ok(book),
            1 => bail!("{}", problems[0]),
            n => bail!("{n} problems in the book\n{}", problems.join("\n")),
        }
    }
}

fn fill_chapter(
    course: &Course,
    source: &Path,
    chapter: &mut Chapter,
    path: &Path,
    problems: &mut Vec<String>,
) {
    let file = source.join(path);
    match fill(course, source, &file, &chapter.content) {
        Ok(filled) => chapter.content = filled,
        Err(found) => {
            let shown = file.strip_prefix(&course.root).unwrap_or(&file);
            problems.extend(
                found
                    .into_iter()
                    .map(|(line, message)| format!("{}:{line}: {message}", shown.display())),
            );
        }
    }
}

/// The page with every directive carried out, or all that is wrong with it by line.
pub fn fill(
    course: &Course,
    source: &Path,
    file: &Path,
    page: &str,
) -> Result<String, Vec<(usize, String)>> {
    let mut replacements = Vec::new();
    let mut problems = Vec::new();
    for found in scan::directives(page) {
        let directive = match found {
            Ok(directive) => directive,
            Err(malformed) => {
                problems.push((malformed.line, malformed.message));
                continue;
            }
        };
        match carry_out(course, source, file, &directive) {
            Ok(Some(html)) => {
                let html = match directive.alone {
                    Some(_) => block(page, &directive.range, &html),
                    None => html,
                };
                replacements.push((directive.range, html));
            }
            Ok(None) => {}
            Err(error) => {
                problems.push((directive.line, format!("{}: {error:#}", directive.source)));
            }
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    for console in scan::consoles(page) {
        let html = block(page, &console.range, &commands::plain(&console.commands));
        replacements.push((console.range, html));
    }
    replacements.sort_by_key(|(range, _)| range.start);
    let mut filled = String::with_capacity(page.len() * 2);
    let mut done = 0;
    for (range, html) in replacements {
        // A directive within a block of commands is text, and went with it.
        if range.start >= done {
            filled.push_str(&page[done..range.start]);
            filled.push_str(&html);
            done = range.end;
        }
    }
    filled.push_str(&page[done..]);
    Ok(filled)
}

/// The HTML with an empty line below it, which carries on the list or quote that it stands in. Without that line
/// the HTML block would swallow what follows.
fn block(page: &str, range: &Range<usize>, html: &str) -> String {
    let line = page[..range.start].rfind('\n').map_or(0, |end| end + 1);
    let marks: String = page[line..range.start]
        .chars()
        .map(|c| if c == '>' { c } else { ' ' })
        .collect();
    let end = if page[range.clone()].ends_with('\n') {
        "\n"
    } else {
        ""
    };
    format!("{html}\n{}{end}", marks.trim_end())
}

/// What to put in the directive's place, or `None` where it stays as it is.
fn carry_out(
    course: &Course,
    source: &Path,
    file: &Path,
    directive: &Directive<'_>,
) -> anyhow::Result<Option<String>> {
    if includes::is_mdbooks(directive.name) {
        return includes::check(source, file, directive).map(|()| None);
    }
    let is_ours = OURS.contains(&directive.name);
    match directive.place {
        Place::Code => return Ok(None),
        Place::Indented if is_ours => bail!(
            "it is indented by four spaces, so that Markdown reads it as code: \
             indent it less, or put it into a fenced block if it is meant as text"
        ),
        Place::Indented => return Ok(None),
        Place::Text if !is_ours => bail!(
            "there is no such directive; there are {}. Write `\\{{{{#` if it is meant as text",
            OURS.join(", ")
        ),
        Place::Text => {}
    }
    let arguments: Vec<&str> = directive.arguments.split_whitespace().collect();
    if directive.name == "value" {
        return commands::value(course, &arguments).map(Some);
    }
    if directive.alone.is_none() {
        bail!("it must stand on a line of its own");
    }
    let html = match directive.name {
        "chapter" => chapter::expand(course, &arguments)?,
        "section" => commands::section(course, &arguments)?,
        "command" => commands::command(course, &arguments)?,
        "output" => commands::output(course, &arguments)?,
        "code" => code::expand(course, &arguments)?,
        "diff" => diffs::expand(course, &arguments)?,
        "figure" => figures::expand(source, file, directive.arguments)?,
        "chart" => chart::expand(course, directive.arguments)?,
        name => unreachable!("`{name}` is one of ours and not handled"),
    };
    Ok(Some(html))
}

const OURS: [&str; 9] = [
    "chapter", "section", "command", "output", "code", "diff", "figure", "chart", "value",
];

#[cfg(test)]
mod tests;
