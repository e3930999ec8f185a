//! Measured numbers: how they are written, and what is in their middle.

use serde::Serialize;
use terminal::three_digits;

/// Bytes in decimal units with three significant digits.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        _ => in_units(bytes as f64 / 1e3, ["kB", "MB", "GB"]),
    }
}

/// The value is in the first unit; each unit is a thousand of the one before.
fn in_units(mut value: f64, [small, middle, large]: [&str; 3]) -> String {
    let mut unit = small;
    for larger in [middle, large] {
        if value >= 999.5 {
            (value, unit) = (value / 1e3, larger);
        }
    }
    format!("{} {unit}", three_digits(value))
}

/// The middle of some values and their ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread<T> {
    /// With an even number of values the lower one of the two in the middle: always one that was measured.
    pub median: T,
    pub min: T,
    pub max: T,
}

impl<T: PartialOrd + Copy> Spread<T> {
    /// `None` without any value.
    pub fn of(values: impl IntoIterator<Item = T>) -> Option<Self> {
        let mut values: Vec<T> = values.into_iter().collect();
        values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
        Some(Self {
            median: values[values.len().checked_sub(1)? / 2],
            min: *values.first()?,
            max: *values.last()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_three_digits_and_a_unit() {
        for (size, text) in [
            (999, "999 B"),
            (1_000, "1.00 kB"),
            (999_600, "1.00 MB"),
            (6_300_000_000, "6.30 GB"),
        ] {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn a_median_was_measured() {
        let median = |values: &[u64]| Spread::of(values.iter().copied()).map(|it| it.median);
        assert_eq!(median(&[5, 1, 100]), Some(5));
        assert_eq!(median(&[4, 2, 3, 100]), Some(3));
        assert_eq!(median(&[]), None);
    }
}
