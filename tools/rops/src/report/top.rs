//! Functions, the most expensive first.

use std::fmt::Write as _;

use super::{Header, Report, Shown};
use crate::units::percentage;

/// Whether calls of a function were inlined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Inlined {
    No,
    Partly,
    Always,
}

impl Inlined {
    pub fn of(shown: &Shown<'_, '_>, node: usize) -> Self {
        let graph = &shown.graph;
        let incoming = graph.nodes[node].incoming.iter();
        let (mut yes, mut no) = (false, false);
        for &edge in incoming {
            yes |= graph.edges[edge].is_inlined;
            no |= !graph.edges[edge].is_inlined;
        }
        match (yes, no) {
            (true, true) => Self::Partly,
            (true, false) => Self::Always,
            (false, _) => Self::No,
        }
    }
}

impl Report {
    /// The table as text.
    pub fn top(&self) -> String {
        let places = self.places();
        let shown = self.shown(&places);
        let (scale, total) = (&shown.scale, self.total);
        let mut text = Header::of_graph(self, &shown, false).text();
        text += "      flat  flat%   sum%        cum   cum%\n";
        let mut sum = 0_i64;
        for (node, of) in shown.graph.rows() {
            let (flat, cum) = (of.flat.get(), of.cum.get());
            sum = sum.wrapping_add(flat);
            let inlined = match Inlined::of(&shown, node) {
                Inlined::No => "",
                Inlined::Partly => " (partial-inline)",
                Inlined::Always => " (inline)",
            };
            let _ = writeln!(
                text,
                "{:>10} {} {} {:>10} {}  {}{inlined}",
                scale.text(flat),
                percentage(flat, total),
                percentage(sum, total),
                scale.text(cum),
                percentage(cum, total),
                shown.graph.name(node),
            );
        }
        text
    }
}
