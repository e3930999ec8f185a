//! Remembers what the suite has exercised of one server, and which secrets went to and fro.

use std::{
    collections::BTreeSet,
    sync::{Mutex, OnceLock},
};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use super::{Document, Documented};
use crate::{answer::Answer, locked};

/// Shared by all clients of one checkpoint on one database.
#[derive(Debug, Default)]
pub struct Record {
    document: OnceLock<std::result::Result<Document, String>>,
    exercised: Mutex<BTreeSet<Documented>>,
    secrets: Mutex<BTreeSet<String>>,
}

impl Record {
    /// Sets the description that answers are held against from now on; the first one stays, since a second server
    /// of the same checkpoint serves the same.
    pub fn describe(&self, served: &Answer) {
        let document = || Document::new(served.json()?);
        let document = || document().map_err(|error| format!("{error:#}"));
        self.document.get_or_init(document);
    }

    /// The server's description.
    pub fn document(&self) -> Result<&Document> {
        let document = self.document.get().context("no server has started yet")?;
        let unusable = |error| anyhow!("/openapi.json is of no use: {error}");
        document.as_ref().map_err(unusable)
    }

    /// Holds an answer against the rules for all answers and against the server's description, if there is one.
    pub fn check(&self, answer: &Answer, request: Option<&Value>) -> Result<()> {
        let got: Value = answer.json().unwrap_or_default();
        let sent = request.unwrap_or_default();
        for secret in [&sent["password"], &got["token"]] {
            self.add_secret(secret.as_str().unwrap_or_default());
        }
        answer.check()?;
        if let Some(Ok(document)) = self.document.get()
            && let Some(documented) = document.check(answer, request)?
        {
            locked(&self.exercised).insert(documented);
        }
        Ok(())
    }

    /// What is documented and has never been exercised.
    pub fn not_exercised(&self) -> Result<Vec<Documented>> {
        let (documented, exercised) = (self.document()?.documented(), locked(&self.exercised));
        Ok(documented.difference(&exercised).cloned().collect())
    }

    /// Remembers a word that no log may show. A short one would be found by chance.
    pub fn add_secret(&self, secret: &str) {
        if secret.len() >= 8 {
            locked(&self.secrets).insert(secret.to_owned());
        }
    }

    /// All passwords and tokens that went to or came from the servers.
    pub fn secrets(&self) -> BTreeSet<String> {
        locked(&self.secrets).clone()
    }
}
