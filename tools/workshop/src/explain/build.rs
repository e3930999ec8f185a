//! Compiles the package so that the compiler tells what it did.
//!
//! Everything goes through `cargo rustc`, so that only the package itself is compiled in a special way, and
//! its dependencies once. One codegen unit makes one LLVM module.

use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context as _, bail};

use super::ir::Module;
use super::package::Package;
use super::remarks::is_remark;

const WRAPPER: &str = "#!/bin/sh\nRUSTC_BOOTSTRAP=1 exec \"$@\"\n";

/// A way of compiling: the flags that the package itself gets beside the release profile's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// As for a release, with remarks and the sizes of types.
    Optimized,
    /// What rustc hands to LLVM: MIR is optimized, LLVM has not run.
    Unoptimized,
    /// Optimized, but only what must be inlined is. LLVM weighs a call's cost against this threshold, and
    /// no bonus reaches a million.
    NotInlined,
}

impl Build {
    fn name(self) -> &'static str {
        match self {
            Self::Optimized => "optimized",
            Self::Unoptimized => "unoptimized",
            Self::NotInlined => "not-inlined",
        }
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Optimized => &["-Cremark=inline", "-Zprint-type-sizes"],
            Self::Unoptimized => &["-Cno-prepopulate-passes"],
            Self::NotInlined => &["-Cllvm-args=-inline-threshold=-1000000", "-Zinline-mir=no"],
        }
    }
}

/// What the compiler told.
#[derive(Debug)]
pub struct Told {
    pub module: Module,
    pub remarks: Vec<String>,
    /// The output of `-Zprint-type-sizes`.
    pub sizes: String,
}

/// Compiles the package's target. What rustc and cargo say beside the remarks goes to stderr as they say it.
pub fn compile(package: &Package, build: Build) -> anyhow::Result<Told> {
    let dir = package.target_dir.join("llvm");
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
    let file = dir.join(format!(
        "{}-{}-{}.ll",
        package.name,
        build.name(),
        std::process::id()
    ));
    anstream::eprintln!("compiling {}, {}", package.name, build.name());
    write_wrapper(package)?;
    forget(package)?;

    let mut child = cargo(package, "rustc")
        .args(&package.target)
        .arg("--")
        .arg(format!("--emit=llvm-ir={}", file.display()))
        .args(["-Ccodegen-units=1", "-Cdebuginfo=1"])
        .args(build.flags())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let stderr = child.stderr.take().context("cargo has no stderr")?;
    let remarks = thread::spawn(move || sort_out(stderr));
    let mut sizes = String::new();
    if let Some(mut stdout) = child.stdout.take() {
        stdout.read_to_string(&mut sizes)?;
    }
    let status = child.wait()?;
    let remarks = remarks
        .join()
        .map_err(|_| anyhow::anyhow!("what cargo says could not be read"))?;
    if !status.success() {
        bail!("{} does not compile: rustc says above why", package.name);
    }
    let module = read(&file)?;
    Ok(Told {
        module,
        remarks,
        sizes,
    })
}

fn read(file: &Path) -> anyhow::Result<Module> {
    let text = std::fs::read(file).with_context(|| {
        format!(
            "rustc wrote no LLVM code to {}: is this a library or a program?",
            file.display()
        )
    })?;
    // The module is read once, and takes more room than all the rest.
    let _ = std::fs::remove_file(file);
    Ok(Module::parse(&String::from_utf8_lossy(&text)))
}

/// Makes cargo compile the package again: it repeats a fresh package's warnings, but neither its remarks nor
/// its type sizes.
fn forget(package: &Package) -> anyhow::Result<()> {
    let output = cargo(package, "clean")
        .args(["--quiet", "--package", &package.name])
        .output()
        .context("cannot run cargo clean")?;
    if !output.status.success() {
        bail!(
            "cargo clean failed: {}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(())
}

fn cargo(package: &Package, command: &str) -> Command {
    let mut cargo = Command::new("cargo");
    cargo
        .arg(command)
        .args(["--release", "--manifest-path"])
        .arg(&package.manifest)
        .arg("--target-dir")
        .arg(&package.target_dir)
        // Cargo looks for its configuration from here.
        .current_dir(&package.workspace)
        .stdin(Stdio::null())
        .env("RUSTC_WORKSPACE_WRAPPER", wrapper(package))
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_INCREMENTAL", "false");
    cargo
}

fn wrapper(package: &Package) -> PathBuf {
    package.target_dir.join("rustc")
}

/// Puts a program before rustc that lets a stable compiler take the two `-Z` flags.
///
/// Cargo runs it for the workspace's own crates alone. Were the variable set for all of cargo, the build
/// scripts of dependencies would think that the compiler is a nightly one, and the code would be another.
fn write_wrapper(package: &Package) -> anyhow::Result<()> {
    let path = wrapper(package);
    if std::fs::read_to_string(&path).is_ok_and(|text| text == WRAPPER) {
        return Ok(());
    }
    let write = || {
        // Renamed into its place, because another run may be executing it.
        let mut file = tempfile::NamedTempFile::new_in(&package.target_dir)?;
        file.write_all(WRAPPER.as_bytes())?;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(file.path(), mode)?;
        file.into_temp_path().persist(&path)?;
        std::io::Result::Ok(())
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}

/// Keeps the remarks, and passes everything else on.
fn sort_out(stderr: impl Read) -> Vec<String> {
    let mut remarks = Vec::new();
    let mut after_remark = false;
    for line in BufReader::new(stderr).lines().map_while(Result::ok) {
        if is_remark(&line) {
            remarks.push(line);
            after_remark = true;
        } else if !(after_remark && line.is_empty()) {
            after_remark = false;
            anstream::eprintln!("{line}");
        }
    }
    remarks
}
