//! What one run of the suite has started, in one place, so that an interrupted run leaves nothing behind either.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::postgres::Postgres;

/// Processes and files of a run.
#[derive(Debug)]
pub struct Run {
    postgres: Option<Postgres>,
    servers: Mutex<HashSet<Pid>>,
    /// None once the run has ended.
    folder: Mutex<Option<TempDir>>,
}

impl Run {
    /// # Errors
    /// When no temporary folder can be created.
    pub fn new(postgres: Option<Postgres>) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("contract-").tempdir()?;
        Ok(Self {
            postgres,
            servers: Mutex::default(),
            folder: Mutex::new(Some(folder)),
        })
    }

    /// The cluster, if the run has one.
    ///
    /// # Errors
    /// When it has none.
    pub fn postgres(&self) -> Result<&Postgres> {
        self.postgres.as_ref().context("this run has no PostgreSQL")
    }

    /// A new folder that goes with the run.
    ///
    /// # Errors
    /// When it cannot be created, or the run has ended.
    pub fn folder(&self, prefix: &str) -> Result<PathBuf> {
        let folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = folder.as_ref().context("the run has ended")?;
        Ok(tempfile::Builder::new()
            .prefix(prefix)
            .tempdir_in(folder)?
            .keep())
    }

    /// Remembers a server that must not outlive the run.
    pub fn started(&self, server: Pid) {
        self.servers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(server);
    }

    /// Forgets a server that has ended, since its id may become another process's.
    pub fn ended(&self, server: Pid) {
        self.servers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&server);
    }

    /// Ends what still runs and removes all files.
    pub fn end(&self) {
        for server in
            std::mem::take(&mut *self.servers.lock().unwrap_or_else(PoisonError::into_inner))
        {
            // It may have ended by itself in this moment, which is as good.
            let _ = kill_process(server, Signal::KILL);
        }
        if let Some(postgres) = &self.postgres {
            postgres.stop();
        }
        drop(
            self.folder
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        self.end();
    }
}
