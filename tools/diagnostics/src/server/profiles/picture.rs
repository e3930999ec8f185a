//! A profile as a flame graph.

use std::collections::BTreeMap;

use inferno::flamegraph::{self, Options};
use profile::Profile;

/// What is drawn.
pub(super) struct Picture<'a> {
    pub(super) title: &'a str,
    /// Which of a sample's values, by its place among the profile's sample types.
    pub(super) value: usize,
    /// How its sums are printed: multiplied, and with this unit.
    pub(super) factor: f64,
    pub(super) unit: &'a str,
    /// The sentence in place of a graph without samples.
    pub(super) nothing: &'a str,
}

impl Picture<'_> {
    /// An SVG, with the script that zooms and searches. What is below zero, in a difference, is left out.
    pub(super) fn draw(&self, profile: &Profile) -> Result<Vec<u8>, String> {
        let stacks = folded(profile, self.value);
        if stacks.is_empty() {
            // inferno refuses to draw nothing.
            return Ok(format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"40\"><text x=\"10\" y=\"25\">{}</text></svg>\n",
                self.nothing
            )
            .into_bytes());
        }
        let mut options = Options::default();
        options.title = self.title.into();
        options.count_name = self.unit.into();
        options.factor = self.factor;
        options.deterministic = true;
        let lines: Vec<_> = stacks
            .iter()
            .map(|(stack, value)| format!("{stack} {value}"))
            .collect();
        let mut svg = Vec::new();
        flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)
            .map_err(|error| format!("cannot draw the flame graph: {error}"))?;
        Ok(svg)
    }
}

/// The value of each stack, its frames joined by semicolons: the label's text if there is one, functions from the
/// outermost to the innermost.
fn folded(profile: &Profile, value: usize) -> BTreeMap<String, i64> {
    let mut stacks = BTreeMap::new();
    for sample in &profile.samples {
        let label = sample.labels.first();
        let label = label.map(|label| one_frame(profile.text(label.text)));
        let mut frames = Vec::from_iter(label);
        let locations = sample.location_ids.iter().rev();
        for location in locations.filter_map(|&id| profile.location(id)) {
            if location.lines.is_empty() {
                frames.push(unnamed(profile, location.mapping_id, location.address));
            }
            let functions = location.lines.iter().rev();
            let functions = functions.filter_map(|line| profile.function(line.function_id));
            frames.extend(functions.map(|function| one_frame(profile.text(function.name))));
        }
        if let Some(value) = sample.values.get(value) {
            *stacks.entry(frames.join(";")).or_default() += value;
        }
    }
    stacks.retain(|_, value| *value > 0);
    stacks
}

/// Names of Rust have semicolons, as in `[u8; 32]`, which separate frames here.
fn one_frame(name: &str) -> String {
    name.replace(';', ":")
}

fn unnamed(profile: &Profile, mapping: u64, address: u64) -> String {
    let file = profile
        .mapping(mapping)
        .map_or("", |mapping| profile.text(mapping.file));
    let file = file.rsplit('/').next().unwrap_or_default();
    if file.is_empty() {
        format!("{address:#x}")
    } else {
        format!("[{}]", one_frame(file.trim_matches(['[', ']'])))
    }
}
