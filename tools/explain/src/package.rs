//! Which package and which of its targets to explain, as `cargo metadata` describes them.

use std::path::{Path, PathBuf};

use anyhow::anyhow;
use cargo_metadata::{Error, Metadata, MetadataCommand, Package as Member, TargetKind};

use crate::Args;
use terminal::Usage;

/// What is explained.
#[derive(Debug)]
pub struct Package {
    pub name: String,
    /// The package's folder, absolute and without links.
    pub dir: PathBuf,
    pub manifest: PathBuf,
    /// As rustc knows it, without links.
    pub workspace: PathBuf,
    /// Where the programs and libraries go that come of explaining: never among the workspace's own.
    pub target_dir: PathBuf,
    /// Where cargo keeps what it compiled, of the workspace's own builds too.
    pub build_dir: PathBuf,
    /// What selects the target: `--lib`, `--bin NAME`.
    pub target: Vec<String>,
    /// What selects the features, as for cargo.
    pub features: Vec<String>,
}

impl Package {
    /// Finds what the command line names.
    pub fn find(args: &Args) -> anyhow::Result<Self> {
        let metadata = metadata(args.manifest_path.as_deref())?;
        let member = member(&metadata, args)?;
        let build_dir = metadata.build_directory.as_ref();
        Ok(Self {
            name: member.name.to_string(),
            dir: dir(member).canonicalize()?,
            manifest: member.manifest_path.clone().into(),
            workspace: metadata.workspace_root.canonicalize()?,
            target_dir: metadata.target_directory.join("explain").into(),
            build_dir: build_dir.unwrap_or(&metadata.target_directory).into(),
            target: target(member, args)?,
            features: features(args),
        })
    }
}

fn dir(member: &Member) -> &Path {
    let manifest = member.manifest_path.as_std_path();
    manifest.parent().unwrap_or(Path::new("/"))
}

fn metadata(manifest: Option<&Path>) -> anyhow::Result<Metadata> {
    let mut command = MetadataCommand::new();
    if let Some(manifest) = manifest {
        if !manifest.is_file() {
            return usage(format!(
                "there is no {}: --manifest-path takes the path of a Cargo.toml",
                manifest.display()
            ));
        }
        command.manifest_path(manifest);
    }
    command.no_deps().exec().map_err(|error| match error {
        Error::CargoMetadata { stderr } => anyhow!(
            "cargo knows no package here: run this inside a workspace, or give --manifest-path\n{}",
            stderr.trim_end()
        ),
        // Its message has its cause in it, which would be printed a second time.
        error => anyhow!("{error}"),
    })
}

fn member<'a>(metadata: &'a Metadata, args: &Args) -> anyhow::Result<&'a Member> {
    let mut names: Vec<&str> = metadata.packages.iter().map(|m| m.name.as_str()).collect();
    names.sort_unstable();
    let names = names.join(", ");
    let mut members = metadata.packages.iter();
    if let Some(name) = &args.package {
        let found = members.find(|member| member.name.as_str() == name);
        return found.map_or_else(
            || usage(format!("there is no package {name}: there are {names}")),
            Ok,
        );
    }
    let here = match &args.manifest_path {
        Some(manifest) => manifest.canonicalize()?,
        None => std::env::current_dir()?,
    };
    let is_around = |member: &&Member| {
        dir(member)
            .canonicalize()
            .is_ok_and(|dir| here.starts_with(dir))
    };
    let around = members.filter(is_around);
    let innermost = around.max_by_key(|member| dir(member).as_os_str().len());
    innermost.map_or_else(
        || {
            usage(format!(
                "which package? name one, or run this in a package's folder: there are {names}"
            ))
        },
        Ok,
    )
}

fn target(member: &Member, args: &Args) -> anyhow::Result<Vec<String>> {
    let names = |kind: TargetKind| -> Vec<&str> {
        let targets = member
            .targets
            .iter()
            .filter(|target| target.is_kind(kind.clone()));
        targets.map(|target| target.name.as_str()).collect()
    };
    let package = &member.name;
    for (kind, name) in [
        (TargetKind::Bin, &args.bin),
        (TargetKind::Example, &args.example),
        (TargetKind::Bench, &args.bench),
    ] {
        let Some(name) = name else { continue };
        let option = format!("--{kind}");
        let known = names(kind.clone());
        if known.contains(&name.as_str()) {
            return Ok(vec![option, name.clone()]);
        }
        let known = if known.is_empty() {
            "none".to_owned()
        } else {
            known.join(", ")
        };
        return usage(format!("{package} has no {kind} {name}: it has {known}"));
    }
    use TargetKind::{CDyLib, DyLib, Lib, ProcMacro, RLib, StaticLib};
    let library = [Lib, RLib, DyLib, CDyLib, StaticLib, ProcMacro];
    if library.into_iter().any(|kind| !names(kind).is_empty()) {
        return Ok(vec!["--lib".to_owned()]);
    }
    match names(TargetKind::Bin).as_slice() {
        _ if args.lib => usage(format!("{package} has no library")),
        [one] => Ok(vec!["--bin".to_owned(), (*one).to_owned()]),
        [] => usage(format!("{package} has neither a library nor a program")),
        many => {
            let many = many.join(", ");
            usage(format!("which --bin of {package}? it has {many}"))
        }
    }
}

fn features(args: &Args) -> Vec<String> {
    let mut features: Vec<String> = args
        .features
        .iter()
        .map(|some| format!("--features={some}"))
        .collect();
    for (flag, given) in [
        ("--all-features", args.all_features),
        ("--no-default-features", args.no_default_features),
    ] {
        features.extend(given.then(|| flag.to_owned()));
    }
    features
}

fn usage<T>(wrong: String) -> anyhow::Result<T> {
    Err(Usage(wrong).into())
}
