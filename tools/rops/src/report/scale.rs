//! How values are written.

use crate::units;

/// How values are written.
#[derive(Debug, Clone)]
pub struct Scale {
    /// The unit that values have.
    pub from: String,
    /// The unit that they are written in.
    pub to: String,
    pub(super) ratio: f64,
}

impl Scale {
    /// A value with its unit.
    pub fn text(&self, value: i64) -> String {
        units::label(self.divided(value), &self.from, &self.to)
    }

    /// A value with its unit, or a point for nothing.
    pub fn text_or_dot(&self, value: i64) -> String {
        if value == 0 {
            ".".into()
        } else {
            self.text(value)
        }
    }

    pub(super) fn divided(&self, value: i64) -> i64 {
        if self.ratio > 0.0 && self.ratio != 1.0 {
            (value as f64 * self.ratio) as i64
        } else {
            value
        }
    }
}
