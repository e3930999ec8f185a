//! Sources with what each of their lines uses.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::bail;
use regex::Regex;
use serde::Serialize;

use super::Report;
use super::amount::Amount;
use crate::graph::{Graph, Sum};
use crate::source::Sources;

/// Lines that are shown around those with samples.
const AROUND: i64 = 5;

/// A function's source.
#[derive(Debug, Serialize)]
pub struct Routine {
    name: String,
    file: String,
    flat: Amount,
    cum: Amount,
    /// The lines, from the function's first one to the last one with a sample and some more.
    lines: Vec<Line>,
    /// Why there are none.
    problem: Option<String>,
}

#[derive(Debug, Serialize)]
struct Line {
    number: i64,
    flat: Amount,
    cum: Amount,
    source: String,
}

impl Report {
    /// The sources of all functions whose name matches.
    ///
    /// # Errors
    /// When none matches.
    pub fn list(&self, matching: &Regex) -> anyhow::Result<String> {
        let mut text = format!("Total: {}\n", self.scale().text(self.total));
        for routine in self.routines(matching)? {
            routine.write(&mut text);
        }
        Ok(text)
    }

    /// The same as values.
    ///
    /// # Errors
    /// When none matches.
    pub fn routines(&self, matching: &Regex) -> anyhow::Result<Vec<Routine>> {
        let places = self.places();
        let graph = self.graph(&places, &self.sums(&places), None);
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
        let mut routines = Vec::new();
        for (name, mut files) in functions {
            if files.len() > 1 {
                files.remove("");
            }
            for (file, nodes) in files {
                routines.push(self.routine(&graph, &sources, (name, file), &nodes));
            }
        }
        Ok(routines)
    }

    fn routine(
        &self,
        graph: &Graph<'_, '_>,
        sources: &Sources,
        (name, file): (&str, &str),
        nodes: &[usize],
    ) -> Routine {
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
        let mut routine = Routine {
            name: name.to_owned(),
            file: file.to_owned(),
            flat: self.amount(flat.value),
            cum: self.amount(cum.value),
            lines: Vec::new(),
            problem: None,
        };
        if file.is_empty() {
            return routine;
        }
        match sources.lines(file) {
            Ok(source) => {
                let numbered = source.into_iter().zip(1..);
                let inside = numbered.filter(|(_, number)| (start..=end).contains(number));
                let line = |(source, number)| {
                    let (flat, cum) = lines.get(&number).copied().unwrap_or_default();
                    Line {
                        number,
                        flat: self.amount(flat.value),
                        cum: self.amount(cum.value),
                        source,
                    }
                };
                routine.lines = inside.map(line).collect();
            }
            Err(sentence) => routine.problem = Some(sentence),
        }
        routine
    }
}

impl Routine {
    fn write(&self, text: &mut String) {
        let Self {
            name,
            file,
            flat,
            cum,
            ..
        } = self;
        if file.is_empty() {
            let _ = writeln!(text, "No source information for {name}");
            return;
        }
        let _ = writeln!(text, "ROUTINE ======================== {name} in {file}");
        let _ = writeln!(
            text,
            "{:>10} {:>10} (flat, cum) {:>6} of Total",
            flat.text, cum.text, cum.part
        );
        if let Some(problem) = &self.problem {
            let _ = writeln!(text, " Error: {problem}");
        }
        let dotted = |amount: &Amount| match amount.value {
            0 => ".".to_owned(),
            _ => amount.text.clone(),
        };
        for line in &self.lines {
            let (flat, cum) = (dotted(&line.flat), dotted(&line.cum));
            let _ = writeln!(
                text,
                "{flat:>10} {cum:>10} {:>6}:{}",
                line.number, line.source
            );
        }
    }
}
