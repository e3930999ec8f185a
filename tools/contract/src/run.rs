//! What one run of the suite has started, in one place, so that an interrupted run leaves nothing behind either.

use std::{collections::HashSet, path::PathBuf, sync::Mutex};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::{locked, postgres::Postgres};

/// Processes and files of a run.
#[derive(Debug)]
pub struct Run {
    postgres: Option<Postgres>,
    servers: Mutex<HashSet<Pid>>,
    /// None once the run has ended.
    folder: Mutex<Option<TempDir>>,
}

impl Run {
    pub fn new(postgres: Option<Postgres>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("contract-").tempdir()?;
        Ok(Self {
            postgres,
            servers: Mutex::default(),
            folder: Mutex::new(Some(folder)),
        })
    }

    /// The cluster, if the run has one.
    pub fn postgres(&self) -> Result<&Postgres> {
        self.postgres.as_ref().context("this run has no PostgreSQL")
    }

    /// A new folder that goes with the run.
    pub fn folder(&self, prefix: &str) -> Result<PathBuf> {
        let folder = locked(&self.folder);
        let folder = folder.as_ref().context("the run has ended")?;
        Ok(tempfile::Builder::new()
            .prefix(prefix)
            .tempdir_in(folder)?
            .keep())
    }

    /// Remembers a server that must not outlive the run.
    pub fn started(&self, server: Pid) {
        locked(&self.servers).insert(server);
    }

    /// Forgets a server that has ended, since its id may become another process's.
    pub fn ended(&self, server: Pid) {
        locked(&self.servers).remove(&server);
    }

    /// Ends what still runs and removes all files.
    pub fn end(&self) {
        for server in std::mem::take(&mut *locked(&self.servers)) {
            // It may have ended by itself in this moment, which is as good.
            let _ = kill_process(server, Signal::KILL);
        }
        if let Some(postgres) = &self.postgres {
            postgres.stop();
        }
        drop(locked(&self.folder).take());
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.end();
    }
}
