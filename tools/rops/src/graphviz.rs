//! Pictures by graphviz.

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context as _, bail};

/// A graph in graphviz's language as SVG.
pub fn svg(dot: &str) -> anyhow::Result<Vec<u8>> {
    let mut command = Command::new("dot");
    command
        .arg("-Tsvg")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "the picture needs graphviz's `dot`: `apt install graphviz` or `brew install graphviz`. \
             `rops pprof flame` needs nothing"
        ),
        Err(error) => return Err(error).context("dot"),
    };
    let mut input = child.stdin.take().context("dot has no input")?;
    let output = thread::scope(|scope| {
        // If it ends early, its exit code tells more than the broken pipe.
        scope.spawn(move || input.write_all(dot.as_bytes()));
        child.wait_with_output()
    })?;
    if !output.status.success() {
        bail!("graphviz's `dot` failed: {}", output.status);
    }
    Ok(output.stdout)
}
