//! The servers that the suite runs for, and how they are built.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use course::Course;

/// One checkpoint of the course, or any other server that is to be held against the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The package's name, by which tests are called: `step-01-discovery`, or `coworking`.
    pub name: String,
    /// The crate's folder.
    pub folder: PathBuf,
}

/// The workspace that this crate lies in.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

impl Checkpoint {
    /// The checkpoints that exist, in the course's order.
    pub fn all() -> Result<Vec<Self>> {
        let course = Course::load(&root())?;
        let checkpoints = course.checkpoints().into_iter();
        let found: Vec<_> = checkpoints
            .map(|checkpoint| Self {
                folder: course.dir_of(&checkpoint),
                name: checkpoint.package,
            })
            .collect();
        ensure!(!found.is_empty(), "the course has no checkpoint yet");
        Ok(found)
    }

    /// Those that exist, from the one of this name on.
    pub fn from(first: &str) -> Result<Vec<Self>> {
        let checkpoints = Self::all()?.into_iter();
        let checkpoints: Vec<_> = checkpoints.skip_while(|one| one.name != first).collect();
        ensure!(!checkpoints.is_empty(), "there is no {first}");
        Ok(checkpoints)
    }

    /// The committed configuration.
    pub fn configuration(&self) -> Result<String> {
        let path = self.folder.join("config/coworking.toml");
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    /// The secret in the committed configuration, which everybody knows.
    pub fn committed_secret(&self) -> Result<String> {
        let configuration = self.configuration()?;
        let mut lines = configuration.lines();
        let secret = lines.find_map(|line| line.strip_prefix("secret = \"")?.strip_suffix('"'));
        Ok(secret
            .context("the configuration has no `secret`")?
            .to_owned())
    }
}

/// Builds the checkpoints as users build them, optimized, and says where each one's binary is. Cargo shows its
/// progress on stderr.
pub fn build(checkpoints: &[Checkpoint]) -> Result<HashMap<String, PathBuf>> {
    let names = checkpoints.iter().map(|checkpoint| &checkpoint.name);
    names
        .map(|name| Ok((name.clone(), build_one(name)?)))
        .collect()
}

/// The same for one package with a binary of its name. Each is built by itself: together, the first one's features would have
/// all others compiled once more.
pub fn build_one(name: &str) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--release", "--package", name]);
    command.arg("--message-format=json-render-diagnostics");
    command.current_dir(root()).stderr(Stdio::inherit());
    let built = command.output().context("cannot run cargo")?;
    ensure!(
        built.status.success(),
        "{name} does not build: see cargo's messages above"
    );
    let messages = String::from_utf8(built.stdout).context("cargo's messages are not UTF-8")?;
    let binary = messages.lines().find_map(|line| executable(line, name));
    binary.with_context(|| format!("cargo built no binary {name}"))
}

/// The path of the binary of that name, if one of cargo's messages announces it.
fn executable(message: &str, name: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let path = message.get("executable")?.as_str()?;
    (message.pointer("/target/name")?.as_str()? == name).then(|| path.into())
}
