//! Nodes and edges, from samples.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use profile::Profile;
use profile::proto::Sample;

use super::cores::in_parts;
use super::{Build, Edge, Node, Sum, tags};
use crate::labels::Labels;
use crate::places::Places;

/// What samples come to, or a part of them.
#[derive(Debug)]
pub(super) struct Counts {
    pub nodes: Vec<Node>,
    pub edges: Vec<Edge>,
    /// Edges by caller and callee.
    known: HashMap<(u32, u32), u32, RandomState>,
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

impl Counts {
    /// Of all samples. Rows that are not kept have no sums and no edges.
    pub fn of(
        profile: &Profile,
        places: &Places<'_>,
        build: Build<'_>,
        kept: Option<&[bool]>,
    ) -> Self {
        let is_left_out = places.left_out(kept);
        let of = |part: &[Sample]| {
            let mut counts = Self {
                nodes: vec![Node::default(); places.all.len()],
                edges: Vec::new(),
                known: HashMap::default(),
            };
            counts.count(part, profile, places, build, (kept, &is_left_out));
            counts
        };
        let mut parts = match build.tags {
            // Their sums are by text, and in pictures alone.
            Some(_) => vec![of(&profile.samples)],
            None => in_parts(&profile.samples, of),
        }
        .into_iter();
        let mut all = parts.next().expect("there is at least one part");
        parts.for_each(|part| all.add(part));
        all
    }

    fn count(
        &mut self,
        samples: &[Sample],
        profile: &Profile,
        places: &Places<'_>,
        build: Build<'_>,
        (kept, is_left_out): (Option<&[bool]>, &[bool]),
    ) {
        let mut counted = vec![Counted::default(); self.nodes.len()];
        for (sample, number) in samples.iter().zip(1_u32..) {
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
                            labels.add(&mut self.nodes[node].tags, sum, false);
                        }
                    }
                    if let Some(parent) = parent
                        && parent != row
                    {
                        // Callers count from 1, so that none is known at first.
                        if of.caller != parent + 1 {
                            of.caller = parent + 1;
                            of.edge = self.edge(parent, row);
                        }
                        let edge = &mut self.edges[of.edge as usize];
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
                let leaf = &mut self.nodes[leaf as usize];
                leaf.flat.add(sum);
                if let Some(labels) = &labels {
                    labels.add(&mut leaf.tags, sum, true);
                }
            }
        }
        for (node, counted) in self.nodes.iter_mut().zip(counted) {
            node.cum = counted.cum;
        }
    }

    /// The edge from a caller to a callee; a new one has nothing yet.
    fn edge(&mut self, from: u32, to: u32) -> u32 {
        let (nodes, edges) = (&mut self.nodes, &mut self.edges);
        *self.known.entry((from, to)).or_insert_with(|| {
            let (from, to) = (from as usize, to as usize);
            let edge = edges.len();
            edges.push(Edge {
                from,
                to,
                weight: Sum::default(),
                is_residual: false,
                is_inlined: true,
                seen: 0,
            });
            nodes[from].outgoing.push(edge);
            nodes[to].incoming.push(edge);
            edge as u32
        })
    }

    /// What other samples come to, without tags.
    fn add(&mut self, other: Self) {
        for (node, other) in self.nodes.iter_mut().zip(other.nodes) {
            node.flat.add(other.flat);
            node.cum.add(other.cum);
        }
        for other in other.edges {
            let edge = self.edge(other.from as u32, other.to as u32);
            let edge = &mut self.edges[edge as usize];
            edge.weight.add(other.weight);
            edge.is_residual |= other.is_residual;
            edge.is_inlined &= other.is_inlined;
        }
    }
}
