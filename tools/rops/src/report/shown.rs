//! What is large enough to be shown.

use super::{Report, Scale, View};
use crate::graph::{Graph, Node, Order, Sum};
use crate::options::Options;
use crate::places::Places;
use crate::units;

/// How much is left out.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Trim {
    node_count: usize,
    pub node_fraction: f64,
    pub edge_fraction: f64,
}

impl Trim {
    pub fn of(options: &Options, view: View) -> Self {
        let all = matches!(view, View::Peek | View::List | View::Raw | View::Flame);
        if options.no_trim || all {
            return Self::default();
        }
        let usual = if view == View::Top { 0 } else { 80 };
        let asked = options.node_count.filter(|&count| count != -1);
        Self {
            node_count: asked.map_or(usual, |count| usize::try_from(count).unwrap_or(0)),
            node_fraction: options.node_fraction,
            edge_fraction: options.edge_fraction,
        }
    }
}

/// The part of a total, as a value.
pub(super) fn part(total: i64, fraction: f64) -> i64 {
    ((total as f64 * fraction) as i64).wrapping_abs()
}

/// The part of the graph that is shown, and what is not.
#[derive(Debug)]
pub struct Shown<'a, 'p> {
    /// The graph.
    pub graph: Graph<'a, 'p>,
    /// How its values are written.
    pub scale: Scale,
    /// How many nodes there were before their number was limited.
    pub candidates: usize,
    /// How many nodes were too small.
    pub dropped_nodes: usize,
    /// How many edges were too small.
    pub dropped_edges: usize,
}

impl Report {
    /// The graph without what is too small to be shown.
    pub fn shown<'a, 'p>(&'p self, places: &'a Places<'p>) -> Shown<'a, 'p> {
        let is_picture = self.view == View::Graph;
        let order = match (is_picture, self.options.cum) {
            (true, _) => Order::Entropy,
            (false, true) => Order::Cum,
            (false, false) => Order::Flat,
        };
        let sums = self.sums(places);
        let shows = |&(flat, cum): &(Sum, Sum)| self.shows(flat, cum);
        let shown = sums.iter().filter(|sums| shows(sums));
        let total = shown.fold(0_i64, |total, (flat, _)| total.wrapping_add(flat.value));
        let node_cutoff = part(total, self.trim.node_fraction);
        let edge_cutoff = part(total, self.trim.edge_fraction);
        let reaches = |cum: Sum| cum.value.wrapping_abs() >= node_cutoff;
        let kept = sums.iter().map(|sums| shows(sums) && reaches(sums.1));
        let kept: Vec<bool> = kept.collect();
        let mut dropped_nodes = 0;
        if node_cutoff > 0 {
            let is_small = |(sums, kept): &(&(Sum, Sum), &bool)| shows(sums) && !**kept;
            dropped_nodes = sums.iter().zip(&kept).filter(is_small).count();
        }
        let mut graph = self.graph(places, &sums, (dropped_nodes > 0).then_some(&kept[..]));
        let candidates = graph.shown.len();
        graph.sort(order);
        if self.trim.node_count > 0 {
            // Light edges and tags would count where nodes are chosen.
            graph.trim_tags(node_cutoff);
            graph.trim_edges(edge_cutoff);
            let kept = graph.first(self.trim.node_count, is_picture);
            if graph.rows().any(|(node, _)| !kept[node]) {
                graph = self.graph(places, &sums, Some(&kept));
                graph.sort(order);
            }
        }
        graph.trim_tags(node_cutoff);
        let dropped_edges = graph.trim_edges(edge_cutoff);
        if is_picture {
            graph.remove_redundant_edges();
        }
        Shown {
            scale: self.scale_for(&graph),
            graph,
            candidates,
            dropped_nodes,
            dropped_edges,
        }
    }

    /// One unit for all values, in which the smallest one can still be told from nothing.
    fn scale_for(&self, graph: &Graph<'_, '_>) -> Scale {
        let mut scale = self.scale();
        if scale.to != "minimum" || graph.shown.is_empty() {
            return scale;
        }
        let of_node = |node: &Node| match node.flat.get().wrapping_abs() {
            0 => node.cum.get().wrapping_abs(),
            flat => flat,
        };
        let values = graph.rows().map(|(_, node)| of_node(node));
        let least = values
            .filter(|&value| value > 0)
            .min()
            .unwrap_or(self.total);
        let (least, most) = (scale.divided(least), scale.divided(self.total));
        let unit = |value: i64| units::scale(value, &self.unit, "minimum").1;
        let mut best = unit(least);
        if best != unit(most) && least.wrapping_mul(100) < most {
            best = unit(least.wrapping_mul(100));
        }
        scale.to = if best.is_empty() { &self.unit } else { best }.to_owned();
        scale
    }
}
