//! The process that somebody means: by its number, its name, an address, or a socket.

use std::path::PathBuf;

use anyhow::{anyhow, bail};

use super::agent::{Agent, Looked};
use super::ask::Door;
use super::process::{self, Process};
use super::users;

/// What was meant.
#[derive(Debug)]
pub enum Target {
    /// A process of this machine, with its agent or where that was looked for.
    Process {
        process: Process,
        agent: Result<Agent, Looked>,
    },
    /// Wherever it runs.
    Door(Door),
}

impl Target {
    /// # Errors
    /// When there is no such process, several, or one of somebody else's.
    pub fn find(word: &str) -> anyhow::Result<Self> {
        if let Ok(pid) = word.parse::<i32>() {
            let process = process::of(pid);
            let process =
                process.ok_or_else(|| anyhow!("there is no process {pid}; `rops` lists yours"))?;
            return Self::of(process);
        }
        if let Some(address) = address(word) {
            return Ok(Self::Door(Door::Address(address)));
        }
        if word.contains('/') {
            return Ok(Self::Door(Door::Socket(PathBuf::from(word))));
        }
        Self::by_name(word)
    }

    fn of(process: Process) -> anyhow::Result<Self> {
        let user = users::own();
        if process.user != user && user != 0 {
            bail!(
                "process {} ({}) belongs to user {}, and you are {}: ask as that user, or as root",
                process.pid,
                process.name,
                users::shown(process.user),
                users::shown(user)
            );
        }
        let agent = Agent::of(&process);
        Ok(Self::Process { process, agent })
    }

    /// Those with an agent come before those without: a name is short for a service.
    fn by_name(name: &str) -> anyhow::Result<Self> {
        let user = users::own();
        let named = |process: &Process| process.name == name && (process.user == user || user == 0);
        let own = std::process::id() as i32;
        let all = process::all()
            .into_iter()
            .filter(|process| process.pid != own);
        let named: Vec<_> = all.filter(named).collect();
        let with_agent: Vec<_> = named
            .iter()
            .filter(|process| Agent::of(process).is_ok())
            .collect();
        let found = match with_agent.as_slice() {
            [] => named.iter().collect(),
            _ => with_agent,
        };
        match found.as_slice() {
            [] => bail!(
                "no process of yours is named {name}; `rops` lists them, and `rops --help` what can be asked"
            ),
            [process] => Self::of((*process).clone()),
            several => {
                let numbers = several.iter().map(|process| process.pid.to_string());
                let numbers = numbers.collect::<Vec<_>>().join(", ");
                bail!("several processes are named {name}: {numbers}; say which by its number")
            }
        }
    }

    /// Where it can be asked.
    ///
    /// # Errors
    /// When it has no agent: where that was looked for, and what to do.
    pub fn door(&self) -> anyhow::Result<Door> {
        match self {
            Self::Door(door) => Ok(door.clone()),
            Self::Process {
                agent: Ok(agent), ..
            } => Ok(Door::Socket(agent.socket.clone())),
            Self::Process {
                process,
                agent: Err(looked),
            } => Err(anyhow!("{}", looked.sentence(process))),
        }
    }

    /// The process, if it is one of this machine that has no agent: then it can be looked at from outside.
    pub fn only_outside(&self) -> Option<(&Process, &Looked)> {
        match self {
            Self::Process {
                process,
                agent: Err(looked),
            } => Some((process, looked)),
            _ => None,
        }
    }

    /// For names of files.
    pub fn short(&self) -> String {
        match self {
            Self::Process { process, .. } => format!("{}-{}", process.name, process.pid),
            Self::Door(Door::Address(address)) => address.replace([':', '/', '[', ']'], "-"),
            Self::Door(Door::Socket(path)) => {
                let stem = path.file_stem().unwrap_or_default();
                stem.to_string_lossy().into_owned()
            }
        }
    }
}

/// `HOST:PORT`, also within a URL.
fn address(word: &str) -> Option<String> {
    let bare = word.strip_prefix("http://").unwrap_or(word);
    let bare = bare.split('/').next()?;
    let (host, port) = bare.rsplit_once(':')?;
    // A PORT alone is one of this machine, as `:6060` is for Go's tools.
    let host = if host.is_empty() { "127.0.0.1" } else { host };
    let starts_a_path = word.starts_with(['/', '.']);
    (!starts_a_path && port.parse::<u16>().is_ok()).then(|| format!("{host}:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_an_address_or_a_path() {
        for (word, told) in [
            ("localhost:6060", Some("localhost:6060")),
            ("http://127.0.0.1:6060/debug/pprof/", Some("127.0.0.1:6060")),
            ("[::1]:6060", Some("[::1]:6060")),
            (":6060", Some("127.0.0.1:6060")),
            ("/run/user/0/rops/1.sock", None),
            ("./a:1", None),
            ("step-07", None),
        ] {
            assert_eq!(address(word).as_deref(), told, "{word}");
        }
    }

    #[test]
    fn what_is_not_there_is_told() {
        let error = |word: &str| Target::find(word).expect_err(word).to_string();
        assert!(error("2147483647").contains("there is no process 2147483647"));
        assert!(error("nobody-is-named-so").contains("no process of yours is named"));
    }
}
