//! Sources with what each of their lines uses.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::bail;
use regex::Regex;

use super::Report;
use crate::graph::{Graph, Sum};
use crate::source::Sources;
use crate::units::percentage;

/// Lines that are shown around those with samples.
const AROUND: i64 = 5;

impl Report {
    /// The sources of all functions whose name matches.
    ///
    /// # Errors
    /// When none matches.
    pub fn list(&self, matching: &Regex) -> anyhow::Result<String> {
        let places = self.places();
        let graph = self.graph(&places, None);
        let mut functions: BTreeMap<&str, BTreeMap<&str, Vec<usize>>> = BTreeMap::new();
        for &node in &graph.shown {
            let place = &places.all[node];
            if matching.is_match(&place.name) {
                let files = functions.entry(&place.name).or_default();
                files.entry(&place.file).or_default().push(node);
            }
        }
        if functions.is_empty() {
            bail!("no function matches {matching}; `top` shows those that there are");
        }
        let options = &self.options;
        let sources = Sources::new(options.source_path.as_deref(), options.trim_path.as_deref());
        let mut text = format!("Total: {}\n", self.scale().text(self.total));
        for (name, files) in functions {
            let mut known = files.iter().filter(|(file, _)| !file.is_empty()).peekable();
            if known.peek().is_none() {
                let _ = writeln!(text, "No source information for {name}");
            }
            for (file, nodes) in known {
                self.one(&mut text, &graph, &sources, (name, file), nodes);
            }
        }
        Ok(text)
    }

    fn one(
        &self,
        text: &mut String,
        graph: &Graph<'_, '_>,
        sources: &Sources,
        (name, file): (&str, &str),
        nodes: &[usize],
    ) {
        let scale = self.scale();
        let (mut flat, mut cum) = (Sum::default(), Sum::default());
        let mut lines: BTreeMap<i64, (Sum, Sum)> = BTreeMap::new();
        let (mut start, mut end) = (i64::MAX, i64::MIN);
        for &node in nodes {
            let (place, node) = (&graph.places.all[node], &graph.nodes[node]);
            flat.add(node.flat);
            cum.add(node.cum);
            let line = lines.entry(place.line).or_default();
            line.0.add(node.flat);
            line.1.add(node.cum);
            let first = match place.start_line {
                0 => place.line.saturating_sub(AROUND),
                line => line,
            };
            start = start.min(first);
            end = end.max(place.line.saturating_add(AROUND));
        }
        let _ = writeln!(text, "ROUTINE ======================== {name} in {file}");
        let _ = writeln!(
            text,
            "{:>10} {:>10} (flat, cum) {} of Total",
            scale.text(flat.value),
            scale.text(cum.value),
            percentage(cum.value, self.total)
        );
        let source = match sources.lines(file) {
            Ok(source) => source,
            Err(sentence) => {
                let _ = writeln!(text, " Error: {sentence}");
                return;
            }
        };
        let numbered = source.iter().zip(1..);
        for (source, number) in numbered.filter(|(_, number)| (start..=end).contains(number)) {
            let (flat, cum) = lines.get(&number).copied().unwrap_or_default();
            let (flat, cum) = (scale.text_or_dot(flat.value), scale.text_or_dot(cum.value));
            let _ = writeln!(text, "{flat:>10} {cum:>10} {number:>6}:{source}");
        }
    }
}
