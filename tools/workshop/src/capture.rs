//! `cargo workshop capture`: the outputs that stand in the book.

pub mod clean;
mod compare;
mod pictures;
mod shape;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use anyhow::Context as _;

use self::clean::Cleaner;
use self::compare::{Line, compare};
use self::pictures::Picture;
use crate::run;
use crate::waits;
use course::files::is_editors;
use course::section::{Compared, Script, Section};
use course::{Chapter, Course};
use terminal::style::{ADDED, QUIET, REMOVED, STRONG};

/// Run a chapter's sections again and record what they print, for the book
///
/// Writes book/captures/NN-name/SECTION.txt, and what a section draws to book/src/pictures/NN-name; what belongs to this machine and this run (folders, ports) is
/// replaced. If the script fails, nothing is written.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo workshop capture 01                record all sections of chapter 1
  cargo workshop capture 01 query-plan     record one
  cargo workshop capture 01 --check        see whether the book still shows what the script prints

With --check, sections marked `exact` are compared verbatim, all others by their shape: numbers, durations, sizes,
ids, dates, times, versions, paths, ports and the widths of columns may differ. Of those marked `varies` there must
be an output.")]
pub struct Args {
    /// The chapter: 01, or 01-discovery
    chapter: String,

    /// The section [default: all of them]
    section: Option<String>,

