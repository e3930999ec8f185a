//! Compiles the package so that the compiler tells what it did, and keeps what it told.
//!
//! Everything goes through `cargo rustc`, in the folder where the workspace's own builds leave what they
//! compile: dependencies of a release build are used as they are. The package itself and the members of the
//! workspace that it needs have artefacts of their own there, because cargo puts a wrapper and flags into the
//! name of an artefact. What a build hands out (programs, above all) goes to another folder, `target/explain`.
//!
//! Cargo decides whether anything must be compiled. The wrapper, this program again ([`crate::wrapper`]), saves what
//! rustc tells, and ties it to the compilation that it belongs to. One codegen unit makes one LLVM module.

use std::env;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::package::Package;
use crate::wrapper::{BASE, Compilation, ID, SAVED, mark, this_program};

/// A way of compiling: the flags that the package itself gets beside the release profile's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// As for a release, with remarks and the sizes of types.
    Optimized,
    /// What rustc hands to LLVM: MIR is optimized, LLVM has not run.
    Unoptimized,
}

impl Build {
    pub fn name(self) -> &'static str {
        match self {
            Self::Optimized => "optimized",
            Self::Unoptimized => "unoptimized",
        }
    }

    pub fn flags(self) -> &'static [&'static str] {
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
    /// What is declared where, in rustdoc's JSON.
    pub items: String,
    pub compilation: Compilation,
}

/// Compiles the package's target if anything changed. What cargo and rustc say goes to stderr as they say it.
pub fn compile(package: &Package, build: Build) -> anyhow::Result<Told> {
    let saved = Saved::of(package, build);
    let _lock = lock(&package.target_dir)
        .with_context(|| format!("cannot lock {}", package.target_dir.display()))?;
    saved
        .tidy()
        .with_context(|| format!("cannot tidy {}", saved.dir.display()))?;

    anstream::eprintln!("building {}, {}", package.name, build.name());
    let mut cargo = Command::new("cargo");
    cargo
        .args(["rustc", "--release", "--manifest-path"])
        .arg(&package.manifest)
        .args(&package.target)
        .args(&package.features)
        .arg("--target-dir")
        .arg(&package.target_dir)
        .arg("--")
        .arg(mark(&saved.base()))
        .args(build.flags())
        // Cargo looks for its configuration from here.
        .current_dir(&package.workspace)
        .stdin(Stdio::null())
        // Nothing but the report may come out on stdout.
        .stdout(Stdio::null())
        .env("CARGO_BUILD_BUILD_DIR", &package.build_dir)
        .env("RUSTC_WORKSPACE_WRAPPER", env::current_exe()?)
        // With LTO a library is no LLVM module, and a program is all of them. These are cargo's defaults, and
        // so change nothing for a workspace that does not set them.
        .env("CARGO_PROFILE_RELEASE_LTO", "false")
        .env("CARGO_PROFILE_RELEASE_INCREMENTAL", "false")
        .env(BASE, saved.base())
        .env(ID, saved.id());
    let status = cargo.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("{} does not compile: rustc says above why", package.name);
    }
    saved.read()
}

/// The files in which the wrapper saves what rustc told about one target in one build.
pub struct Saved {
    pub dir: PathBuf,
    pub name: String,
}

impl Saved {
    /// Workspaces that share a folder for what they build have a folder each.
    fn of(package: &Package, build: Build) -> Self {
        let target = package.target.join("");
        let mut workspace = DefaultHasher::new();
        package.workspace.hash(&mut workspace);
        Self {
            dir: package
                .target_dir
                .join("told")
                .join(format!("{:016x}", workspace.finish())),
            name: format!("{}{target}-{}", package.name, build.name()),
        }
    }

    pub fn base(&self) -> PathBuf {
        self.dir.join(&self.name)
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.base().with_added_extension(extension)
    }

    fn compilation(&self) -> anyhow::Result<Compilation> {
        let file = self.file("compilation");
        let text =
            fs::read(&file).with_context(|| format!("the compiler left no {}", file.display()))?;
        Ok(serde_json::from_slice(&text)?)
    }

    /// Which compilation the files are from; no one's if a file is missing or another program saved it, and cargo
    /// compiles again.
    fn id(&self) -> String {
        let is_there = |extension: &&str| self.file(extension).exists();
        match (self.compilation(), this_program()) {
            (Ok(made), Ok(this)) if made.saved_by == this && SAVED.iter().all(is_there) => made.id,
            _ => String::new(),
        }
    }

    /// Removes what a run was working on that did not come to its end.
    pub fn tidy(&self) -> io::Result<()> {
        fs::create_dir_all(&self.dir)?;
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

    pub fn read(&self) -> anyhow::Result<Told> {
        let text = |extension| {
            let file = self.file(extension);
            let text = fs::read(&file)
                .with_context(|| format!("the compiler left no {}", file.display()))?;
            anyhow::Ok(String::from_utf8_lossy(&text).into_owned())
        };
        Ok(Told {
            calls: text("calls")?,
            remarks: text("remarks")?,
            sizes: text("sizes")?,
            items: text("items")?,
            compilation: self.compilation()?,
        })
    }
}

/// Another run may find a changed source, and would write what this one reads.
fn lock(dir: &Path) -> io::Result<File> {
    fs::create_dir_all(dir)?;
    let file = File::create(dir.join("lock"))?;
    file.lock()?;
    Ok(file)
}
