//! `cargo explain`: what the compiler made of a package, line by line.
//!
//! What `go build -gcflags=-m` prints for Go, put together from what rustc and LLVM say when asked.

mod build;
mod debug_info;
mod heap;
mod ir;
mod names;
mod package;
mod remarks;
mod report;
mod sizes;
mod source;

use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use clap::{Parser as _, value_parser};

use build::{Build, Told};
use ir::Module;
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
  3  also what allocates when nothing is inlined

A call into another crate's compiled code is followed only where std is known to allocate; a call through a
pointer is not followed. An allocation is called elided only if nothing is called on its line any more.
NAME::{closure#0} is the body of an async function, or a closure in it. \"and 3 more\" are functions that the
calling one was inlined into.

Examples:
  cargo explain step-02-compile-checks >> compiler.txt
  cargo explain step-02-compile-checks --level 2 --file auth.rs
  cargo explain step-02-compile-checks --min-size 64
  cargo explain --manifest-path ../other/Cargo.toml --bin server --json | jq '.sizes[0]'"
)]
struct Args {
    /// The package's name; without it the one of the current folder
    package: Option<String>,
    /// How much to tell
    #[arg(long, default_value_t = 1, value_parser = value_parser!(u8).range(1..=3))]
    level: u8,
    /// Only this source file; the end of its path suffices
    #[arg(long, value_name = "FILE")]
    file: Option<String>,
    /// Types and futures from this size on [default: large ones at level 1, above it all]
    #[arg(long, value_name = "BYTES")]
    min_size: Option<u64>,
    /// Print one JSON object: package, level, heap, inlining, sizes
    #[arg(long)]
    json: bool,
    /// Explain a package of another workspace
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// Explain a program instead of the library
    #[arg(long, value_name = "NAME", group = "target")]
    bin: Option<String>,
    /// Explain an example
    #[arg(long, value_name = "NAME", group = "target")]
    example: Option<String>,
    /// Explain a benchmark
    #[arg(long, value_name = "NAME", group = "target")]
    bench: Option<String>,
}

fn main() -> ExitCode {
    terminal::end(run(Args::parse()))
}

fn run(args: Args) -> anyhow::Result<ExitCode> {
    let package = Package::find(&args)?;
    let sources = Sources::read(&package.dir)?;
    // Asked before anything is compiled, which takes a while.
    let file = args
        .file
        .as_deref()
        .map(|file| source_file(&package, &sources, file))
        .transpose()?;
    let mut report = explain(&package, &sources, args.level)?;
    report.reduce(file.as_deref(), args.min_size);

    let mut out = anstream::stdout().lock();
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&report)?)?;
    } else {
        report.print(&mut out)?;
    }
    anstream::eprintln!("{}", report.summary());
    Ok(ExitCode::SUCCESS)
}

fn explain(package: &Package, sources: &Sources, level: u8) -> anyhow::Result<Report> {
    // The folder may have other packages in it, and code that was generated.
    let own = |file: &Path| {
        let own = package.own(file)?;
        sources.files.binary_search(&own).is_ok().then_some(own)
    };
    let sites = |told: &Told| heap::sites(&Module::parse(&told.calls), &own);
    let told = build::compile(package, Build::Optimized)?;
    let compile = |from, build| (level >= from).then(|| build::compile(package, build));
    let before = compile(2, Build::Unoptimized).transpose()?;
    let without = compile(3, Build::NotInlined).transpose()?;

    // A module has a million lines, and the modules are read at the same time.
    let (unoptimized, optimized, calling, not_inlined) = thread::scope(|scope| {
        let unoptimized = scope.spawn(|| {
            before.as_ref().map(|before| {
                let module = Module::parse(&before.calls);
                let inlining = remarks::decisions(&told.remarks, &module.debug_info, sources, &own);
                (heap::sites(&module, &own), inlining)
            })
        });
        let module = Module::parse(&told.calls);
        let optimized = heap::sites(&module, &own);
        let calling = match level {
            1 => BTreeSet::new(),
            _ => heap::calling(&module, &own),
        };
        let not_inlined = without.as_ref().map(sites);
        (unoptimized.join(), optimized, calling, not_inlined)
    });
    let unoptimized = unoptimized.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    let (unoptimized, inlining) = unoptimized.unzip();
    let mut heap = report::allocations(
        &optimized,
        &calling,
        unoptimized.as_ref(),
        not_inlined.as_ref(),
    );
    report::join_derived(&mut heap, sources);
    Ok(Report {
        package: package.name.clone(),
        level,
        heap,
        inlining: inlining.unwrap_or_default(),
        sizes: sizes::sizes(&told.sizes, sources),
    })
}

/// The package's source file that this is the end of.
fn source_file(package: &Package, sources: &Sources, file: &str) -> anyhow::Result<String> {
    let file = Path::new(file);
    let found: Vec<&String> = sources
        .files
        .iter()
        .filter(|known| Path::new(known).ends_with(file) || package.dir.join(known) == file)
        .collect();
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => Err(Usage(format!(
            "{} has no source file {}: it has {}",
            package.name,
            file.display(),
            sources.files.join(", ")
        ))
        .into()),
        many => {
            let many: Vec<&str> = many.iter().map(|file| file.as_str()).collect();
            Err(Usage(format!(
                "which {}? there are {}",
                file.display(),
                many.join(", ")
            ))
            .into())
        }
    }
}
