//! How a server is started: its binary, its settings, and the two ways in which that can end.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use test_tools::TestTools;
use tokio::process::Command;

use crate::{client::Client, database::Database, openapi::Record, run::Run, server::Server};

/// The key that the suite's servers sign their tokens with, unless a case says otherwise.
pub const SECRET: &str = "contract-suite-key-0123456789abc";

/// The sites that the suite's servers allow, as `COWORKING_ORIGINS` has them.
pub const ORIGINS: [&str; 2] = ["http://book.example:3000", "https://coworking.example"];

/// How long a wrong configuration may take to be refused.
const REFUSAL_LIMIT: Duration = Duration::from_secs(60);

/// Sets the clock of the servers that look at this file.
pub fn set_clock(file: &Path, ahead: time::Duration) -> Result<()> {
    fs::write(file, faketime(ahead)).context("cannot set the servers' clock")
}

/// As libfaketime has it.
fn faketime(ahead: time::Duration) -> String {
    format!("{:+}", ahead.whole_seconds())
}

/// What all servers of one checkpoint on one kind of database have in common.
#[derive(Clone, Debug)]
pub struct Site {
    pub binary: PathBuf,
    /// Each server's own folder is made in this one.
    pub folder: PathBuf,
    /// What the diagnostics of all these servers take for their user's runtime directory.
    pub runtime: PathBuf,
    pub run: Arc<Run>,
    pub record: Arc<Record>,
}

/// How to start a server; each case changes what it is about.
#[derive(Clone, Debug)]
pub struct Launch {
    site: Site,
    database: Database,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    stdout_is_full: bool,
    survives_large_files: bool,
}

/// A server with its database.
#[derive(Debug)]
pub struct Service {
    pub server: Server,
    pub database: Database,
    /// Not logged in.
    pub client: Client,
}

impl Service {
    /// A client of the server's diagnostics, which no description describes.
    pub fn diagnostics(&self) -> Client {
        Client::new(self.server.debug_address(), Arc::default())
    }

    /// How many spans have been opened: one for each request, one for each authorization, one for each query.
    pub async fn spans_opened(&self) -> Result<u64> {
        let stats: Value = self.diagnostics().get("/debug/runtime").read().await?;
        let opened = stats["spans_opened"].as_u64();
        opened.context("the diagnostics count no spans")
    }
}

impl Launch {
    /// A server on free ports with the suite's own secret and origins, and a log of its own default level.
    pub fn new(site: &Site, database: &Database) -> Self {
        Self {
            site: site.clone(),
            database: database.clone(),
            arguments: Vec::new(),
            environment: Vec::new(),
            stdout_is_full: false,
            survives_large_files: false,
        }
        .variable("XDG_RUNTIME_DIR", &site.runtime.display().to_string())
        .variable("COWORKING_LISTEN", "127.0.0.1:0")
        .variable("COWORKING_DEBUG_LISTEN", "127.0.0.1:0")
        .variable("COWORKING_SECRET", SECRET)
        .variable("COWORKING_ORIGINS", &ORIGINS.join(","))
        .variable("DATABASE_URL", database.url())
    }

    #[must_use]
    pub fn flag(&self, name: &str, value: &str) -> Self {
        let mut launch = self.clone();
        launch.arguments.extend([name.to_owned(), value.to_owned()]);
        launch
    }

    #[must_use]
    pub fn argument(&self, argument: &str) -> Self {
        let mut launch = self.clone();
        launch.arguments.push(argument.to_owned());
        launch
    }

    #[must_use]
    pub fn variable(&self, name: &str, value: &str) -> Self {
        let mut launch = self.clone();
        launch.environment.push((name.to_owned(), value.to_owned()));
        launch
    }

    #[must_use]
    pub fn without_variable(&self, name: &str) -> Self {
        let mut launch = self.clone();
        launch.environment.retain(|(known, _)| known != name);
        launch
    }

    /// What the server prints goes to a disk without room.
    #[must_use]
    pub fn with_a_full_stdout(&self) -> Self {
        let mut launch = self.clone();
        launch.stdout_is_full = true;
        launch
    }

