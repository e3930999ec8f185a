//! Which package and which of its targets to explain, as `cargo metadata` describes them.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};
use serde::Deserialize;

use crate::Args;
use terminal::Usage;

/// What is explained.
#[derive(Debug)]
pub struct Package {
    pub name: String,
    /// The package's folder, absolute.
    pub dir: PathBuf,
    pub manifest: PathBuf,
    pub workspace: PathBuf,
    /// Where the programs and libraries go that come of explaining: never among the workspace's own.
    pub target_dir: PathBuf,
    /// Where cargo keeps what it compiled, of the workspace's own builds too.
    pub build_dir: PathBuf,
    /// What selects the target: `--lib`, `--bin NAME`.
    pub target: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Member>,
    target_directory: PathBuf,
    build_directory: PathBuf,
    workspace_root: PathBuf,
}

#[derive(Deserialize)]
struct Member {
    name: String,
    manifest_path: PathBuf,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
    kind: Vec<String>,
}

impl Member {
    fn dir(&self) -> &Path {
        self.manifest_path.parent().unwrap_or(Path::new("/"))
    }

    fn targets(&self, kind: &str) -> Vec<&str> {
        self.targets
            .iter()
            .filter(|target| target.kind.iter().any(|k| k == kind))
            .map(|target| target.name.as_str())
            .collect()
    }
}

impl Package {
    /// Finds what the command line names.
    pub fn find(args: &Args) -> anyhow::Result<Self> {
        let metadata = metadata(args.manifest_path.as_deref())?;
        let member = member(&metadata, args)?;
        Ok(Self {
            name: member.name.clone(),
            dir: member.dir().to_owned(),
            manifest: member.manifest_path.clone(),
            workspace: metadata.workspace_root.clone(),
            target_dir: metadata.target_directory.join("explain"),
            build_dir: metadata.build_directory.clone(),
            target: target(member, args)?,
        })
    }

    /// The path of a source file below the package's folder, if it is one of the package's own.
    pub fn own(&self, file: &Path) -> Option<String> {
        // Most are std's and the dependencies', and to compare paths by their parts takes a while.
        if file.is_absolute() && !starts_with(file, &self.dir) {
            return None;
        }
        let file = self.workspace.join(file);
        let own = file.strip_prefix(&self.dir).ok()?;
        Some(own.display().to_string())
    }
}

fn starts_with(file: &Path, dir: &Path) -> bool {
    let dir = dir.as_os_str().as_encoded_bytes();
    file.as_os_str().as_encoded_bytes().starts_with(dir)
}

fn metadata(manifest: Option<&Path>) -> anyhow::Result<Metadata> {
    let mut command = Command::new("cargo");
    command.args(["metadata", "--no-deps", "--format-version", "1"]);
    if let Some(manifest) = manifest {
        if !manifest.is_file() {
            return Err(Usage(format!(
                "there is no {}: --manifest-path takes the path of a Cargo.toml",
                manifest.display()
            ))
            .into());
        }
        command.arg("--manifest-path").arg(manifest);
    }
    let output = command
        .output()
        .context("cannot run cargo: is it installed, and in the PATH?")?;
    if !output.status.success() {
        bail!(
            "cargo knows no package here: run this inside a workspace, or give --manifest-path\n{}",
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    serde_json::from_slice(&output.stdout).context("cannot understand what cargo metadata says")
}

fn member<'a>(metadata: &'a Metadata, args: &Args) -> anyhow::Result<&'a Member> {
    let mut names: Vec<&str> = metadata.packages.iter().map(|m| m.name.as_str()).collect();
    names.sort_unstable();
    let candidates = names.join(", ");
    if let Some(name) = &args.package {
        let found = metadata.packages.iter().find(|member| member.name == *name);
        return found.ok_or_else(|| {
            Usage(format!(
                "there is no package {name}: there are {candidates}"
            ))
            .into()
        });
    }
    let here = match &args.manifest_path {
        Some(manifest) => manifest.canonicalize()?,
        None => std::env::current_dir()?,
    };
    let around = metadata
        .packages
        .iter()
        .filter(|member| here.starts_with(member.dir()))
        .max_by_key(|member| member.dir().as_os_str().len());
    around.ok_or_else(|| {
        Usage(format!(
            "which package? name one, or run this in a package's folder: there are {candidates}"
        ))
        .into()
    })
}

fn target(member: &Member, args: &Args) -> anyhow::Result<Vec<String>> {
    let named = [
        ("bin", &args.bin),
        ("example", &args.example),
        ("bench", &args.bench),
    ];
    for (kind, name) in named {
        if let Some(name) = name {
            let known = member.targets(kind);
            if !known.contains(&name.as_str()) {
                let known = if known.is_empty() {
                    "none".to_owned()
                } else {
                    known.join(", ")
                };
                return Err(Usage(format!(
                    "{} has no {kind} {name}: it has {known}",
                    member.name
                ))
                .into());
            }
            return Ok(vec![format!("--{kind}"), name.clone()]);
        }
    }
    let is_library = |kind: &str| !member.targets(kind).is_empty();
    if ["lib", "rlib", "dylib", "cdylib", "staticlib", "proc-macro"]
        .iter()
        .any(|kind| is_library(kind))
    {
        return Ok(vec!["--lib".to_owned()]);
    }
    match member.targets("bin").as_slice() {
        [one] => Ok(vec!["--bin".to_owned(), (*one).to_owned()]),
        [] => Err(Usage(format!(
            "{} has neither a library nor a program",
            member.name
        ))
        .into()),
        many => {
            let many = many.join(", ");
            Err(Usage(format!("which --bin of {}? it has {many}", member.name)).into())
        }
    }
}
