//! `cargo workshop hint`: what to do next in a working copy.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use course::Course;

use crate::copies::{Copy, Left, typed_here};

/// Tell what to look at next in a working copy, one thing at a time
///
/// It names the first file that the chapter changes and that you have not touched, and says a word on it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo workshop hint                          in a working copy, or for the only one
  cargo workshop hint workbench/01-discovery
  cargo workshop hint --file src/db.rs         about this file, changed or not")]
pub struct Args {
    /// The working copy's folder [default: the one that you are in, or the only one in workbench/]
    copy: Option<PathBuf>,

    /// Ask about this file of the copy
    #[arg(long)]
    file: Option<String>,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    let copy = Copy::find(&course, args.copy.as_deref())?;
    let (chapter, next) = copy.chapter(&course)?;
    let left = copy.left(&course, chapter, &next)?;
    let dir = typed_here(&copy.dir)?;
    let hint = |path: &str| {
        let allowed = chapter.changes.iter().find(|c| c.includes(path));
        allowed.map(|allowed| allowed.hint.trim())
    };
    let mut out = anstream::stdout().lock();
    let untouched = left.iter().find(|left| !left.touched);
    match (&args.file, untouched) {
        (Some(file), _) => match hint(file) {
            Some(text) => writeln!(out, "{file}\n\n{text}")?,
            None => writeln!(out, "chapter {} leaves {file} as it is", chapter.number)?,
        },
        (None, Some(Left { diff, .. })) => {
            let text =
                hint(&diff.path).unwrap_or("It is not in your copy as the chapter leaves it.");
            writeln!(out, "{}\n\n{text}", diff.path)?;
        }
        (None, None) if left.is_empty() => {
            writeln!(out, "{dir} is what {next} is: nothing is left to do")?;
        }
        (None, None) => {
            writeln!(
                out,
                "You have changed all that chapter {} changes, in your own way. What differs from {next}:\n",
                chapter.number
            )?;
            for Left { diff, .. } in &left {
                writeln!(out, "  {}", diff.path)?;
            }
        }
    }
    if !left.is_empty() {
        writeln!(
            out,
            "\n\
             is it right?   cargo workshop verify {dir}\n\
             the solution   cargo workshop diff {}",
            copy.from.id
        )?;
    }
    Ok(ExitCode::SUCCESS)
}