    /// A file that becomes larger than the process may make it is an error, as on a full disk, and not the process's end.
    #[must_use]
    pub fn surviving_large_files(&self) -> Self {
        let mut launch = self.clone();
        launch.survives_large_files = true;
        launch
    }

    /// The server's clock is ahead of the suite's by this much; its timers run as fast as ever.
    pub fn clock_ahead_by(&self, ahead: time::Duration) -> Result<Self> {
        Ok(self
            .with_a_clock_of_its_own()?
            .variable("FAKETIME", &faketime(ahead)))
    }

    /// The same, and the clock can be set while the server runs: it is as far ahead as the file says.
    pub fn clock_ahead_by_file(&self, file: &Path, ahead: time::Duration) -> Result<Self> {
        set_clock(file, ahead)?;
        Ok(self
            .with_a_clock_of_its_own()?
            .variable("FAKETIME_TIMESTAMP_FILE", &file.display().to_string())
            .variable("FAKETIME_NO_CACHE", "1"))
    }

    fn with_a_clock_of_its_own(&self) -> Result<Self> {
        let library = TestTools::here().libfaketime()?;
        Ok(self
            .variable("LD_PRELOAD", &library.display().to_string())
            .variable("FAKETIME_DONT_FAKE_MONOTONIC", "1"))
    }

    /// Starts the process in a folder of its own, waits until it says where it listens, and asks for its description.
    pub async fn start(&self) -> Result<Service> {
        let mut server = self.spawn()?;
        server.wait_until_ready().await?;
        let client = Client::new(server.address(), Arc::clone(&self.site.record));
        self.site
            .record
            .describe(&client.get("/openapi.json").send().await?);
        Ok(Service {
            server,
            database: self.database.clone(),
            client,
        })
    }

    /// Runs a process that is expected to end by itself.
    pub async fn run_to_end(&self) -> Result<Ended> {
        let mut server = self.spawn()?;
        let status = server.wait(REFUSAL_LIMIT).await?;
        Ok(Ended {
            code: status.code(),
            stdout: server.stdout()?,
            stderr: server.log()?,
        })
    }

    /// Runs a process that has to end with an error before it says that it listens.
    pub async fn refused(&self, what: &str) -> Result<Ended> {
        let ended = self.run_to_end().await;
        let ended = ended.with_context(|| format!("{what} is accepted"))?;
        ensure!(
            matches!(ended.code, Some(1 | 2)),
            "{what} ends otherwise than with 1 or 2: {ended:?}"
        );
        ensure!(
            !ended.stdout.contains("listening on"),
            "{what} is explained after it was accepted: {ended:?}"
        );
        ended.hides("panicked")?;
        Ok(ended)
    }

    fn spawn(&self) -> Result<Server> {
        let mut command = match self.survives_large_files {
            false => Command::new(&self.site.binary),
            true => {
                let mut shell = Command::new("sh");
                shell.args(["-c", r#"trap '' XFSZ; exec "$0" "$@""#]);
                shell.arg(&self.site.binary);
                shell
            }
        };
        // Settings of whoever runs the suite must not reach the server.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if name.starts_with("COWORKING_") || name == "DATABASE_URL" || name == "RUST_LOG" {
                command.env_remove(name);
            }
        }
        command.args(&self.arguments);
        command.envs(self.environment.iter().cloned());
        let full = self.stdout_is_full;
        Server::spawn(command, &self.site.folder, &self.site.run, full)
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

impl Ended {
    /// Fails unless its message contains this.
    pub fn says(&self, word: &str) -> Result<&Self> {
        let Self { stderr, .. } = self;
        ensure!(stderr.contains(word), "the message has no {word}: {stderr}");
        Ok(self)
    }

    /// Fails if its message contains this.
    pub fn hides(&self, word: &str) -> Result<&Self> {
        let Self { stderr, .. } = self;
        ensure!(!stderr.contains(word), "the message has {word}: {stderr}");
        Ok(self)
    }
}
