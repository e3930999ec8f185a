//! Profiles and traces of processes that run: saved, and opened.

use std::env;
use std::fs::OpenOptions;
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use rops::{Input, Options};
use serde::Serialize;

use super::show as printed;
use super::show::fetch;
use crate::console;
use crate::live::target::Target;
use crate::settings::Settings;

/// What is saved, and where.
#[derive(Debug, clap::Args)]
pub struct Saved {
    /// Only save it, in this file
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print where it was saved as JSON, and open nothing
    #[arg(long)]
    json: bool,
}

/// Where a file was saved.
#[derive(Debug, Serialize)]
struct File {
    file: PathBuf,
    bytes: usize,
}

impl Saved {
    /// Saves what a process answers. None if that is all that was asked for.
    fn save(
        &self,
        target: &Target,
        kind: &str,
        extension: &str,
        bytes: &[u8],
    ) -> anyhow::Result<Option<PathBuf>> {
        let (path, mut file) = match &self.output {
            Some(path) => {
                let file = std::fs::File::create(path);
                (
                    path.clone(),
                    file.with_context(|| path.display().to_string())?,
                )
            }
            None => new_file(
                &env::temp_dir(),
                &format!("{}-{kind}", target.short()),
                extension,
            )?,
        };
        file.write_all(bytes)
            .with_context(|| path.display().to_string())?;
        let only = self.output.is_some() || self.json;
        if self.json {
            let saved = File {
                file: path.clone(),
                bytes: bytes.len(),
            };
            printed(&saved, true, |_| String::new())?;
        } else {
            anstream::eprintln!("saved to {}", path.display());
        }
        Ok((!only).then_some(path))
    }
}

/// A file of a name that there is none of yet, for this user's eyes: what it says of a program may be a secret.
fn new_file(
    folder: &Path,
    name: &str,
    extension: &str,
) -> anyhow::Result<(PathBuf, std::fs::File)> {
    let mut number = 1;
    loop {
        let path = folder.join(format!("{name}-{number}.{extension}"));
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)
        {
            Ok(file) => return Ok((path, file)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(error).with_context(|| path.display().to_string()),
        }
    }
}

/// A CPU profile.
#[derive(Debug, clap::Args)]
pub struct Cpu {
    /// PID, name, HOST:PORT of the diagnostics, or an agent's socket
    #[arg(value_name = "PROCESS")]
    process: String,
    /// How long to look
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    seconds: u32,
    #[command(flatten)]
    saved: Saved,
}

impl Cpu {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let (target, seconds) = (Target::find(&self.process)?, self.seconds);
        let door = target.door()?;
        anstream::eprintln!("profiling for {seconds} s");
        let bytes = fetch(
            &door,
            &format!("/debug/pprof/profile?seconds={seconds}"),
            seconds,
        )?;
        open_profile(self.saved.save(&target, "cpu", "pb.gz", &bytes)?)
    }
}

/// A heap profile.
#[derive(Debug, clap::Args)]
pub struct Heap {
    /// PID, name, HOST:PORT of the diagnostics, or an agent's socket
    #[arg(value_name = "PROCESS")]
    process: String,
    /// What changes in so long, in place of all since the start
    #[arg(long, value_name = "SECONDS")]
    seconds: Option<u32>,
    #[command(flatten)]
    saved: Saved,
}

impl Heap {
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let target = Target::find(&self.process)?;
        let door = target.door()?;
        let query = self
            .seconds
            .map_or_else(String::new, |seconds| format!("?seconds={seconds}"));
        let path = format!("/debug/pprof/heap{query}");
        let bytes = fetch(&door, &path, self.seconds.unwrap_or(0))?;
        open_profile(self.saved.save(&target, "heap", "pb.gz", &bytes)?)
    }
}

/// A console on it, as `rops pprof FILE` is.
fn open_profile(path: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let Some(path) = path else {
        return Ok(ExitCode::SUCCESS);
    };
    let input = Input {
        profiles: vec![path.display().to_string()],
        ..Input::default()
    };
    let title = rops::places::base(&input.profiles[0]).to_owned();
    let settings = Settings {
        options: Options::default(),
        output: None,
    };
    console::run(input.read()?, title, settings)
}

/// A trace.
#[derive(Debug, clap::Args)]
pub struct Recorded {
    /// PID, name, HOST:PORT of the diagnostics, or an agent's socket: records a trace, and opens it
    #[arg(value_name = "PROCESS")]
    process: Option<String>,
    /// How long to record
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    seconds: u32,
    /// With so many samples a second of where the processor's time goes
    #[arg(long, value_name = "HZ")]
    hz: Option<u32>,
    #[command(flatten)]
    saved: Saved,
}

impl Recorded {
    /// Saves it, and gives the file that is to be opened. Whether in a browser: where nobody looks, a summary is printed.
    pub fn take(&self) -> anyhow::Result<Option<(PathBuf, bool)>> {
        let Some(process) = &self.process else {
            return Err(terminal::Usage(
                "a report or a process is missing; `rops trace --help` lists both".into(),
            )
            .into());
        };
        let (target, seconds) = (Target::find(process)?, self.seconds);
        let door = target.door()?;
        anstream::eprintln!("tracing for {seconds} s");
        let hz = self.hz.map_or_else(String::new, |hz| format!("&hz={hz}"));
        let bytes = fetch(
            &door,
            &format!("/debug/pprof/trace?seconds={seconds}{hz}"),
            seconds,
        )?;
        let saved = self.saved.save(&target, "trace", "json", &bytes)?;
        Ok(saved.map(|path| (path, io::stdout().is_terminal())))
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn files_have_numbers_and_are_for_one_user() {
        let folder = test_tools::Folder::new();
        for number in 1..=2 {
            let (path, file) = new_file(folder.root(), "shop-7-cpu", "pb.gz").expect("room");
            assert_eq!(path, folder.path(&format!("shop-7-cpu-{number}.pb.gz")));
            let mode = file.metadata().expect("it is there").permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
