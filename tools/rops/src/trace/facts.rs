//! What a trace says about itself.

use serde::{Deserialize, Serialize};

/// What `diagnostics` writes under `otherData`. Others write other things there.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Facts {
    /// When it began, in seconds since 1970.
    pub start: Option<f64>,
    /// How long it is.
    pub seconds: Option<f64>,
    /// Which clock its times are of.
    pub clock: Option<String>,
    /// Records that it was made of.
    pub records: Option<u64>,
    /// Records that were overwritten before they were read.
    pub overwritten: u64,
    /// Records for which there was no room.
    pub dropped: u64,
    /// Events that came when the trace was as large as it may be.
    #[serde(rename = "too many")]
    pub too_many: u64,
    /// Records that were remembered, and too old to have room.
    #[serde(rename = "too old")]
    pub too_old: u64,
    /// Sentences on what it lacks.
    pub missing: Vec<String>,
    /// Why it was written.
    pub why: Option<String>,
    /// The stack of the thread that it is about, the innermost frame first.
    pub stack: Vec<String>,
    /// How the processor's time was sampled meanwhile.
    pub cpu: Option<Sampling>,
}

/// How the processor's time was sampled, or why it was not.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(untagged)]
pub enum Sampling {
    /// It was.
    Done {
        /// Samples for each second of processor time.
        hz: u32,
        /// Samples that were taken.
        taken: u64,
        /// Samples for which there was no room.
        dropped: u64,
    },
    /// A sentence on why not.
    Refused(String),
}

impl Facts {
    /// Whether `diagnostics` wrote it.
    #[must_use]
    pub fn is_of_diagnostics(&self) -> bool {
        self.records.is_some()
    }

    /// Records and events that are not in it.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.overwritten + self.dropped + self.too_many
    }
}
