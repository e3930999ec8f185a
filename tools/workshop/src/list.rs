//! `cargo workshop list`: the chapters.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use course::{Chapter, Course};
use terminal::style::{QUIET, STRONG};

/// List the chapters: minutes, crate, script, and whether they are ready
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo workshop list
  cargo workshop list --json | jq -r '.[] | select(.ready) | .script'")]
pub struct Args {
    /// Print JSON, one object per chapter
    #[arg(long)]
    json: bool,
}

/// A chapter as the list shows it. Crate and script are there from when they are written.
#[derive(Serialize)]
struct Row {
    number: u8,
    title: String,
    minutes: u32,
    #[serde(rename = "crate")]
    dir: Option<String>,
    script: Option<String>,
    ready: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    let rows: Vec<Row> = course.chapters.iter().map(|c| row(&course, c)).collect();
    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&rows)?)?;
    } else {
        print(&mut out, &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row(course: &Course, chapter: &Chapter) -> Row {
    let there = |path: &Path| path.display().to_string();
    let checkpoint = chapter.checkpoint();
    let script = chapter.script();
    Row {
        number: chapter.number,
        title: chapter.title.clone(),
        minutes: chapter.minutes,
        dir: course.has(&checkpoint).then(|| there(&checkpoint.dir)),
        script: course.root.join(&script).is_file().then(|| there(&script)),
        ready: !chapter.draft,
    }
}

fn print(out: &mut impl std::io::Write, rows: &[Row]) -> std::io::Result<()> {
    let heading = ["", "chapter", "minutes", "crate", "script"].map(str::to_owned);
    let cells: Vec<[String; 5]> = std::iter::once(heading)
        .chain(rows.iter().map(|row| {
            let or_none = |path: &Option<String>| path.clone().unwrap_or_else(|| "-".into());
            [
                format!("{:02}", row.number),
                row.title.clone(),
                row.minutes.to_string(),
                or_none(&row.dir),
                or_none(&row.script),
            ]
        }))
        .collect();
    let width = |column: usize| cells.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3), width(4)];
    for (index, [number, title, minutes, dir, script]) in cells.iter().enumerate() {
        let (style, state) = match index.checked_sub(1).map(|row| rows[row].ready) {
            None => (STRONG, "state"),
            Some(true) => (anstyle::Style::new(), "ready"),
            Some(false) => (QUIET, "draft"),
        };
        let [a, b, c, d, e] = widths;
        writeln!(
            out,
            "{style}{number:a$}  {title:b$}  {minutes:>c$}  {dir:d$}  {script:e$}  {state}{style:#}"
        )?;
    }
    let minutes: u32 = rows.iter().map(|row| row.minutes).sum();
    let ready = rows.iter().filter(|row| row.ready).count();
    writeln!(
        out,
        "\n{} chapters, {ready} of them ready; {minutes} minutes in all",
        rows.len()
    )
}
