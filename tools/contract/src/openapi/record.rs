//! Remembers what the suite has exercised of one server, and which secrets went to and fro.

use std::{
    collections::BTreeSet,
    sync::{Mutex, OnceLock, PoisonError},
};

use anyhow::{Context, Result};
use serde_json::Value;

use super::{Document, Documented};
use crate::answer::Answer;

/// Shared by all clients of one checkpoint on one database.
#[derive(Debug, Default)]
pub struct Record {
    document: OnceLock<Document>,
    exercised: Mutex<BTreeSet<Documented>>,
    secrets: Mutex<BTreeSet<String>>,
}

impl Record {
    /// Sets the description that answers are held against from now on; the first one stays.
    pub fn describe(&self, document: Document) {
        // A second server of the same checkpoint serves the same description.
        let _ = self.document.set(document);
    }

    /// The server's description.
    ///
    /// # Errors
    /// When the server served none that is JSON.
    pub fn document(&self) -> Result<&Document> {
        self.document
            .get()
            .context("the server serves no /openapi.json that is JSON")
    }

    /// Holds an answer against the rules for all answers and against the server's description, if there is one.
    ///
    /// # Errors
    /// When the answer breaks a rule or is not as described.
    pub fn check(&self, answer: &Answer, request: Option<&Value>) -> Result<()> {
        for secret in [
            request.and_then(|body| body.get("password")),
            answer
                .json::<Value>()
                .ok()
                .as_ref()
                .and_then(|body| body.get("token")),
        ] {
            self.add_secret(secret.and_then(Value::as_str).unwrap_or_default());
        }
        answer.check()?;
        if let Some(document) = self.document.get()
            && let Some(documented) = document.check(answer, request)?
        {
            self.exercised
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(documented);
        }
        Ok(())
    }

    /// What is documented and has never been exercised.
    ///
    /// # Errors
    /// When the server has no description.
    pub fn not_exercised(&self) -> Result<Vec<Documented>> {
        let exercised = self
            .exercised
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Ok(self
            .document()?
            .documented()
            .difference(&exercised)
            .cloned()
            .collect())
    }

    /// Remembers a word that no log may show. A short one would be found by chance.
    pub fn add_secret(&self, secret: &str) {
        if secret.len() >= 8 {
            self.secrets
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .insert(secret.to_owned());
        }
    }

    /// All passwords and tokens that went to or came from the servers.
    pub fn secrets(&self) -> BTreeSet<String> {
        self.secrets
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}
