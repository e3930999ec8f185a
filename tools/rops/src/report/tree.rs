//! Functions with their callers above and their callees below.

use std::fmt::Write as _;

use anyhow::bail;
use regex::Regex;

use super::{Header, Report, Shown};
use crate::units::percentage;

const RULE: &str = "----------------------------------------------------------+-------------\n";
/// With the blanks and tabs that Go's tool has there.
const COLUMNS: &str =
    "      flat  flat%   sum%        cum   cum%   calls calls% + context \t \t \n";

impl Report {
    /// All functions with callers and callees, or those that match.
    ///
    /// # Errors
    /// When none matches.
    pub fn tree(&self, matching: Option<&Regex>) -> anyhow::Result<String> {
        let places = self.places();
        let shown = self.shown(&places);
        let (scale, total) = (&shown.scale, self.total);
        let mut text = Header::of_graph(self, &shown, false).text();
        text += RULE;
        text += COLUMNS;
        let mut sum = 0_i64;
        let mut matched = 0;
        for (node, of) in shown.graph.rows() {
            let name = shown.graph.name(node);
            if matching.is_some_and(|regex| !regex.is_match(name)) {
                continue;
            }
            matched += 1;
            let (flat, cum) = (of.flat.get(), of.cum.get());
            sum = sum.wrapping_add(flat);
            text += RULE;
            edges(&mut text, &shown, &of.incoming, cum, true);
            let _ = writeln!(
                text,
                "{:>10} {} {} {:>10} {}                | {name}",
                scale.text(flat),
                percentage(flat, total),
                percentage(sum, total),
                scale.text(cum),
                percentage(cum, total),
            );
            edges(&mut text, &shown, &of.outgoing, cum, false);
        }
        if !shown.graph.shown.is_empty() {
            text += RULE;
        }
        match matching {
            Some(regex) if matched == 0 => {
                bail!("no function matches {regex}; `top` shows those that there are")
            }
            _ => Ok(text),
        }
    }
}

fn edges(text: &mut String, shown: &Shown<'_, '_>, edges: &[usize], cum: i64, are_callers: bool) {
    for edge in shown.graph.sorted(edges) {
        let edge = &shown.graph.edges[edge];
        // A mean's edges have their sums here, as in Go's tool.
        let weight = edge.weight.value;
        let other = if are_callers { edge.from } else { edge.to };
        let inlined = if edge.is_inlined { " (inline)" } else { "" };
        let _ = writeln!(
            text,
            "{:>50} {} |   {}{inlined}",
            shown.scale.text(weight),
            percentage(weight, cum),
            shown.graph.name(other),
        );
    }
}
