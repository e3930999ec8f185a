//! A value as people read it.

use serde::Serialize;

use super::{Report, Scale};
use crate::units;

/// A value, and what people read in its place.
#[derive(Debug, Clone, Serialize)]
pub struct Amount {
    /// In the profile's own unit.
    pub value: i64,
    /// With the unit that suits it.
    pub text: String,
    /// Its part of the total.
    pub part: String,
}

impl Amount {
    /// A value of a total.
    pub fn new(value: i64, total: i64, scale: &Scale) -> Self {
        Self {
            value,
            text: scale.text(value),
            part: units::percentage(value, total).trim().to_owned(),
        }
    }
}

impl Report {
    /// A value of this report.
    pub fn amount(&self, value: i64) -> Amount {
        Amount::new(value, self.total, &self.scale())
    }
}
