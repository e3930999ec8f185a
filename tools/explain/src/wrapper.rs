//! This program as cargo runs it: before rustc, for the workspace's own crates. It saves what rustc tells about the
//! explained one.
//!
//! That one is known by a flag ([`mark`]). Saved are BASE.calls (the lines of the LLVM code that are read later),
//! BASE.sizes (rustc's stdout), BASE.remarks, BASE.items (what rustdoc says is declared where) and, at the very end,
//! BASE.compilation: without it the others count for nothing.

mod arguments;

use std::env;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, BufWriter, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{self, Command, ExitCode, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, bail};
use serde::{Deserialize, Serialize};

use crate::ir::{TABLE, WRITE_STR};
use arguments::{Arguments, refused};

/// Where to save, and that this program stands before rustc.
pub const BASE: &str = "CARGO_EXPLAIN_BASE";
/// Cargo compiles again when a variable that the code depends on has another value: this one has the id of the
/// compilation that the files at hand are from.
pub const ID: &str = "CARGO_EXPLAINED";
/// What is saved beside the compilation itself.
pub const SAVED: [&str; 4] = ["calls", "remarks", "sizes", "items"];

/// The compilation that the saved files are from.
#[derive(Debug, Serialize, Deserialize)]
pub struct Compilation {
    pub id: String,
    /// The program that saved it: another one may save something else.
    pub saved_by: String,
    /// `rustc -vV`
    pub compiler: String,
    pub rustc: PathBuf,
    /// From here on go all paths that are not absolute.
    pub folder: PathBuf,
    pub crate_name: String,
    /// All files that the compiler read, generated ones too.
    pub sources: Vec<PathBuf>,
    /// The folder of the standard library for the target.
    pub standard_library: PathBuf,
}

/// The flag that the explained crate is marked with. It gives the artefacts of each build, and of two workspaces that
/// share a folder, names of their own.
pub fn mark(base: &Path) -> OsString {
    let mut flag = OsString::from("--emit=llvm-ir=");
    flag.push(base);
    flag
}

/// What tells this program from a later one of the same name.
pub fn this_program() -> io::Result<String> {
    let program = fs::metadata(env::current_exe()?)?;
    let built = program
        .modified()?
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Ok(format!("{} bytes, {built:?}", program.len()))
}

/// Runs rustc with the arguments of this process.
pub fn run(base: &Path) -> anyhow::Result<ExitCode> {
    let mut arguments = env::args_os().skip(1);
    let rustc = arguments.next().context("no rustc is given")?;
    let mut arguments: Vec<OsString> = arguments.collect();
    let mark = mark(base);
    let Some(marked) = arguments.iter().position(|argument| *argument == mark) else {
        return Err(Command::new(&rustc).args(arguments).exec()).context("cannot run rustc");
    };
    // Rustc would take a comma in the path for the end of it.
    arguments[marked] = "--emit=llvm-ir".into();
    if let Some(flag) = refused(&arguments) {
        bail!(
            "{flag} makes code that cannot be explained: take it out of RUSTFLAGS and cargo's configuration"
        );
    }
    let mut arguments = Arguments(arguments);
    arguments.keep_paths();
    // Cargo's children may outlive it, and this one must not write where its successor does. The next run removes the
    // folder, and with it whatever is not finished.
    let work = base.with_added_extension(process::id().to_string());
    fs::create_dir(&work).with_context(|| format!("cannot make {}", work.display()))?;
    let result = compile(&rustc, &arguments, &work, base);
    fs::remove_dir_all(&work)?;
    result
}

fn compile(
    rustc: &OsStr,
    arguments: &Arguments,
    work: &Path,
    base: &Path,
) -> anyhow::Result<ExitCode> {
    let folder = env::current_dir()?;
    let mut compiler = Command::new(rustc);
    compiler
        .args(&arguments.0)
        // Of two that say something about the same the last one counts, and RUSTFLAGS come after cargo's own.
        .args([
            "-Ccodegen-units=1",
            "-Cdebuginfo=1",
            "-Clto=off",
            // All code that has a line of its own stays, and with its line.
            "-Zshare-generics=no",
            "-Zmerge-functions=disabled",
        ])
        // A stable compiler takes the -Z flags with it. Build scripts must not see it: they would think that the
        // compiler is a nightly one, and the code would be another.
        .env("RUSTC_BOOTSTRAP", "1")
        .stdout(File::create(work.join("sizes"))?)
        .stderr(Stdio::piped());
    let mut compiler = compiler.spawn().context("cannot run rustc")?;
    let mut remarks = BufWriter::new(File::create(work.join("remarks"))?);
    if let Some(said) = compiler.stderr.take() {
        each_line(said, |line| match remark(line) {
            // What std calls is std's affair.
            Some(text) if text.starts_with("/rustc/") => Ok(()),
            // Cargo would print the remarks and keep them, all forty megabytes. It gets everything else.
            Some(text) => writeln!(remarks, "{}", text.replace('\n', " ")),
            None => io::stderr().write_all(line),
        })?;
    }
    remarks.flush()?;
    let status = compiler.wait()?;
    if !status.success() {
        return Ok(ExitCode::FAILURE);
    }

    let code = arguments.output("ll")?;
    let mut calls = BufWriter::new(File::create(work.join("calls"))?);
    let file = File::open(&code).with_context(|| format!("rustc left no {}", code.display()))?;
    each_line(file, |line| {
        if matters(line) {
            calls.write_all(line)
        } else {
            Ok(())
        }
    })?;
    calls.flush()?;
    fs::remove_file(code)?;
    let printed = |flags: &[&str]| -> anyhow::Result<String> {
        let mut command = Command::new(rustc);
        let about = arguments.values(|flag| ["--target", "--sysroot"].contains(&flag));
        let output = command
            .args(about)
            .args(flags)
            .stderr(Stdio::inherit())
            .output()?;
        Ok(String::from_utf8(output.stdout)?)
    };
    let paths = printed(&["--print=sysroot", "--print=target-libdir"])?;
    let (sysroot, standard_library) = paths
        .trim_end()
        .split_once('\n')
        .context("rustc does not say where it is")?;
    let rustdoc = Path::new(sysroot).join("bin/rustdoc");
    if arguments.0.iter().any(|flag| flag == "-Zprint-type-sizes") {
        declared(&rustdoc, arguments, work)?;
    } else {
        fs::write(work.join("items"), "")?;
    }

    let dep_info = arguments.output("d")?;
    let time = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let compilation = Compilation {
        id: format!("{}.{}", time.as_nanos(), process::id()),
        saved_by: this_program()?,
        compiler: printed(&["-vV"])?,
        rustc: rustc.into(),
        crate_name: arguments.value("--crate-name")?.to_owned(),
        sources: sources(&fs::read_to_string(&dep_info)?)
            .map(|path| folder.join(path))
            .collect(),
        standard_library: standard_library.into(),
        folder,
    };
    let last = base.with_added_extension("compilation");
    match fs::remove_file(&last) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    for name in SAVED {
        fs::rename(work.join(name), base.with_added_extension(name))?;
    }
    let mut dep_info = File::options().append(true).open(dep_info)?;
    writeln!(dep_info, "# env-dep:{ID}={}", compilation.id)?;
    let complete = work.join("compilation");
    fs::write(&complete, serde_json::to_vec(&compilation)?)?;
    fs::rename(complete, last)?;
    Ok(ExitCode::SUCCESS)
}

