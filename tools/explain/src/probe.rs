//! Whether this program understands the compiler: each new one explains a program whose report is known.
//!
//! No toolchain is pinned, and most of what is read is in no stable form. What is not understood would be missing from
//! the report, and look as if it were not there.

use std::env;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::build::{Build, Saved, Told};
use crate::report::Report;
use crate::source::Sources;
use crate::wrapper::{BASE, Compilation, mark};

const PROGRAM: &str = include_str!("probe/program.rs");

/// What must be reported of it: the beginnings of lines.
const REPORT: [&str; 7] = [
    "program.rs:6:5: heap: Box::new, survives",
    "program.rs:10:5: heap: fs::read, survives",
    "program.rs:14:6: heap: Box::new, elided",
    "program.rs:36:11: heap: <ParseIntError as ToString>::to_string, survives",
    "program.rs:23:5: call: program::far not inlined into program::calls",
    "program.rs:1: type: Wide, 256 bytes",
    "program.rs:26: future: async fn later, ",
];

/// Explains the program, unless this compiler has passed already. `dir` is where what was told is kept.
pub fn understood(compilation: &Compilation, dir: &Path) -> anyhow::Result<()> {
    let Compilation {
        rustc,
        compiler,
        saved_by,
        ..
    } = compilation;
    let passed = dir.join("understood");
    let this = format!("{}\n{compiler}\n{saved_by}\n", rustc.display());
    if fs::read_to_string(&passed).is_ok_and(|known| known == this) {
        return Ok(());
    }
    let folder = dir.join("probe");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("program.rs"), PROGRAM)?;
    let told = |build| explained(rustc, &folder, build);
    let (optimized, unoptimized) = (told(Build::Optimized)?, told(Build::Unoptimized)?);
    let sources = Sources::of(&folder.canonicalize()?, &[], &optimized.compilation)?;
    let mut text = Vec::new();
    Report::of("program", &optimized, Some(&unoptimized), &sources)?.print(&mut text)?;
    let text = anstream::adapter::strip_bytes(&text).into_vec();
    let text = String::from_utf8_lossy(&text);
    let missing = |wanted: &&str| !text.lines().any(|line| line.starts_with(*wanted));
    let missing: Vec<&str> = REPORT.into_iter().filter(missing).collect();
    if !missing.is_empty() {
        let compiler = compiler.lines().next().unwrap_or_default();
        bail!(
            "this version of cargo explain does not understand {compiler}: of a program whose report is known it does not find\n  {}",
            missing.join("\n  ")
        );
    }
    fs::remove_dir_all(folder)?;
    Ok(fs::write(passed, this)?)
}

/// Compiles it as cargo would, through the wrapper.
fn explained(rustc: &Path, folder: &Path, build: Build) -> anyhow::Result<Told> {
    let saved = Saved {
        dir: folder.to_owned(),
        name: build.name().to_owned(),
    };
    saved.tidy()?;
    let output = Command::new(env::current_exe()?)
        .arg(rustc)
        .args(["--crate-name", "program", "--edition=2021", "program.rs"])
        .args([
            "--crate-type=lib",
            "--emit=dep-info,metadata,link",
            "-Copt-level=3",
        ])
        .args(["--error-format=json", "--cap-lints=allow", "--out-dir", "."])
        .arg(mark(&saved.base()))
        .args(build.flags())
        .current_dir(folder)
        .env(BASE, saved.base())
        .stdin(Stdio::null())
        .output()
        .context("cannot run rustc")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        bail!(
            "{} does not compile a program of a few lines:\n{said}",
            rustc.display()
        );
    }
    saved.read()
}
