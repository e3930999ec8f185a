//! Who calls whom, and what it costs: the model that all reports are made from.

mod calls;
mod order;
mod sums;
mod tags;
mod trim;

pub use order::Order;
pub use sums::sums;
pub(crate) use tags::sort as sort_tags;
pub use tags::{Tag, Tags};
pub(crate) use trim::MOST_TAGS;

use profile::Profile;

use crate::places::Places;

/// How samples become numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Values {
    /// Which value of a sample counts.
    pub index: usize,
    /// Whether sums are divided by the sum of the first value.
    pub mean: bool,
}

impl Values {
    /// The value, and what to divide by (0 for nothing).
    pub fn of(self, values: &[i64]) -> Sum {
        let divisor = if self.mean { values[0] } else { 0 };
        Sum {
            value: values[self.index],
            divisor,
        }
    }
}

/// A sum of values, perhaps to be divided by that of others. Sums wrap around, as Go's do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// The sum.
    pub value: i64,
    /// What it is divided by; 0 for nothing.
    pub divisor: i64,
}

impl Sum {
    /// Adds another one.
    pub fn add(&mut self, other: Self) {
        self.value = self.value.wrapping_add(other.value);
        self.divisor = self.divisor.wrapping_add(other.divisor);
    }

    /// The sum, or the mean.
    pub fn get(self) -> i64 {
        if self.divisor == 0 {
            self.value
        } else {
            self.value.wrapping_div(self.divisor)
        }
    }
}

/// A row: what it used itself, and together with what it called.
#[derive(Debug, Clone, Default)]
pub struct Node {
    /// Itself.
    pub flat: Sum,
    /// With what it called.
    pub cum: Sum,
    /// The edges that lead to it.
    pub incoming: Vec<usize>,
    /// The edges that lead away from it.
    pub outgoing: Vec<usize>,
    /// What the labels of its samples say, where that was asked for.
    pub tags: Tags,
}

/// Calls from one row to another.
#[derive(Debug, Clone)]
pub struct Edge {
    /// The caller.
    pub from: usize,
    /// The callee.
    pub to: usize,
    /// What the calls cost.
    pub weight: Sum,
    /// There is something in between that is not shown.
    pub is_residual: bool,
    /// All of the calls were inlined.
    pub is_inlined: bool,
}

/// The graph of a profile. Nodes are known by the numbers of their places.
#[derive(Debug)]
pub struct Graph<'a, 'p> {
    /// What the nodes are.
    pub places: &'a Places<'p>,
    /// All nodes, and also those that are not shown.
    pub nodes: Vec<Node>,
    /// The nodes that are shown, in their order.
    pub shown: Vec<usize>,
    /// All edges; nodes know which of them are left.
    pub edges: Vec<Edge>,
}

/// How a graph is made.
#[derive(Debug, Clone, Copy)]
pub struct Build<'a> {
    /// How samples become numbers.
    pub values: Values,
    /// Leave out nodes that are negative.
    pub drop_negative: bool,
    /// Formats numbers in labels; without it there are no tags.
    pub tags: Option<&'a dyn TagFormat>,
}

impl Build<'_> {
    /// Whether a node with these values is shown.
    pub fn shows(&self, flat: Sum, cum: Sum) -> bool {
        let (flat, cum) = (flat.value, cum.value);
        let is_negative = flat < 0 || flat == 0 && cum < 0;
        (flat, cum) != (0, 0) && !(self.drop_negative && is_negative)
    }
}

/// Writes a number of a label.
pub trait TagFormat: std::fmt::Debug {
    /// The unit of all numbers.
    fn unit(&self) -> &str;
    /// The number with its unit.
    fn text(&self, value: i64) -> String;
}

impl<'a, 'p> Graph<'a, 'p> {
    /// The graph of all nodes, or of those that are kept. `sums` are those of all ([`sums`]).
    pub fn new(
        profile: &'p Profile,
        places: &'a Places<'p>,
        build: Build<'_>,
        sums: &[(Sum, Sum)],
        kept: Option<&[bool]>,
    ) -> Self {
        let edges = calls::between(profile, places, build.values, kept);
        let node = |(row, &(flat, cum)): (usize, &(Sum, Sum))| match kept {
            Some(kept) if !kept[row] => Node::default(),
            _ => Node {
                flat,
                cum,
                ..Node::default()
            },
        };
        let mut nodes: Vec<Node> = sums.iter().enumerate().map(node).collect();
        for (number, edge) in edges.iter().enumerate() {
            nodes[edge.from].outgoing.push(number);
            nodes[edge.to].incoming.push(number);
        }
        if let Some(format) = build.tags {
            tags::count(&mut nodes, profile, places, (build.values, format), kept);
        }
        let is_shown = |node: &usize| {
            let node: &Node = &nodes[*node];
            build.shows(node.flat, node.cum)
        };
        Self {
            places,
            shown: (0..nodes.len()).filter(is_shown).collect(),
            nodes,
            edges,
        }
    }

    /// The nodes that are shown.
    pub fn rows(&self) -> impl DoubleEndedIterator<Item = (usize, &Node)> {
        self.shown.iter().map(|&node| (node, &self.nodes[node]))
    }

    /// How a node is written in one line.
    pub fn name(&self, node: usize) -> &'a str {
        &self.places.names[node]
    }

    /// The sum of what all shown nodes used themselves.
    pub fn total(&self) -> i64 {
        let flat = self.rows().map(|(_, node)| node.flat.get());
        flat.fold(0, i64::wrapping_add)
    }
}
