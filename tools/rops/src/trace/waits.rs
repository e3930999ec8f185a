//! Where spans wait: the time in which they were open, and nobody worked in them or was ready to.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use serde::Serialize;
use terminal::grouped;

use super::amounts::{Amounts, time};
use super::model::{Time, Trace};
use super::names::Name;
use super::parts::Kind;
use super::table::Table;

/// Where spans wait, by the spans that are open then.
#[derive(Debug, Serialize)]
pub struct Waits {
    /// The longest all together first.
    pub waits: Vec<Wait>,
}

/// Waiting inside of the same spans.
#[derive(Debug, Serialize)]
pub struct Wait {
    /// The spans, the outermost first; that is the request with its route.
    pub stack: Vec<String>,
    /// Where the innermost one stands in the source.
    pub at: String,
    /// How often, and how long.
    pub length: Amounts,
    /// How often.
    pub count: u64,
}

impl Trace {
    /// Where requests wait.
    #[must_use]
    pub fn waits(&self) -> Waits {
        let mut waits: BTreeMap<Vec<(Name, Name)>, Amounts> = BTreeMap::new();
        for request in &self.requests {
            for part in self.parts(request, Time::ALL) {
                if let Kind::Waiting { span } = part.kind {
                    let stack = self.call_sites(span);
                    waits.entry(stack).or_default().add(part.time.length());
                }
            }
        }
        let finish = |(stack, mut length): (Vec<(Name, Name)>, Amounts)| {
            length.sort();
            let names = stack.iter().rev();
            let innermost = stack.first().map_or(Name::EMPTY, |&(_, at)| at);
            Wait {
                stack: names.map(|&(name, _)| self.text(name).to_owned()).collect(),
                at: self.text(innermost).to_owned(),
                count: length.count() as u64,
                length,
            }
        };
        let mut waits: Vec<_> = waits.into_iter().map(finish).collect();
        waits.sort_by_key(|wait| Reverse(wait.length.total()));
        Waits { waits }
    }

    /// The names and places of a span and those around it, the innermost first.
    fn call_sites(&self, mut span: u32) -> Vec<(Name, Name)> {
        let mut sites = Vec::new();
        while let Some(known) = self.spans.get(span as usize) {
            sites.push((known.name, known.at));
            span = known.outer;
        }
        sites
    }
}

impl Waits {
    /// As a table.
    #[must_use]
    pub fn text(&self) -> String {
        if self.waits.is_empty() {
            return "No span of a request has waited in this trace.\n".into();
        }
        let head = ["waited", "times", "p50", "p99", "max", "in", "at"];
        let mut table = Table::new(head, 2);
        for wait in &self.waits {
            let [p50, p99, max] = wait.length.texts();
            table.row([
                time(wait.length.total()),
                grouped(wait.count),
                p50,
                p99,
                max,
                wait.stack.join(" > "),
                wait.at.clone(),
            ]);
        }
        table.text()
    }
}
