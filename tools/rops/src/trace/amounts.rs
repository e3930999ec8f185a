//! Many lengths of time: their sum, their middle, their longest.

use serde::{Serialize, Serializer};
use terminal::duration;

/// Lengths of time. It serializes as nanoseconds: `total`, `p50`, `p99`, `max`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amounts(Vec<u64>);

#[derive(Serialize)]
struct Written {
    total: u64,
    p50: u64,
    p99: u64,
    max: u64,
}

impl Amounts {
    pub(super) fn add(&mut self, nanoseconds: u64) {
        self.0.push(nanoseconds);
    }

    /// So that [`Self::quantile`] can be asked.
    pub(super) fn sort(&mut self) {
        self.0.sort_unstable();
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Nanoseconds of all together.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0
            .iter()
            .fold(0, |sum: u64, &one| sum.saturating_add(one))
    }

    /// The least that so large a part of all is not above: 0.5 is the middle, 1 the longest.
    #[must_use]
    pub fn quantile(&self, part: f64) -> u64 {
        let place = (self.0.len() as f64 * part).ceil() as usize;
        self.0
            .get(place.saturating_sub(1))
            .or(self.0.last())
            .copied()
            .unwrap_or(0)
    }

    /// The middle, the 99th percentile and the longest, as text.
    pub(super) fn texts(&self) -> [String; 3] {
        [0.5, 0.99, 1.0].map(|part| time(self.quantile(part)))
    }
}

/// Nanoseconds with the unit that suits them.
pub(super) fn time(nanoseconds: u64) -> String {
    duration(nanoseconds as f64)
}

/// A part of a whole in percent.
pub(super) fn percent(part: u64, whole: u64) -> String {
    match whole {
        0 => "0 %".into(),
        _ => format!("{:.1} %", part as f64 * 100.0 / whole as f64),
    }
}

impl Serialize for Amounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let written = Written {
            total: self.total(),
            p50: self.quantile(0.5),
            p99: self.quantile(0.99),
            max: self.quantile(1.0),
        };
        written.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_there() {
        let mut amounts = Amounts::default();
        assert_eq!(amounts.quantile(0.5), 0);
        for value in (1..=100).rev() {
            amounts.add(value);
        }
        amounts.sort();
        let quantiles = [0.0, 0.5, 0.99, 1.0].map(|part| amounts.quantile(part));
        assert_eq!(quantiles, [1, 50, 99, 100]);
        assert_eq!((amounts.count(), amounts.total()), (100, 5050));
    }
}
