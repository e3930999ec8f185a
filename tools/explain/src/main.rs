//! `cargo explain`: what the compiler made of a package, line by line.
//!
//! What `go build -gcflags=-m` prints for Go, put together from what rustc and LLVM say when asked.

mod build;
mod debug_info;
mod heap;
mod ir;
mod items;
mod names;
mod package;
mod probe;
mod remarks;
mod report;
mod sizes;
mod source;
mod standard_library;
mod wrapper;

use std::env;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser as _, value_parser};

use build::Build;
use package::Package;
use report::Report;
use source::Sources;
use terminal::Usage;

/// Explain what the compiler made of a package: heap allocations, inlining, sizes
///
/// One line for each finding in the package's own code, on stdout: which heap allocations are left in
/// optimized code and what makes them, then the large types and futures, the largest first.
///
/// The first run compiles the package and the members of its workspace that it needs, beside what
/// `cargo build --release` compiles and with the same dependencies. Later runs compile what has changed.
#[derive(Debug, clap::Parser)]
#[command(
    name = "cargo explain",
    bin_name = "cargo explain",
    version,
    after_help = "\
Levels:
  1  heap allocations that survive optimization; large types and futures
  2  also those that were elided, why calls were inlined or not, all types and futures

A call into another crate's compiled code is followed only in std. An allocation is called elided only if nothing is
called on its line any more. NAME::{closure#0} is the body of an async function, or a closure in it. \"and 3 more\" are
functions that the calling one was inlined into.

What it cannot see:
  allocations behind calls through pointers (dyn, fn), in the compiled code of other crates, and in C
  what is allocated when a value ends, and what std allocates when something is wrong or once for a whole process
  code that is generic, async or #[inline] and is not used in this target; types whose size nobody asks for
  code that a build script has written, and types that a derive hides
  what link-time optimization and further codegen units change: the target is compiled in one piece, without LTO

Examples:
  cargo explain >> compiler.txt
  cargo explain server --level 2 --file auth.rs
  cargo explain server --min-size 64
  cargo explain --manifest-path ../other/Cargo.toml --bin server --json | jq '.sizes[0]'"
)]
struct Args {
    /// The package's name; without it the one of the current folder
    package: Option<String>,
    /// How much to tell
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u8).range(1..=2))]
    level: u8,
    /// Only this source file; the end of its path suffices
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// Types and futures from this size on [default: large ones at level 1, above it all]
    #[arg(long, value_name = "BYTES")]
    min_size: Option<u64>,
    /// Print one JSON object: package, level, heap, inlining, sizes, notes
    #[arg(long)]
    json: bool,
    /// Explain a package of another workspace
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// Explain the library; the default, if there is one
    #[arg(long, group = "target")]
    lib: bool,
    /// Explain a program instead of the library
    #[arg(long, value_name = "NAME", group = "target")]
    bin: Option<String>,
    /// Explain an example
    #[arg(long, value_name = "NAME", group = "target")]
    example: Option<String>,
    /// Explain a benchmark
    #[arg(long, value_name = "NAME", group = "target")]
    bench: Option<String>,
    /// Features to compile with, as for cargo
    #[arg(short = 'F', long, value_name = "FEATURES")]
    features: Vec<String>,
    /// Compile with all features
    #[arg(long)]
    all_features: bool,
    /// Compile without the default features
    #[arg(long)]
    no_default_features: bool,
}

fn main() -> ExitCode {
    // Cargo calls this program again, before rustc.
    if let Some(base) = env::var_os(wrapper::BASE) {
        return terminal::end(wrapper::run(Path::new(&base)));
    }
    terminal::end(run(Args::parse()))
}

fn run(args: Args) -> anyhow::Result<ExitCode> {
    let package = Package::find(&args)?;
    let mut report = explain(&package, &args)?;
    report.reduce(args.min_size);

    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        report.print(&mut out)?;
    }
    anstream::eprintln!("{}", report.summary());
    for note in &report.notes {
        anstream::eprintln!("{note}");
    }
    Ok(ExitCode::SUCCESS)
}

fn explain(package: &Package, args: &Args) -> anyhow::Result<Report> {
    let told = build::compile(package, Build::Optimized)?;
    probe::understood(&told.compilation, &package.target_dir)?;
    let built = [&*package.build_dir, &package.target_dir];
    let sources = Sources::of(&package.dir, &built, &told.compilation)?;
    let file = args.file.as_deref();
    let file = file.map(|file| source_file(package, &sources, file));
    let file = file.transpose()?;
    let before = if args.level > 1 {
        Some(build::compile(package, Build::Unoptimized)?)
    } else {
        None
    };
    let mut report = Report::of(&package.name, &told, before.as_ref(), &sources)?;
    if let Some(file) = file {
        report.only(file);
    }
    Ok(report)
}

/// The package's source file that this is the end of.
fn source_file<'a>(package: &Package, sources: &'a Sources, file: &str) -> anyhow::Result<&'a str> {
    let is_meant = |known: &&str| {
        Path::new(known).ends_with(file) || package.dir.join(known) == Path::new(file)
    };
    let found: Vec<&str> = sources.files().filter(is_meant).collect();
    let wrong = match found.as_slice() {
        [one] => return Ok(one),
        [] => {
            let known: Vec<&str> = sources.files().collect();
            let known = known.join(", ");
            let (target, name) = (package.target.join(" "), &package.name);
            format!("{target} of {name} has no source file {file}: it has {known}")
        }
        many => format!("which {file}? there are {}", many.join(", ")),
    };
    Err(Usage(wrong).into())
}
