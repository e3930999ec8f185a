//! The commands on processes that run.

pub mod save;
pub mod show;

use std::process::ExitCode;

use serde::Serialize;
use terminal::Usage;

use super::output::print;
use crate::live::{duration, list, one::One, target::Target, tree};

/// What `--help` ends with.
pub const EXAMPLES: &str = "\
Examples:
  rops                                your processes in Rust; a star is for an agent, which can be asked
  rops 4711 2s                        one of them, and how busy it is for two seconds
  rops stack 4711                     what every thread is doing, and the tasks that are alive
  rops pprof-cpu coworking            a CPU profile of the process of that name, and a console on it
  rops stats localhost:6060           of a process elsewhere, through `ssh -L 6060:localhost:6060 host`";

/// A process, or all of them.
#[derive(Debug, clap::Args)]
pub struct Look {
    /// A process to tell about: PID or name. Without it, all of yours that rustc has built are listed
    #[arg(value_name = "PID")]
    target: Option<String>,
    /// How long to look how busy it is: 2s, 500ms
    #[arg(value_name = "DURATION")]
    duration: Option<String>,
    /// List the processes of all users, as far as you may see them
    #[arg(long)]
    all: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Look {
    /// Prints it.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let Some(word) = &self.target else {
            return listed(self.all, self.json, list::text);
        };
        let watch = self
            .duration
            .as_deref()
            .map(|time| duration(time, 1.0))
            .transpose()?;
        match Target::find(word)? {
            Target::Process { process, agent } => {
                let one = One::read(&process, &agent, watch)?;
                show(&one, self.json, One::text)
            }
            Target::Door(door) => Err(Usage(format!(
                "{door} is no process of this machine; `rops stats {word}` and the other commands ask it"
            ))
            .into()),
        }
    }
}

/// Processes as a tree.
#[derive(Debug, clap::Args)]
pub struct Tree {
    /// The processes of all users, as far as you may see them
    #[arg(long)]
    all: bool,
    /// Print JSON: the list, with each process's parent
    #[arg(long)]
    json: bool,
}

impl Tree {
    /// Prints it.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        listed(self.all, self.json, tree::text)
    }
}

fn listed(
    all: bool,
    json: bool,
    text: impl FnOnce(&[list::Listed]) -> String,
) -> anyhow::Result<ExitCode> {
    let processes = list::read(all);
    if processes.is_empty() && !json {
        anstream::eprintln!("no process of yours was built by rustc, but this one");
        return Ok(ExitCode::SUCCESS);
    }
    show(&processes, json, |processes| text(processes))
}

fn show<T: Serialize>(
    value: &T,
    json: bool,
    text: impl FnOnce(&T) -> String,
) -> anyhow::Result<ExitCode> {
    let text = match json {
        true => serde_json::to_string_pretty(value)? + "\n",
        false => text(value),
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
