//! Who calls whom, and what it costs: the model that all reports are made from.

mod order;
mod tags;
mod trim;

pub use order::Order;
pub(crate) use tags::sort as sort_tags;
pub use tags::{Tag, Tags};
pub(crate) use trim::MOST_TAGS;

use std::collections::HashMap;

use foldhash::fast::RandomState;
use profile::Profile;

use crate::labels::Labels;
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
    /// The sample that it was counted in last.
    seen: u32,
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

/// What each row used itself, and together with what it called.
pub fn sums(profile: &Profile, places: &Places<'_>, values: Values) -> Vec<(Sum, Sum)> {
    #[derive(Clone, Default)]
    struct Row {
        sums: (Sum, Sum),
        seen: u32,
    }
    let mut rows = vec![Row::default(); places.all.len()];
    for (sample, number) in profile.samples.iter().zip(1_u32..) {
        let sum = values.of(&sample.values);
        let mut leaf = None;
        for &location in sample.location_ids.iter().rev() {
            for &row in places.of_location(location).iter().rev() {
                let of = &mut rows[row as usize];
                if of.seen != number {
                    of.seen = number;
                    of.sums.1.add(sum);
                }
                leaf = Some(row);
            }
        }
        if let Some(leaf) = leaf {
            rows[leaf as usize].sums.0.add(sum);
        }
    }
    rows.into_iter().map(|row| row.sums).collect()
}

/// What is known of a node while samples are counted.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    cum: Sum,
    /// The sample that it was counted in last: in recursion it counts once.
    seen: u32,
    /// Its last caller and the edge from there; most often the next caller is the same.
    caller: u32,
    edge: u32,
}

impl<'a, 'p> Graph<'a, 'p> {
    /// The graph of all nodes, or of those that are kept.
    pub fn new(
        profile: &'p Profile,
        places: &'a Places<'p>,
        build: Build<'_>,
        kept: Option<&[bool]>,
    ) -> Self {
        let count = places.all.len();
        let mut graph = Self {
            places,
            nodes: vec![Node::default(); count],
            shown: Vec::new(),
            edges: Vec::new(),
        };
        let is_left_out = places.left_out(kept);
        let mut counted = vec![Counted::default(); count];
        let mut edges: HashMap<(u32, u32), u32, RandomState> = HashMap::default();
        for (sample, number) in profile.samples.iter().zip(1_u32..) {
            let sum = build.values.of(&sample.values);
            if sum == Sum::default() {
                continue;
            }
            let labels = build
                .tags
                .map(|format| tags::OfSample::new(&Labels::of(profile, sample), format));
            let mut parent = None;
            let mut is_residual = false;
            for &location in sample.location_ids.iter().rev() {
                if is_left_out[location as usize - 1] {
                    is_residual = true;
                    continue;
                }
                let rows = places.of_location(location);
                for (line, &row) in rows.iter().enumerate().rev() {
                    let node = row as usize;
                    if kept.is_some_and(|kept| !kept[node]) {
                        is_residual = true;
                        continue;
                    }
                    let of = &mut counted[node];
                    if of.seen != number {
                        of.seen = number;
                        of.cum.add(sum);
                        if let Some(labels) = &labels {
                            labels.add(&mut graph.nodes[node].tags, sum, false);
                        }
                    }
                    if let Some(parent) = parent
                        && parent != row
                    {
                        // Callers count from 1, so that none is known at first.
                        if of.caller != parent + 1 {
                            of.caller = parent + 1;
                            let new = || graph.edge(parent as usize, node);
                            of.edge = *edges.entry((parent, row)).or_insert_with(new);
                        }
                        let edge = &mut graph.edges[of.edge as usize];
                        if edge.seen != number {
                            edge.seen = number;
                            edge.weight.add(sum);
                            edge.is_residual |= is_residual;
                            edge.is_inlined &= line + 1 != rows.len();
                        }
                    }
                    parent = Some(row);
                    is_residual = false;
                }
            }
            if let Some(leaf) = parent
                && !is_residual
            {
                let leaf = &mut graph.nodes[leaf as usize];
                leaf.flat.add(sum);
                if let Some(labels) = &labels {
                    labels.add(&mut leaf.tags, sum, true);
                }
            }
        }
        for (node, counted) in graph.nodes.iter_mut().zip(counted) {
            node.cum = counted.cum;
        }
        let is_shown = |node: &usize| {
            let node = &graph.nodes[*node];
            build.shows(node.flat, node.cum)
        };
        graph.shown = (0..count).filter(is_shown).collect();
        graph
    }

    fn edge(&mut self, from: usize, to: usize) -> u32 {
        let edge = self.edges.len();
        self.edges.push(Edge {
            from,
            to,
            weight: Sum::default(),
            is_residual: false,
            is_inlined: true,
            seen: 0,
        });
        self.nodes[from].outgoing.push(edge);
        self.nodes[to].incoming.push(edge);
        edge as u32
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
