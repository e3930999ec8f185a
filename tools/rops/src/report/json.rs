//! Reports for programs. Values are in the profile's own unit.

use serde::Serialize;

use anyhow::bail;
use regex::Regex;

use super::top::Inlined;
use super::{Report, Shown, tag_table};

/// What is measured.
#[derive(Debug, Serialize)]
struct Measured<'a> {
    /// Such as `cpu`.
    r#type: &'a str,
    /// The unit of all values, such as `nanoseconds`.
    unit: &'a str,
    /// The sum of all samples.
    total: i64,
}

/// A table of functions.
#[derive(Debug, Serialize)]
struct Table<'a> {
    #[serde(flatten)]
    measured: Measured<'a>,
    /// How many functions were too small to be in it.
    dropped: usize,
    functions: Vec<Function<'a>>,
}

#[derive(Debug, Serialize)]
struct Function<'a> {
    name: &'a str,
    /// What it used itself.
    flat: i64,
    /// The same with what it called.
    cum: i64,
    /// `no`, `partly` or `always`.
    inlined: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    callers: Option<Vec<Call<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    callees: Option<Vec<Call<'a>>>,
}

#[derive(Debug, Serialize)]
struct Call<'a> {
    name: &'a str,
    value: i64,
    inlined: bool,
}

#[derive(Debug, Serialize)]
struct Tags<'a> {
    #[serde(flatten)]
    measured: Measured<'a>,
    keys: Vec<TagKey>,
}

#[derive(Debug, Serialize)]
struct TagKey {
    key: String,
    total: i64,
    values: Vec<TagValue>,
}

#[derive(Debug, Serialize)]
struct TagValue {
    name: String,
    value: i64,
}

impl Report {
    fn measured(&self) -> Measured<'_> {
        Measured {
            r#type: &self.kind,
            unit: &self.unit,
            total: self.total,
        }
    }

    /// The table of [`Report::top`].
    ///
    /// # Errors
    /// Only in serializing, which does not fail.
    pub fn top_json(&self) -> anyhow::Result<String> {
        let places = self.places();
        let shown = self.shown(&places);
        let functions = shown.graph.shown.iter().map(|&node| function(&shown, node));
        self.table(&shown, functions.collect())
    }

    /// The functions of a tree that match, with their callers and callees.
    ///
    /// # Errors
    /// When none matches.
    pub fn peek_json(&self, matching: &Regex) -> anyhow::Result<String> {
        let places = self.places();
        let shown = self.shown(&places);
        let graph = &shown.graph;
        let matched = graph
            .shown
            .iter()
            .filter(|&&node| matching.is_match(graph.name(node)));
        let functions: Vec<Function<'_>> = matched
            .map(|&node| Function {
                callers: Some(calls(&shown, &graph.nodes[node].incoming, true)),
                callees: Some(calls(&shown, &graph.nodes[node].outgoing, false)),
                ..function(&shown, node)
            })
            .collect();
        if functions.is_empty() {
            bail!("no function matches {matching}; `top` shows those that there are");
        }
        self.table(&shown, functions)
    }

    fn table(&self, shown: &Shown<'_, '_>, functions: Vec<Function<'_>>) -> anyhow::Result<String> {
        text(&Table {
            measured: self.measured(),
            dropped: shown.dropped_nodes,
            functions,
        })
    }

    /// What labels say.
    ///
    /// # Errors
    /// Only in serializing, which does not fail.
    pub fn tags_json(&self) -> anyhow::Result<String> {
        let value = |tag_table::Value { name, sum, .. }| TagValue { name, value: sum };
        let keys = self.tag_keys().into_iter().map(|key| TagKey {
            key: key.key,
            total: key.total,
            values: key.values.into_iter().map(value).collect(),
        });
        text(&Tags {
            measured: self.measured(),
            keys: keys.collect(),
        })
    }
}

fn text(value: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_json::to_string_pretty(value)? + "\n")
}

fn function<'a>(shown: &Shown<'a, '_>, node: usize) -> Function<'a> {
    let of = &shown.graph.nodes[node];
    Function {
        name: shown.graph.name(node),
        flat: of.flat.get(),
        cum: of.cum.get(),
        inlined: match Inlined::of(shown, node) {
            Inlined::No => "no",
            Inlined::Partly => "partly",
            Inlined::Always => "always",
        },
        callers: None,
        callees: None,
    }
}

fn calls<'a>(shown: &Shown<'a, '_>, edges: &[usize], are_callers: bool) -> Vec<Call<'a>> {
    let edges = shown.graph.sorted(edges).into_iter();
    let edges = edges.map(|edge| &shown.graph.edges[edge]);
    edges
        .map(|edge| Call {
            name: shown
                .graph
                .name(if are_callers { edge.from } else { edge.to }),
            value: edge.weight.get(),
            inlined: edge.is_inlined,
        })
        .collect()
}