/// Asks rustdoc what the crate declares, and where.
fn declared(rustdoc: &Path, arguments: &Arguments, work: &Path) -> anyhow::Result<()> {
    const TAKEN: [&str; 9] = [
        "--crate-name",
        "--crate-type",
        "--edition",
        "--cfg",
        "--check-cfg",
        "--extern",
        "-L",
        "--target",
        "--sysroot",
    ];
    let output = Command::new(rustdoc)
        .args(arguments.values(|flag| TAKEN.contains(&flag)))
        .args(
            arguments
                .0
                .iter()
                .any(|flag| flag == "--test")
                .then_some("--cfg=test"),
        )
        .arg(arguments.root()?)
        .args([
            "-Zunstable-options",
            "--output-format=json",
            "--cap-lints=allow",
        ])
        .args([
            "--document-private-items",
            "--document-hidden-items",
            "--out-dir",
        ])
        .arg(work)
        .env("RUSTC_BOOTSTRAP", "1")
        .output()
        .with_context(|| format!("cannot run {}, which belongs to rustc", rustdoc.display()))?;
    if !output.status.success() {
        io::stderr().write_all(&output.stderr)?;
        bail!("rustdoc cannot say where types and functions are declared: it says above why");
    }
    let name = arguments.value("--crate-name")?;
    Ok(fs::rename(
        work.join(name).with_added_extension("json"),
        work.join("items"),
    )?)
}

fn each_line(from: impl io::Read, mut take: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        take(&line)?;
        line.clear();
    }
    Ok(())
}

/// What LLVM says about a call, in a message of rustc's.
fn remark(line: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    struct Message {
        message: String,
        level: String,
    }
    let text = str::from_utf8(line).ok()?;
    // Most lines are remarks, and the others may be long.
    if !text.contains(" inline (") {
        return None;
    }
    let message: Message = serde_json::from_str(text).ok()?;
    (message.level == "note" && message.message.contains(" inline (")).then_some(message.message)
}

/// Whether [`crate::ir`] or [`crate::debug_info`] reads this line of LLVM's code.
fn matters(line: &[u8]) -> bool {
    const NODES: [&[u8]; 4] = [
        b"DILocation(",
        b"DISubprogram(",
        b"DILexicalBlock",
        b"DIFile(",
    ];
    let contains = |word: &[u8]| line.windows(word.len()).any(|part| part == word);
    match line {
        [b'!', rest @ ..] => {
            let node = rest
                .iter()
                .position(|&byte| byte == b'!')
                .map(|at| &rest[at + 1..]);
            node.is_some_and(|node| NODES.iter().any(|kind| node.starts_with(kind)))
        }
        [b' ', b' ', ..] => {
            contains(b"call ")
                || contains(b"invoke ")
                || contains(TABLE.as_bytes())
                || line.starts_with(b"          to label")
        }
        [b'@', ..] => contains(WRITE_STR.as_bytes()),
        _ => line.starts_with(b"define "),
    }
}

/// The files in what rustc writes for make: `TARGET: FILE FILE`, with a backslash before each space of a name.
fn sources(dep_info: &str) -> impl Iterator<Item = String> {
    let lines = dep_info.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| Some(line.strip_suffix(':')?.replace("\\ ", " ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_compilation_are_read_with_their_spaces() {
        let text = "/t/a.d: src/lib.rs src/a\\ b.rs\n\n/t/a.rlib: src/lib.rs\n\nsrc/lib.rs:\nsrc/a\\ b.rs:\n\n# env-dep:X=a:\n";
        assert_eq!(
            sources(text).collect::<Vec<_>>(),
            ["src/lib.rs", "src/a b.rs"]
        );
    }
}
