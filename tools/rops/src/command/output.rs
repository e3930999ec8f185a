//! Where a report goes.

use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use anyhow::{Context as _, bail};
use terminal::Usage;

/// Where a report goes: standard output, unless a file is named.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Output")]
pub struct Output {
    /// Write to this file
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

impl Output {
    /// What a terminal cannot show goes to a file, or into a pipe.
    pub fn must_be_a_file(&self, example: &str) -> anyhow::Result<()> {
        if self.output.is_none() && io::stdout().is_terminal() {
            bail!(Usage(format!("this is for a file: --output {example}")));
        }
        Ok(())
    }

    /// Writes it, and says where if that is a file.
    pub fn write(&self, bytes: &[u8]) -> anyhow::Result<()> {
        match &self.output {
            Some(path) => {
                fs::write(path, bytes).with_context(|| path.display().to_string())?;
                anstream::eprintln!("written to {}", path.display());
            }
            None => {
                let mut out = io::stdout().lock();
                out.write_all(bytes)?;
                out.flush()?;
            }
        }
        Ok(())
    }
}

/// To standard output, all of it.
pub fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}
