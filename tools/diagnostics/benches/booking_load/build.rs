//! Builds a checkpoint's server with and without counting.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use crate::Result;

/// The workspace's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The package of the first checkpoint on disk.
pub fn first_step() -> Result<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("steps"))? {
        let entry = entry?;
        if entry.path().join("Cargo.toml").is_file() {
            names.extend(entry.file_name().into_string());
        }
    }
    let first = names
        .into_iter()
        .min()
        .ok_or("there is no checkpoint in steps/")?;
    Ok(format!("step-{first}"))
}

/// Builds the package's program in release mode and copies it to `folder`, since the other build overwrites it.
pub fn server(package: &str, uncounted: bool, folder: &Path) -> Result<PathBuf> {
    let kind = if uncounted { "plain" } else { "counted" };
    eprintln!("building {package}, {kind}");
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()).stdin(Stdio::null());
    cargo.args(["build", "--quiet", "--release", "--package", package]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    if uncounted {
        // Flags on the command line are added to those of `.cargo/config.toml`; the variable would replace them.
        cargo.args([
            "--config",
            r#"build.rustflags = ["--cfg", "diagnostics_uncounted"]"#,
        ]);
    }
    let output = cargo.stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(format!("cannot build {package}").into());
    }
    let copy = folder.join(kind);
    fs::copy(executable(&output.stdout, package)?, &copy)?;
    Ok(copy)
}

/// Where cargo says that it put the program.
fn executable(messages: &[u8], package: &str) -> Result<PathBuf> {
    let mut found = messages.split(|&byte| byte == b'\n').filter_map(|line| {
        let message: serde_json::Value = serde_json::from_slice(line).ok()?;
        (message["target"]["name"] == package)
            .then(|| message["executable"].as_str().map(PathBuf::from))?
    });
    found
        .next_back()
        .ok_or_else(|| format!("{package} has no program of that name").into())
}
