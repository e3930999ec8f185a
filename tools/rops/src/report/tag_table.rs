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
    /// Its values, the one whose samples used most first.
    pub values: Vec<Value>,
}

/// A value of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// How it is written.
    pub name: String,
    /// What its samples used.
    pub sum: i64,
    /// The least and the largest number that is written so; none for a text.
    pub numbers: Option<(i64, i64)>,
}

impl Report {
    /// What labels say.
    pub fn tag_keys(&self) -> Vec<Key> {
        type Sum = (i64, Option<(i64, i64)>);
        let mut keys: BTreeMap<&str, BTreeMap<String, Sum>> = BTreeMap::new();
        for sample in &self.profile.samples {
            let Labels { texts, numbers } = Labels::of(&self.profile, sample);
            let mut all = Vec::new();
            for (key, values) in texts {
                all.extend(values.into_iter().map(|text| (key, text.to_owned(), None)));
            }
            for (key, values) in numbers {
                let unit = self.label_units.get(key).map_or("", String::as_str);
                let text = |(number, _)| {
                    let text = label(number, unit, &self.options.unit);
                    (key, text, Some(number))
                };
                all.extend(values.into_iter().map(text));
            }
            for (key, text, number) in all {
                let (sum, numbers) = keys.entry(key).or_default().entry(text).or_default();
                *sum = sum.wrapping_add(sample.values[self.values.index]);
                if let Some(number) = number {
                    let (least, most) = numbers.unwrap_or((number, number));
                    *numbers = Some((least.min(number), most.max(number)));
                }
            }
        }
        let sorted = keys.into_iter().map(|(key, values)| {
            let value = |(name, (sum, numbers))| Value { name, sum, numbers };
            let mut values: Vec<Value> = values.into_iter().map(value).collect();
            values.sort_by_key(|value| Reverse(value.sum.wrapping_abs()));
            let sums = values.iter().map(|value| value.sum);
            Key {
                key: key.to_owned(),
                total: sums.fold(0, i64::wrapping_add),
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
            let rows = values.iter().map(|Value { sum, .. }| {
                let part = match total {
                    1.. => format!(" ({})", percentage(*sum, total)),
                    _ => String::new(),
                };
                format!("{}{part}:", value(*sum))
            });
            let rows: Vec<String> = rows.collect();
            let first = key.chars().count() + 2;
            let widths = rows.iter().map(|row| row.chars().count() + 1);
            let second = widths.max().unwrap_or(0);
            let _ = writeln!(text, " {key}: Total {}", value(total));
            for (row, Value { name, .. }) in rows.iter().zip(&values) {
                let _ = writeln!(text, "{:first$}{row:>second$} {name}", "");
            }
            text.push('\n');
        }
        text
    }
}
