//! How a server is started: its binary, its settings, and the two ways in which that can end.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Result;
use test_tools::TestTools;
use tokio::process::Command;

use crate::{run::Run, server::Server};

/// The key that the suite's servers sign their tokens with, unless a case says otherwise.
pub const SECRET: &str = "contract-suite-key-0123456789abc";

/// The sites that the suite's servers allow, as `COWORKING_ORIGINS` has them.
pub const ORIGINS: [&str; 2] = ["http://book.example:3000", "https://coworking.example"];

/// How long a wrong configuration may take to be refused.
const REFUSAL_LIMIT: Duration = Duration::from_secs(60);

/// How to start a server; each case changes what it is about.
#[derive(Clone, Debug)]
pub struct Launch {
    binary: PathBuf,
    /// Each server's own folder is made in this one.
    folder: PathBuf,
    run: Arc<Run>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
}

impl Launch {
    /// A server on free ports with the suite's own secret and origins, and a log of its own default level.
    pub fn new(run: &Arc<Run>, binary: &Path, folder: &Path, database_url: &str) -> Self {
        let (run, binary, folder) = (Arc::clone(run), binary.to_owned(), folder.to_owned());
        Self {
            binary,
            folder,
            run,
            arguments: Vec::new(),
            environment: Vec::new(),
        }
        .variable("COWORKING_LISTEN", "127.0.0.1:0")
        .variable("COWORKING_DEBUG_LISTEN", "127.0.0.1:0")
        .variable("COWORKING_SECRET", SECRET)
        .variable("COWORKING_ORIGINS", &ORIGINS.join(","))
        .variable("DATABASE_URL", database_url)
    }

    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    #[must_use]
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    #[must_use]
    pub fn without_variable(mut self, name: &str) -> Self {
        self.environment.retain(|(known, _)| known != name);
        self
    }

    /// The server's clock is ahead of the suite's by this much; its timers run as fast as ever.
    ///
    /// # Errors
    /// When libfaketime is not installed.
    pub fn clock_ahead_by(self, ahead: time::Duration) -> Result<Self> {
        let library = TestTools::here().libfaketime()?;
        let ahead = format!("+{}", ahead.whole_seconds());
        Ok(self
            .variable("LD_PRELOAD", &library.display().to_string())
            .variable("FAKETIME", &ahead)
            .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1"))
    }

    /// Starts the process in a folder of its own and waits until it says where it listens.
    ///
    /// # Errors
    /// When it ends first, or says nothing for a minute; the message has the end of its log.
    pub async fn start(&self) -> Result<Server> {
        let mut server = self.spawn()?;
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// Runs a process that is expected to end by itself, as one with a wrong configuration is.
    ///
    /// # Errors
    /// When it does not end within a minute.
    pub async fn run_to_end(&self) -> Result<Ended> {
        let mut server = self.spawn()?;
        let status = server.wait(REFUSAL_LIMIT).await?;
        Ok(Ended {
            code: status.code(),
            stdout: server.stdout()?,
            stderr: server.log()?,
        })
    }

    fn spawn(&self) -> Result<Server> {
        let mut command = Command::new(&self.binary);
        // Settings of whoever runs the suite must not reach the server.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("COWORKING_") || name == "DATABASE_URL" || name == "RUST_LOG" {
                command.env_remove(name);
            }
        }
        command
            .args(&self.arguments)
            .envs(self.environment.iter().cloned());
        Server::spawn(command, &self.folder, &self.run)
    }
}

/// How a process ended.
#[derive(Debug)]
pub struct Ended {
    /// None when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_as_long_as_the_contract_says() {
        assert_eq!(SECRET.len(), 32);
    }
}
