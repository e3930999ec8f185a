//! Compiles the package so that the compiler tells what it did, and keeps what it told.
//!
//! Everything goes through `cargo rustc`, in the folder where the workspace's own builds leave what they
//! compile: dependencies of a release build are used as they are. The package itself and the members of the
//! workspace that it needs have artefacts of their own there, because cargo puts a wrapper and flags into the
//! name of an artefact. What a build hands out (programs, above all) goes to another folder, `target/explain`.
//!
//! Cargo decides whether anything must be compiled. The wrapper, `rustc.sh`, saves what rustc tells, and ties
//! it to the compilation that it belongs to. One codegen unit makes one LLVM module.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::package::Package;

const WRAPPER: &str = include_str!("rustc.sh");

/// A way of compiling: the flags that the package itself gets beside the release profile's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// As for a release, with remarks and the sizes of types.
    Optimized,
    /// What rustc hands to LLVM: MIR is optimized, LLVM has not run.
    Unoptimized,
}

impl Build {
    fn name(self) -> &'static str {
        match self {
            Self::Optimized => "optimized",
            Self::Unoptimized => "unoptimized",
        }
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Optimized => &["-Cremark=inline", "-Zprint-type-sizes"],
            Self::Unoptimized => &["-Cno-prepopulate-passes"],
        }
    }
}

/// What the compiler told.
#[derive(Debug)]
pub struct Told {
    /// The lines of the LLVM module that [`crate::ir`] reads.
    pub calls: String,
    /// LLVM's remarks, one on each line.
    pub remarks: String,
    /// The output of `-Zprint-type-sizes`.
    pub sizes: String,
}

/// Compiles the package's target if anything changed. What cargo and rustc say goes to stderr as they say it.
pub fn compile(package: &Package, build: Build) -> anyhow::Result<Told> {
    let saved = Saved::of(package, build);
    let _lock = lock(&package.target_dir)
        .with_context(|| format!("cannot lock {}", package.target_dir.display()))?;
    let wrapper = write_wrapper(&package.target_dir, &saved.dir)
        .with_context(|| format!("cannot write into {}", package.target_dir.display()))?;
    saved
        .tidy()
        .with_context(|| format!("cannot tidy {}", saved.dir.display()))?;

    anstream::eprintln!("building {}, {}", package.name, build.name());
    let mut cargo = Command::new("cargo");
    cargo
        .args(["rustc", "--release", "--manifest-path"])
        .arg(&package.manifest)
        .args(&package.target)
        .arg("--target-dir")
        .arg(&package.target_dir)
        .arg("--")
        .arg(format!("--emit=llvm-ir={}", saved.file("ll").display()))
        .args(["-Ccodegen-units=1", "-Cdebuginfo=1"])
        .args(build.flags())
        // Cargo looks for its configuration from here.
        .current_dir(&package.workspace)
        .stdin(Stdio::null())
        // Nothing but the report may come out on stdout.
        .stdout(Stdio::null())
        .env("CARGO_BUILD_BUILD_DIR", &package.build_dir)
        .env("RUSTC_WORKSPACE_WRAPPER", wrapper)
        // With LTO a library is no LLVM module, and a program is all of them. These are cargo's defaults, and
        // so change nothing for a workspace that does not set them.
        .env("CARGO_PROFILE_RELEASE_LTO", "false")
        .env("CARGO_PROFILE_RELEASE_INCREMENTAL", "false")
        .env("CARGO_EXPLAINED", saved.id());
    let status = cargo.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("{} does not compile: rustc says above why", package.name);
    }
    Ok(Told {
        calls: saved.read("calls")?,
        remarks: saved.read("remarks")?,
        sizes: saved.read("sizes")?,
    })
}

/// The files in which the wrapper saves what rustc told about one target in one build.
struct Saved {
    dir: PathBuf,
    name: String,
}

impl Saved {
    fn of(package: &Package, build: Build) -> Self {
        let target = package.target.join("");
        Self {
            dir: package.target_dir.join("told"),
            name: format!("{}{target}-{}", package.name, build.name()),
        }
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.dir.join(format!("{}.{extension}", self.name))
    }

    /// Which compilation the files are from; no one's if a file is missing, and cargo compiles again.
    fn id(&self) -> String {
        let is_there = |extension: &&str| self.file(extension).exists();
        if !["calls", "remarks", "sizes"].iter().all(is_there) {
            return String::new();
        }
        let id = fs::read_to_string(self.file("id")).unwrap_or_default();
        id.trim_end().to_owned()
    }

    /// Removes what a run was working on that did not come to its end.
    fn tidy(&self) -> io::Result<()> {
        let work = format!("{}.", self.name);
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let of_this = entry.file_name().to_string_lossy().starts_with(&work);
            if of_this && entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }

    fn read(&self, extension: &str) -> anyhow::Result<String> {
        let file = self.file(extension);
        let text = fs::read(&file)
            .with_context(|| format!("rustc's wrapper left no {}", file.display()))?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    }
}

/// Another run may find a changed source, and would write what this one reads.
fn lock(dir: &Path) -> io::Result<File> {
    fs::create_dir_all(dir)?;
    let file = File::create(dir.join("lock"))?;
    file.lock()?;
    Ok(file)
}

/// Writes the wrapper where cargo finds it, and returns its path. What another one saved is forgotten.
fn write_wrapper(dir: &Path, saved: &Path) -> io::Result<PathBuf> {
    let path = dir.join("rustc");
    // One that is there in part is another one, too.
    if !fs::read_to_string(&path).is_ok_and(|text| text == WRAPPER) {
        match fs::remove_dir_all(saved) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        fs::write(&path, WRAPPER)?;
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    fs::create_dir_all(saved)?;
    Ok(path)
}
