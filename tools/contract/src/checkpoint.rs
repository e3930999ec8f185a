//! Which servers the suite runs for: the checkpoints of `course.toml` that exist on disk, in the course's order.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

/// One checkpoint of the course, or any other server that is to be held against the contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The package's name, by which tests are called: `step-01-discovery`, or `coworking`.
    pub name: String,
    /// The crate's folder.
    pub folder: PathBuf,
}

#[derive(Deserialize)]
struct Manifest {
    chapter: Vec<Chapter>,
}

#[derive(Deserialize)]
struct Chapter {
    number: u8,
    name: String,
}

/// The workspace's root folder.
///
/// # Panics
/// When this crate does not lie in the workspace's `tools/contract`.
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors()
        .nth(2)
        .expect("tools/contract lies in the workspace")
        .to_owned()
}

impl Checkpoint {
    /// The checkpoints that exist, in the course's order: `steps/NN-name` for each chapter, then `app`.
    ///
    /// # Errors
    /// When `course.toml` cannot be read, or no checkpoint exists.
    pub fn all(root: &Path) -> Result<Vec<Self>> {
        let path = root.join("course.toml");
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let manifest: Manifest =
            toml::from_str(&text).with_context(|| format!("{} is wrong", path.display()))?;
        let steps = manifest.chapter.iter().map(|chapter| {
            let id = format!("{:02}-{}", chapter.number, chapter.name);
            Self {
                name: format!("step-{id}"),
                folder: root.join("steps").join(id),
            }
        });
        let app = Self {
            name: "coworking".to_owned(),
            folder: root.join("app"),
        };
        let found: Vec<_> = steps
            .chain([app])
            .filter(|checkpoint| checkpoint.folder.join("Cargo.toml").is_file())
            .collect();
        ensure!(
            !found.is_empty(),
            "{} has no checkpoint: expected steps/NN-name",
            root.display()
        );
        Ok(found)
    }

    /// The secret in the committed configuration, which everybody knows.
    ///
    /// # Errors
    /// When the configuration cannot be read or has no `secret`.
    pub fn committed_secret(&self) -> Result<String> {
        let path = self.folder.join("config/coworking.toml");
        let text =
            fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let config: toml::Table =
            toml::from_str(&text).with_context(|| format!("{} is wrong", path.display()))?;
        let secret = config.get("secret").and_then(toml::Value::as_str);
        secret
            .map(str::to_owned)
            .with_context(|| format!("{} has no `secret`", path.display()))
    }
}

/// Builds the checkpoints as users build them, optimized, and says where each one's binary is. Cargo shows its
/// progress on stderr.
///
/// # Errors
/// When cargo fails or builds no binary for a checkpoint.
pub fn build(root: &Path, checkpoints: &[Checkpoint]) -> Result<HashMap<String, PathBuf>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "build",
        "--release",
        "--message-format=json-render-diagnostics",
    ]);
    for checkpoint in checkpoints {
        command.args(["--package", &checkpoint.name]);
    }
    let built = command
        .current_dir(root)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot run cargo")?;
    ensure!(
        built.status.success(),
        "the checkpoints do not build: see cargo's messages above"
    );

    let messages = String::from_utf8(built.stdout).context("cargo's messages are not UTF-8")?;
    let binaries = messages
        .lines()
        .filter_map(executable)
        .collect::<HashMap<_, _>>();
    for checkpoint in checkpoints {
        ensure!(
            binaries.contains_key(&checkpoint.name),
            "cargo built no binary named {}",
            checkpoint.name
        );
    }
    Ok(binaries)
}

/// The binary that one of cargo's messages announces: its name and path.
fn executable(message: &str) -> Option<(String, PathBuf)> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let name = message.pointer("/target/name")?.as_str()?;
    let path = message.get("executable")?.as_str()?;
    Some((name.to_owned(), path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_checkpoint_comes_first() {
        let checkpoints = Checkpoint::all(&workspace()).unwrap();
        assert_eq!(checkpoints[0].name, "step-01-discovery");
        assert_eq!(checkpoints[0].committed_secret().unwrap().len(), 32);
    }

    #[test]
    fn a_library_is_not_an_executable() {
        let library =
            r#"{"reason":"compiler-artifact","target":{"name":"step-01"},"executable":null}"#;
        let binary = r#"{"reason":"compiler-artifact","target":{"name":"step-01"},"executable":"/t/step-01"}"#;
        assert_eq!(executable(library), None);
        assert_eq!(
            executable(binary),
            Some(("step-01".to_owned(), "/t/step-01".into()))
        );
    }
}
