//! The preprocessor that lets the book paste nothing.
//!
//! A page names what it shows, and this puts it there: [`code`] of the step crates, [`commands`] of the
//! chapters' scripts and the outputs that were captured of them, [`diffs`] between checkpoints,
//! [`figures`], a [`chart`] of what was measured, [`pictures`] that sections made, and the box at the top of a [`chapter`]. Whatever cannot be
//! found fails the build with the page, the line and what to do.
//!
//! Each directive stands on a line of its own, except `value`, which stands within a sentence; [`directive`] has
//! the list of them and their arguments. mdBook's own are refused: a file or an anchor that is missing leaves a
//! hole in its pages.
//!
//! A fenced block of the language `console` holds commands that no script runs; it looks like the others.

mod cell;
mod chapter;
mod chart;
pub mod code;
mod commands;
mod diffs;
pub mod directive;
mod figures;
mod html;
mod pictures;
pub mod prompt;
pub mod scan;

use std::io::{self, Write as _};
use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use mdbook_driver::book::{Book, BookItem};
use mdbook_preprocessor::{MDBOOK_VERSION, Preprocessor, PreprocessorContext, parse_input};

use course::{Course, PAGES};
use directive::{Name, Page, Used};
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
        // Where the pages are written; mdBook may have got them from a copy.
        let source = context.root.join(PAGES);
        let mut problems = Vec::new();
        book.for_each_mut(|item| {
            // A draft chapter has no page.
            let BookItem::Chapter(chapter) = item else {
                return;
            };
            let Some(path) = &chapter.source_path else {
                return;
            };
            let file = source.join(path);
            match fill(&course, &file, &chapter.content).text {
                Ok(filled) => chapter.content = filled,
                Err(found) => {
                    let shown = file.strip_prefix(&course.root).unwrap_or(&file).display();
                    problems.extend(
                        found
                            .iter()
                            .map(|(line, message)| format!("{shown}:{line}: {message}")),
                    );
                }
            }
        });
        match problems.len() {
            0 => Ok(book),
            1 => bail!("{}", problems[0]),
            n => bail!("{n} problems in the book\n{}", problems.join("\n")),
        }
    }
}

/// What became of a page.
pub struct Filled {
    /// The page with every directive carried out, or all that is wrong with it by line.
    pub text: Result<String, Vec<(usize, String)>>,
    /// What it shows, whether that is there or not.
    pub used: Used,
}

/// Carries out the directives of `text`, which is the page in `file`.
pub fn fill(course: &Course, file: &Path, text: &str) -> Filled {
    let mut page = Page {
        course,
        folder: file.parent().unwrap_or(&course.root),
        used: Used::default(),
    };
    let text = replace(&mut page, text);
    Filled {
        text,
        used: page.used,
    }
}

fn replace(page: &mut Page<'_>, text: &str) -> Result<String, Vec<(usize, String)>> {
    let mut replacements = Vec::new();
    let mut problems = Vec::new();
    for found in scan::directives(text) {
        let directive = match found {
            Ok(directive) => directive,
            Err(malformed) => {
                problems.push((malformed.line, malformed.message));
                continue;
            }
        };
        match carry_out(page, &directive) {
            Ok(Some(html)) => {
                let html = match directive.alone {
                    Some(_) => block(text, &directive.range, &html),
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
    for console in scan::consoles(text) {
        let html = block(text, &console.range, &commands::plain(&console.commands));
        replacements.push((console.range, html));
    }
    replacements.sort_by_key(|(range, _)| range.start);
    let mut filled = String::with_capacity(text.len() * 2);
    let mut done = 0;
    for (range, html) in replacements {
        // A directive within a block of commands is text, and went with it.
        if range.start >= done {
            filled.push_str(&text[done..range.start]);
            filled.push_str(&html);
            done = range.end;
        }
    }
    filled.push_str(&text[done..]);
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

/// What mdBook would carry out after us, in code too.
const MDBOOKS: [&str; 5] = [
    "include",
    "rustdoc_include",
    "playground",
    "playpen",
    "title",
];

/// What to put in the directive's place, or `None` where it is text.
fn carry_out(page: &mut Page<'_>, directive: &Directive<'_>) -> anyhow::Result<Option<String>> {
    if MDBOOKS.contains(&directive.name) {
        bail!(
            "this book uses none of mdBook's own directives: `code` shows a file, or a part of it"
        );
    }
    let Some(name) = Name::of(directive.name) else {
        if directive.place == Place::Text {
            bail!(
                "there is no such directive; there are {}. Write `\\{{{{#` if it is meant as text",
                Name::words()
            );
        }
        return Ok(None);
    };
    match directive.place {
        Place::Code => return Ok(None),
        Place::Indented => bail!(
            "it is indented by four spaces, so that Markdown reads it as code: \
             indent it less, or put it into a fenced block if it is meant as text"
        ),
        Place::Text if directive.alone.is_none() && name != Name::Value => {
            bail!("it must stand on a line of its own")
        }
        Place::Text => {}
    }
    let arguments: Vec<&str> = directive.arguments.split_whitespace().collect();
    let html = match name {
        Name::Chapter => chapter::expand(page, &arguments),
        Name::Section => commands::section(page, &arguments),
        Name::Command => commands::command(page, &arguments),
        Name::Output => commands::output(page, &arguments),
        Name::Code => code::expand(page, &arguments),
        Name::Diff => diffs::expand(page, &arguments),
        Name::Figure => figures::expand(page, directive.arguments),
        Name::Chart => chart::expand(page, directive.arguments),
        Name::Picture => pictures::expand(page, directive.arguments),
        Name::Value => commands::value(page, &arguments),
    };
    html.map(Some)
}

#[cfg(test)]
mod tests;
