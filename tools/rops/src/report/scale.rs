//! How values are written.

use crate::options::Options;
use crate::units;

/// How values are written.
#[derive(Debug, Clone)]
pub struct Scale {
    /// The unit that values have.
    pub from: String,
    /// The unit that they are written in.
    pub to: String,
    ratio: f64,
}

impl Scale {
    /// Values of this unit, as the options want them.
    pub fn new(unit: &str, options: &Options) -> Self {
        Self {
            from: unit.to_owned(),
            to: options.unit.clone(),
            ratio: 1.0 / options.divide_by,
        }
    }

    /// A value with its unit.
    pub fn text(&self, value: i64) -> String {
        units::label(self.divided(value), &self.from, &self.to)
    }

    pub(super) fn divided(&self, value: i64) -> i64 {
        if self.ratio > 0.0 && self.ratio != 1.0 {
            (value as f64 * self.ratio) as i64
        } else {
            value
        }
    }
}
