//! `cargo workshop reset`: a file of a working copy, as it was.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;

use anyhow::{Context as _, bail};

use course::Course;

use crate::copies::{Copy, typed_here};

/// Bring files of a working copy back to what they were when it was made
///
/// What you had in them is kept in target/reset/.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Example:
  cargo workshop reset workbench/01-discovery/src/db.rs")]
pub struct Args {
    /// The files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    for file in &args.files {
        reset(&course, file)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn reset(course: &Course, file: &Path) -> anyhow::Result<()> {
    let shown = file.display();
    let file = absolute(file).with_context(|| format!("cannot tell where {shown} is"))?;
    let Some(dir) = file
        .ancestors()
        .skip(1)
        .find(|dir| dir.join("Cargo.toml").is_file())
    else {
        bail!("{shown} does not lie in a working copy");
    };
    let copy = Copy::find(course, Some(dir))?;
    let path = file.strip_prefix(dir)?.to_str();
    let path = path.context("the file's name is not UTF-8")?;
    let start = copy.start(course)?;
    let Some(content) = start.files.get(path) else {
        bail!(
            "{} has no {path}: {shown} is yours, and yours to remove",
            copy.from
        );
    };
    let mut out = anstream::stdout().lock();
    match fs::read(&file) {
        Ok(mine) if mine == *content => {
            writeln!(out, "{shown} is as it was")?;
            return Ok(());
        }
        Ok(mine) => {
            let name = copy.dir.file_name().unwrap_or_default();
            let kept = course.root.join("target/reset").join(name).join(path);
            write(&kept, &mine)?;
            writeln!(
                out,
                "{shown} is as in {} again; yours is {}",
                copy.from,
                typed_here(&kept)?
            )?;
        }
        Err(_) => writeln!(out, "{shown} is back, as in {}", copy.from)?,
    }
    write(&file, content)
}

fn write(file: &Path, content: &[u8]) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", file.display());
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder).with_context(cannot)?;
    }
    fs::write(file, content).with_context(cannot)
}
