//! What the page shows beside pictures: the reports as tables. Their figures are those of the texts.

use regex::Regex;
use serde::Serialize;

use super::amount::Amount;
use super::tag_table::{Key, Value};
use super::top::Inlined;
use super::{Header, Report, Shown};

/// Functions, with what was left out.
#[derive(Debug, Serialize)]
pub struct Functions {
    /// What there is to say about the whole report.
    pub lines: Vec<String>,
    /// The functions.
    pub functions: Vec<Function>,
}

/// A function of a table.
#[derive(Debug, Serialize)]
pub struct Function {
    name: String,
    flat: Amount,
    /// The part of all up to here.
    #[serde(skip_serializing_if = "String::is_empty")]
    sum: String,
    cum: Amount,
    inlined: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    callers: Vec<Call>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    callees: Vec<Call>,
}

#[derive(Debug, Serialize)]
struct Call {
    name: String,
    /// Its part is that of the function that it calls, or that calls it.
    amount: Amount,
    inlined: &'static str,
}

/// The labels of one key.
#[derive(Debug, Serialize)]
pub struct Tag {
    key: String,
    total: Amount,
    values: Vec<TagValue>,
}

#[derive(Debug, Serialize)]
struct TagValue {
    name: String,
    amount: Amount,
    /// What leaves these samples alone, as `--tag-focus` takes it.
    focus: String,
}

impl Report {
    /// The table of [`Report::top`].
    pub fn top_table(&self) -> Functions {
        let places = self.places();
        let shown = self.shown(&places);
        let mut sum = 0_i64;
        let functions = shown.graph.shown.iter().map(|&node| {
            let function = self.function(&shown, node);
            sum = sum.wrapping_add(function.flat.value);
            Function {
                sum: self.amount(sum).part,
                ..function
            }
        });
        Functions {
            functions: functions.collect(),
            lines: Header::of_graph(self, &shown, false).lines,
        }
    }

    /// The functions that match, with their callers and callees.
    pub fn peek_table(&self, matching: &Regex) -> Functions {
        let places = self.places();
        let shown = self.shown(&places);
        let all = shown.graph.shown.iter();
        let matching = all.filter(|&&node| matching.is_match(shown.graph.name(node)));
        let functions = matching.map(|&node| Function {
            callers: calls(&shown, node, true),
            callees: calls(&shown, node, false),
            ..self.function(&shown, node)
        });
        Functions {
            functions: functions.collect(),
            lines: Header::of_graph(self, &shown, false).lines,
        }
    }

    /// What labels say.
    pub fn tags_table(&self) -> Vec<Tag> {
        let scale = self.scale();
        let tag = |key: Key| {
            let value = |value: Value| TagValue {
                amount: Amount::new(value.sum, key.total, &scale),
                focus: self.tag_focus(&key.key, &value),
                name: value.name,
            };
            Tag {
                total: self.amount(key.total),
                values: key.values.into_iter().map(value).collect(),
                key: key.key.clone(),
            }
        };
        self.tag_keys().into_iter().map(tag).collect()
    }

    fn tag_focus(&self, key: &str, value: &Value) -> String {
        let unit = self.label_units.get(key).map_or("", String::as_str);
        match value.numbers {
            Some((least, most)) => format!("{key}={least}{unit}:{most}{unit}"),
            // A comma would begin another expression.
            None => format!(
                "{key}=^{}$",
                regex::escape(&value.name).replace(',', r"\x2c")
            ),
        }
    }

    fn function(&self, shown: &Shown<'_, '_>, node: usize) -> Function {
        let of = &shown.graph.nodes[node];
        let amount = |value| Amount::new(value, self.total, &shown.scale);
        Function {
            name: shown.graph.name(node).to_owned(),
            flat: amount(of.flat.get()),
            cum: amount(of.cum.get()),
            inlined: match Inlined::of(shown, node) {
                Inlined::No => "",
                Inlined::Partly => "partly inlined",
                Inlined::Always => "inlined",
            },
            sum: String::new(),
            callers: Vec::new(),
            callees: Vec::new(),
        }
    }
}

fn calls(shown: &Shown<'_, '_>, node: usize, are_callers: bool) -> Vec<Call> {
    let of = &shown.graph.nodes[node];
    let edges = if are_callers {
        &of.incoming
    } else {
        &of.outgoing
    };
    let edges = shown.graph.sorted(edges).into_iter();
    let edges = edges.map(|edge| &shown.graph.edges[edge]);
    let amount = |value| Amount::new(value, of.cum.get(), &shown.scale);
    let call = |edge: &crate::graph::Edge| {
        let other = if are_callers { edge.from } else { edge.to };
        Call {
            name: shown.graph.name(other).to_owned(),
            amount: amount(edge.weight.get()),
            inlined: if edge.is_inlined { "inlined" } else { "" },
        }
    };
    edges.map(call).collect()
}
