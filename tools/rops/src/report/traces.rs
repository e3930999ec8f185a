//! Every sample with its stack.

use std::fmt::Write as _;

use super::{Header, Report};
use crate::labels::Labels;
use crate::places::Places;
use crate::units;

const RULE: &str = "-----------+-------------------------------------------------------\n";

impl Report {
    /// All samples as text.
    pub fn traces(&self) -> String {
        let scale = self.scale();
        let mut text = Header::of_profile(self, &scale).text();
        let places = Places::of(&self.profile, false);
        for sample in &self.profile.samples {
            if sample.location_ids.is_empty() {
                continue;
            }
            text += RULE;
            let labels = Labels::of(&self.profile, sample);
            let texts = labels.texts.iter();
            let texts = texts.map(|(key, values)| format!("{key:>10}:  {}\n", values.join(" ")));
            text.extend(sorted(texts));
            let numbers = labels.numbers.iter().map(|(key, values)| {
                let unit = self.label_units.get(*key).map_or("", String::as_str);
                let values = values.iter();
                let values = values.map(|(value, _)| units::label(*value, unit, "auto"));
                format!("{key:>10}:  {}\n", Vec::from_iter(values).join(" "))
            });
            text.extend(sorted(numbers));

            let mut value = scale.text(self.values.of(&sample.values).get());
            for &location in &sample.location_ids {
                let rows = places.of_location(location);
                for (line, &row) in rows.iter().enumerate() {
                    let inlined = if line + 1 == rows.len() {
                        ""
                    } else {
                        " (inline)"
                    };
                    let name = &places.names[row as usize];
                    let _ = writeln!(text, "{value:>10}   {name}{inlined}");
                    value.clear();
                }
            }
        }
        text += RULE;
        text
    }
}

fn sorted(lines: impl Iterator<Item = String>) -> Vec<String> {
    let mut lines: Vec<String> = lines.collect();
    lines.sort();
    lines
}
