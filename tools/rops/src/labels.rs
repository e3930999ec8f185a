//! The labels of samples: texts such as `thread=main`, and numbers such as `bytes=512`.

use std::collections::{BTreeMap, BTreeSet};

use profile::Profile;
use profile::proto::{Label, Sample};

/// Marks the samples that were subtracted, as `go tool pprof -diff_base` marks them.
pub const BASE: &str = "pprof::base";

/// What a label says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value<'p> {
    /// It is a text.
    Text(&'p str),
    /// It is a number in this unit, which may be empty.
    Number(i64, &'p str),
    /// It says nothing.
    Nothing,
}

/// What a label says.
pub fn value<'p>(profile: &'p Profile, label: &Label) -> Value<'p> {
    if label.text != 0 {
        Value::Text(profile.text(label.text))
    } else if label.number != 0 || label.unit != 0 {
        Value::Number(label.number, profile.text(label.unit))
    } else {
        Value::Nothing
    }
}

/// One sample's labels by their keys; a key may have several values.
#[derive(Debug, Default)]
pub struct Labels<'p> {
    /// Those that are texts.
    pub texts: BTreeMap<&'p str, Vec<&'p str>>,
    /// Those that are numbers, each with its unit.
    pub numbers: BTreeMap<&'p str, Vec<(i64, &'p str)>>,
}

impl<'p> Labels<'p> {
    /// The labels of a sample.
    pub fn of(profile: &'p Profile, sample: &Sample) -> Self {
        let mut labels = Self::default();
        for label in &sample.labels {
            let key = profile.text(label.key);
            match value(profile, label) {
                Value::Text(text) => labels.texts.entry(key).or_default().push(text),
                Value::Number(number, unit) => {
                    labels.numbers.entry(key).or_default().push((number, unit));
                }
                Value::Nothing => {}
            }
        }
        labels
    }

    /// All texts in one line, as a box of a graph has them.
    pub fn joined(&self) -> String {
        let texts = self.texts.iter().filter(|(key, _)| **key != BASE);
        let pairs =
            texts.flat_map(|(key, values)| values.iter().map(move |v| format!("{key}:{v}")));
        let mut pairs: Vec<String> = pairs.collect();
        pairs.sort();
        pairs.join("\\n")
    }
}

/// Whether a sample was subtracted.
pub fn is_of_base(profile: &Profile, sample: &Sample) -> bool {
    sample.labels.iter().any(|label| {
        profile.text(label.key) == BASE && value(profile, label) == Value::Text("true")
    })
}

/// The unit of each key's numbers: the first that a sample has, or else one that the key suggests. The second list has
/// a sentence for each key with several units.
pub fn units(profile: &Profile) -> (BTreeMap<String, String>, Vec<String>) {
    let mut units: BTreeMap<&str, &str> = BTreeMap::new();
    let mut others: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for label in profile.samples.iter().flat_map(|sample| &sample.labels) {
        if let Value::Number(_, unit) = value(profile, label) {
            let key = profile.text(label.key);
            let known = units.entry(key).or_default();
            if known.is_empty() {
                *known = unit;
            } else if !unit.is_empty() && unit != *known {
                others.entry(key).or_default().insert(unit);
            }
        }
    }
    let told = |(key, other): (&str, BTreeSet<&str>)| {
        let (unit, other) = (units[key], Vec::from_iter(other).join(", "));
        format!("For tag {key} used unit {unit}, also encountered unit(s) {other}")
    };
    let sentences = others.into_iter().map(told).collect();
    let units = units.into_iter().map(|(key, unit)| {
        let unit = match (unit, key) {
            ("", "alignment" | "request") => "bytes",
            ("", key) => key,
            (unit, _) => unit,
        };
        (key.to_owned(), unit.to_owned())
    });
    (units.collect(), sentences)
}
