//! What labels say, and what their samples used.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::Report;
use crate::labels::Labels;
use crate::units::{label, percentage, scale};

/// The values of one key of labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The key.
    pub key: String,
    /// What all its samples used.
    pub total: i64,
    /// Each value with what its samples used, the largest first.
    pub values: Vec<(String, i64)>,
}

impl Report {
    /// What labels say.
    pub fn tag_keys(&self) -> Vec<Key> {
        let mut keys: BTreeMap<&str, BTreeMap<String, i64>> = BTreeMap::new();
        for sample in &self.profile.samples {
            let Labels { texts, numbers } = Labels::of(&self.profile, sample);
            let mut all = Vec::new();
            for (key, values) in texts {
                all.extend(values.into_iter().map(|value| (key, value.to_owned())));
            }
            for (key, values) in numbers {
                let unit = self.label_units.get(key).map_or("", String::as_str);
                let text = |(value, _)| (key, label(value, unit, &self.options.unit));
                all.extend(values.into_iter().map(text));
            }
            for (key, text) in all {
                let sum = keys.entry(key).or_default().entry(text).or_default();
                *sum = sum.wrapping_add(sample.values[self.values.index]);
            }
        }
        let sorted = keys.into_iter().map(|(key, values)| {
            let mut values: Vec<(String, i64)> = values.into_iter().collect();
            values.sort_by_key(|(_, value)| Reverse(value.wrapping_abs()));
            let all = values.iter().map(|(_, value)| *value);
            Key {
                key: key.to_owned(),
                total: all.fold(0, i64::wrapping_add),
                values,
            }
        });
        sorted.collect()
    }

    /// The same as text.
    pub fn tags(&self) -> String {
        let value = |value: i64| {
            let (value, unit) = scale(value, &self.unit, &self.options.unit);
            format!("{value:.1}{unit}")
        };
        let mut text = String::new();
        for Key { key, total, values } in self.tag_keys() {
            let rows = values.iter().map(|(_, of)| {
                let part = match total {
                    1.. => format!(" ({})", percentage(*of, total)),
                    _ => String::new(),
                };
                format!("{}{part}:", value(*of))
            });
            let rows: Vec<String> = rows.collect();
            let first = key.chars().count() + 2;
            let widths = rows.iter().map(|row| row.chars().count() + 1);
            let second = widths.max().unwrap_or(0);
            let _ = writeln!(text, " {key}: Total {}", value(total));
            for (row, (name, _)) in rows.iter().zip(&values) {
                let _ = writeln!(text, "{:first$}{row:>second$} {name}", "");
            }
            text.push('\n');
        }
        text
    }
}
