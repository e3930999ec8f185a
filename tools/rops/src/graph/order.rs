//! The order of nodes and edges.

use std::cmp::{Ordering, Reverse};

use super::{Graph, Node};

/// What nodes are sorted by, the largest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// What they used themselves.
    Flat,
    /// What they used together with what they called.
    Cum,
    /// How much a picture loses without them.
    Entropy,
}

impl Graph<'_, '_> {
    /// Sorts what is shown.
    pub fn sort(&mut self, order: Order) {
        let mut shown = std::mem::take(&mut self.shown);
        let score = |&node: &usize| {
            let of = &self.nodes[node];
            let score = match order {
                Order::Flat => of.flat.value,
                Order::Cum => of.cum.value,
                Order::Entropy => self.entropy_score(of),
            };
            // What decides next: the other one of the two values.
            let then = match order {
                Order::Flat => of.cum.value,
                Order::Cum | Order::Entropy => of.flat.value,
            };
            (score.wrapping_abs(), then.wrapping_abs(), node)
        };
        let mut scored: Vec<_> = shown.iter().map(score).collect();
        scored.sort_unstable_by(|one, other| {
            let by_value = Reverse(one.0).cmp(&Reverse(other.0));
            let by_name = || self.name(one.2).cmp(self.name(other.2));
            by_value
                .then_with(by_name)
                .then_with(|| Reverse(one.1).cmp(&Reverse(other.1)))
                .then_with(|| self.last_resort(one.2, other.2))
        });
        shown.clear();
        shown.extend(scored.into_iter().map(|(_, _, node)| node));
        self.shown = shown;
    }

    fn last_resort(&self, one: usize, other: usize) -> Ordering {
        let text = |node: usize| self.places.all[node].last_resort();
        text(one).cmp(&text(other))
    }

    /// Edges, the heaviest first.
    pub fn sorted(&self, edges: &[usize]) -> Vec<usize> {
        let mut edges = edges.to_vec();
        edges.sort_by(|&one, &other| {
            let (one, other) = (&self.edges[one], &self.edges[other]);
            let weight = |edge: &super::Edge| Reverse(edge.weight.value.wrapping_abs());
            weight(one)
                .cmp(&weight(other))
                .then_with(|| self.name(one.from).cmp(self.name(other.from)))
                .then_with(|| self.name(one.to).cmp(self.name(other.to)))
        });
        edges
    }

    /// A node that only passes on what it was called for says little; one where ways meet or part says much.
    fn entropy_score(&self, node: &Node) -> i64 {
        let mut score = 0.0;
        for (edges, own) in [(&node.incoming, 0), (&node.outgoing, node.flat.value)] {
            score += if edges.is_empty() {
                1.0
            } else {
                self.entropy(edges, own)
            };
        }
        let score = score * node.cum.value as f64;
        // With edges of both signs there may be no number; it sorts where Go's tool has it on x86-64.
        let score = if score.is_nan() {
            i64::MIN
        } else {
            score as i64
        };
        score.wrapping_add(node.flat.value)
    }

    /// How evenly the weight is spread over the edges and the node itself, in bits.
    fn entropy(&self, edges: &[usize], own: i64) -> f64 {
        let weights = edges.iter().map(|&edge| self.edges[edge].weight.value);
        let positive = weights.clone().filter(|&weight| weight > 0);
        let total = positive.fold(own, i64::wrapping_add);
        if total == 0 {
            return 0.0;
        }
        let parts = weights.chain((own > 0).then_some(own));
        parts
            .map(|weight| {
                let part = weight.wrapping_abs() as f64 / total as f64;
                -part * part.log2()
            })
            .sum()
    }
}
