//! A profile as a flame graph.

use std::collections::BTreeMap;

use inferno::flamegraph::{self, Options};
use profile::Profile;

use crate::cpu::Facts;

/// An SVG, with the script that zooms and searches.
pub(super) fn flamegraph(profile: &Profile, facts: &Facts) -> Result<Vec<u8>, String> {
    let mut options = Options::default();
    options.title = format!(
        "CPU, {:.0} s at {} Hz",
        facts.duration.as_secs_f64(),
        facts.hz
    );
    options.count_name = "ms".into();
    // The stacks have nanoseconds.
    options.factor = 1e-6;
    options.deterministic = true;
    let stacks = folded(profile);
    if stacks.is_empty() {
        // inferno refuses to draw nothing.
        return Ok(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"900\" height=\"40\"><text x=\"10\" y=\"25\">No samples: the \
             process used {:.3} s of processor time meanwhile. Put load on it, and ask again.</text></svg>\n",
            facts.process.as_secs_f64()
        )
        .into_bytes());
    }
    let lines: Vec<_> = stacks
        .iter()
        .map(|(stack, nanoseconds)| format!("{stack} {nanoseconds}"))
        .collect();
    let mut svg = Vec::new();
    flamegraph::from_lines(&mut options, lines.iter().map(String::as_str), &mut svg)
        .map_err(|error| format!("cannot draw the flame graph: {error}"))?;
    Ok(svg)
}

/// Nanoseconds of each stack, its frames joined by semicolons: thread, functions from the outermost to the innermost.
fn folded(profile: &Profile) -> BTreeMap<String, i64> {
    let mut stacks = BTreeMap::new();
    for sample in &profile.samples {
        let thread = sample
            .labels
            .first()
            .map_or("", |label| profile.text(label.text));
        let mut frames = vec![one_frame(thread)];
        let locations = sample.location_ids.iter().rev();
        for location in locations.filter_map(|&id| profile.location(id)) {
            if location.lines.is_empty() {
                frames.push(unnamed(profile, location.mapping_id, location.address));
            }
            let functions = location.lines.iter().rev();
            let functions = functions.filter_map(|line| profile.function(line.function_id));
            frames.extend(functions.map(|function| one_frame(profile.text(function.name))));
        }
        if let Some(nanoseconds) = sample.values.last() {
            *stacks.entry(frames.join(";")).or_default() += nanoseconds;
        }
    }
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