    /// Write nothing; exit with 1 if an output is not what is recorded
    #[arg(long)]
    check: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    let chapter = course.chapter(&args.chapter)?;
    let script = run::script(&course, chapter)?;
    let sections: Vec<&Section> = match &args.section {
        Some(name) => vec![script.section(name)?],
        None => script.sections.iter().collect(),
    };
    let arguments: Vec<OsString> = args.section.iter().map(OsString::from).collect();
    let (outputs, pictures) = match record(&course, chapter, &sections, &arguments)? {
        Ok(recorded) => recorded,
        Err(code) => return Ok(code),
    };
    let folder = chapter.captures();
    let mut out = anstream::stdout().lock();
    if args.check {
        check(&mut out, &course.root, &folder, &sections, &outputs)
    } else {
        write(&mut out, &course.root, &folder, &sections, &outputs)?;
        pictures::write(&mut out, &course, chapter, &pictures)?;
        if args.section.is_none() {
            remove_stale(&mut out, &course.root, &folder, &script, &outputs)?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Cleaned outputs by the section's name. A section that prints nothing has none.
pub type Outputs = BTreeMap<String, String>;

/// Runs the sections; the inner error is the exit code of a script that failed.
fn record(
    course: &Course,
    chapter: &Chapter,
    sections: &[&Section],
    arguments: &[OsString],
) -> anyhow::Result<Result<(Outputs, Vec<Picture>), ExitCode>> {
    let recorded = tempfile::tempdir().context("cannot create a temporary folder")?;
    let environment = [
        ("CAPTURE_DIR", recorded.path()),
        // What is recorded does not depend on a database that the caller happens to have.
        ("DATABASE_URL", Path::new("")),
    ];
    let script = run::script(course, chapter)?.path;
    let status = run::execute(course, &script, arguments, &environment, Stdio::null())?;
    if !status.success() {
        eprintln!(
            "error: {} failed, so nothing was recorded ({status})",
            chapter.script().display()
        );
        return Ok(Err(run::exit_code(status)));
    }
    let values = fs::read_to_string(recorded.path().join(clean::VALUES)).unwrap_or_default();
    let cleaner = Cleaner::new(course, &values);
    let mut outputs = Outputs::new();
    for section in sections {
        let file = recorded.path().join(&section.name).with_extension("txt");
        let output = fs::read(&file).with_context(|| {
            format!(
                "{} ran without recording its section `{}`",
                chapter.script().display(),
                section.name
            )
        })?;
        add(
            &mut outputs,
            section,
            cleaner.clean(&String::from_utf8_lossy(&output)),
        );
    }
    let pictures = pictures::read(recorded.path(), sections, &cleaner)?;
    Ok(Ok((outputs, pictures)))
}

/// Adds a cleaned output. That a service's terminal stays silent is an answer, too.
pub fn add(outputs: &mut Outputs, section: &Section, output: String) {
    if !output.is_empty() {
        outputs.insert(section.name.clone(), output);
    } else if section.terminal {
        outputs.insert(section.name.clone(), "(nothing)\n".to_owned());
    }
}

fn check(
    out: &mut impl io::Write,
    root: &Path,
    folder: &Path,
    sections: &[&Section],
    outputs: &Outputs,
) -> anyhow::Result<ExitCode> {
    let mut unequal = 0;
    for section in sections {
        unequal += usize::from(!print_comparison(out, root, folder, section, outputs)?);
    }
    if unequal == 0 {
        return Ok(ExitCode::SUCCESS);
    }
    writeln!(out, "\n{unequal} of {} sections differ", sections.len())?;
    writeln!(
        out,
        "If the new outputs are right, `cargo workshop capture` without --check records them."
    )?;
    Ok(ExitCode::FAILURE)
}

/// Compares one section's output with what is recorded, and prints what came of it. Whether they agree.
pub fn print_comparison(
    out: &mut impl io::Write,
    root: &Path,
    folder: &Path,
    section: &Section,
    outputs: &Outputs,
) -> anyhow::Result<bool> {
    let path = folder.join(&section.name).with_extension("txt");
    let committed = fs::read_to_string(root.join(&path)).unwrap_or_default();
    let new = outputs.get(&section.name).map_or("", String::as_str);
    let lines = compare(section, &committed, new);
    if lines.is_empty() {
        writeln!(out, "{ADDED}same{ADDED:#}     {}", path.display())?;
        return Ok(true);
    }
    let how = match section.compared {
        Compared::Verbatim => "compared verbatim",
        Compared::Shape => "compared by shape",
        Compared::Nothing => "there must be one",
    };
    writeln!(
        out,
        "{REMOVED}differs{REMOVED:#}  {} ({how}; - recorded, + now)",
        path.display()
    )?;
    print_lines(out, &lines)?;
    Ok(false)
}

fn print_lines(out: &mut impl io::Write, lines: &[Line]) -> io::Result<()> {
    for line in lines {
        match line {
            Line::Same(text) => writeln!(out, "    {text}")?,
            Line::Committed(text) => writeln!(out, "  {REMOVED}- {text}{REMOVED:#}")?,
            Line::New(text) => writeln!(out, "  {ADDED}+ {text}{ADDED:#}")?,
            Line::Gap => writeln!(out, "    {QUIET}...{QUIET:#}")?,
        }
    }
    Ok(())
}

fn write(
    out: &mut impl io::Write,
    root: &Path,
    folder: &Path,
    sections: &[&Section],
    outputs: &Outputs,
) -> anyhow::Result<()> {
    let absolute = root.join(folder);
    fs::create_dir_all(&absolute)
        .with_context(|| format!("cannot create {}", absolute.display()))?;
    for section in sections {
        let path = folder.join(&section.name).with_extension("txt");
        let file = root.join(&path);
        let former = fs::read_to_string(&file).ok();
        let new = outputs.get(&section.name);
        let state = match (&former, new) {
            (None, None) => "prints nothing",
            (Some(_), None) => {
                remove(&file)?;
                "prints nothing any more, removed"
            }
            (Some(former), Some(new)) if former == new => "unchanged",
            (_, Some(new)) => {
                fs::write(&file, new)
                    .with_context(|| format!("cannot write {}", file.display()))?;
                if former.is_some() { "changed" } else { "new" }
            }
        };
        writeln!(out, "{STRONG}{}{STRONG:#}  {state}", path.display())?;
    }
    Ok(())
}

/// Removes the captures of sections that are no longer in the script.
fn remove_stale(
    out: &mut impl io::Write,
    root: &Path,
    folder: &Path,
    script: &Script,
    outputs: &Outputs,
) -> anyhow::Result<()> {
    let absolute = root.join(folder);
    let entries =
        fs::read_dir(&absolute).with_context(|| format!("cannot read {}", absolute.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_text = path.extension().is_some_and(|extension| extension == "txt");
        let is_capture = is_text && !path.ends_with(waits::FILE) && !is_editors(&name);
        if is_capture && !outputs.contains_key(&name) && script.section(&name).is_err() {
            remove(&path)?;
            let shown = folder.join(&name).with_extension("txt");
            writeln!(
                out,
                "{STRONG}{}{STRONG:#}  removed: the script has no such section",
                shown.display()
            )?;
        }
    }
    Ok(())
}

fn remove(file: &Path) -> anyhow::Result<()> {
    fs::remove_file(file).with_context(|| format!("cannot remove {}", file.display()))
}
