//! `cargo workshop check`: the course's linter.
//!
//! - [`steps`]: neighbouring checkpoints differ only where the chapter between them may change something.
//! - [`names`]: a checkpoint's name stands only where a comparison expects it.
//! - [`chapters`]: a chapter that is ready has all its parts, a draft has no page.
//! - [`exercises`]: their patches fit.
//! - [`usage`]: what a page shows exists, and whatever is there to be shown is shown by some page.
//! - [`links`]: links lead somewhere.

mod chapters;
mod exercises;
mod links;
mod names;
mod pages;
mod problem;
mod steps;
mod usage;

use std::io::Write as _;
use std::process::ExitCode;

use self::pages::Pages;
use self::problem::Problem;
use course::Course;
use terminal::style::{QUIET, REMOVED, STRONG};

/// Check the course: checkpoints, chapters, the book's directives and links
///
/// Checkpoints differ only where course.toml's `changes` say, each crate's name stands where it may, what the
/// book shows exists and is used, links lead somewhere. All problems are listed at once.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  cargo workshop check

Exit code: 1 if there is a problem.")]
pub struct Args {}

pub fn run(_args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    let pages = Pages::load(&course)?;
    let mut problems: Vec<Problem> = Vec::new();
    problems.extend(steps::check(&course)?);
    problems.extend(names::check(&course)?);
    problems.extend(chapters::check(&course, &pages)?);
    problems.extend(exercises::check(&course, &pages)?);
    problems.extend(usage::check(&course, &pages)?);
    problems.extend(links::check(&course, &pages)?);
    problems.sort();
    problems.dedup();

    let mut out = anstream::stdout().lock();
    for problem in &problems {
        writeln!(
            out,
            "{STRONG}{}{STRONG:#}: {}",
            problem.place(),
            problem.message
        )?;
    }
    if !problems.is_empty() {
        let count = match problems.len() {
            1 => "1 problem".to_owned(),
            n => format!("{n} problems"),
        };
        writeln!(out, "\n{REMOVED}{count}{REMOVED:#}")?;
        return Ok(ExitCode::FAILURE);
    }
    for chapter in &course.chapters {
        let state = if chapter.draft { "draft" } else { "ready" };
        writeln!(
            out,
            "{QUIET}{:02}  {:18} {:>3} minutes  {state}{QUIET:#}",
            chapter.number, chapter.title, chapter.minutes
        )?;
    }
    writeln!(
        out,
        "no problems: {} checkpoints, {} pages",
        course.checkpoints().len(),
        pages.of_book.len()
    )?;
    Ok(ExitCode::SUCCESS)
}
