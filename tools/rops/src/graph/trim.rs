//! Leaves out what is too small to matter.

use super::Graph;

/// Boxes for labels that a node of a picture has at most.
pub(crate) const MOST_TAGS: usize = 4;

impl Graph<'_, '_> {
    /// The first nodes. In a picture, boxes for labels count as nodes.
    pub fn first(&self, count: usize, is_picture: bool) -> Vec<bool> {
        let mut left = count;
        if is_picture {
            let mut boxes = 0;
            for ((_, node), number) in self.rows().zip(1..) {
                boxes += 1 + node.tags.count_flat().min(MOST_TAGS);
                if boxes >= count {
                    left = number;
                    break;
                }
            }
        }
        let mut kept = vec![false; self.nodes.len()];
        for &node in self.shown.iter().take(left) {
            kept[node] = true;
        }
        kept
    }

    /// Takes away tags below a value.
    pub fn trim_tags(&mut self, cutoff: i64) {
        for &node in &self.shown {
            self.nodes[node].tags.trim(cutoff);
        }
    }

    /// Takes away edges below a value. Returns how many there were.
    pub fn trim_edges(&mut self, cutoff: i64) -> usize {
        let light = |edge: &super::Edge| edge.weight.value.wrapping_abs() < cutoff;
        let mut dropped = Vec::new();
        for &node in &self.shown {
            let edges = &self.edges;
            self.nodes[node].incoming.retain(|&edge| {
                let is_light = light(&edges[edge]);
                if is_light {
                    dropped.push(edge);
                }
                !is_light
            });
        }
        let mut is_dropped = vec![false; self.edges.len()];
        for &edge in &dropped {
            is_dropped[edge] = true;
        }
        for node in &mut self.nodes {
            node.outgoing.retain(|&edge| !is_dropped[edge]);
        }
        dropped.len()
    }

    /// Takes away edges over nodes that are not shown, where there is another way.
    pub fn remove_redundant_edges(&mut self) {
        for &node in self.shown.clone().iter().rev() {
            for edge in self.sorted(&self.nodes[node].incoming).into_iter().rev() {
                // One that is heavier than a call that is shown stays: without it the picture would confuse.
                if !self.edges[edge].is_residual {
                    break;
                }
                if self.has_detour(edge) {
                    let (from, to) = (self.edges[edge].from, self.edges[edge].to);
                    self.nodes[from].outgoing.retain(|&other| other != edge);
                    self.nodes[to].incoming.retain(|&other| other != edge);
                }
            }
        }
    }

    fn has_detour(&self, edge: usize) -> bool {
        let (from, to) = (self.edges[edge].from, self.edges[edge].to);
        let mut seen = vec![false; self.nodes.len()];
        seen[to] = true;
        let mut queue = vec![to];
        while let Some(node) = queue.pop() {
            for &other in &self.nodes[node].incoming {
                let caller = self.edges[other].from;
                if other == edge || seen[caller] {
                    continue;
                }
                if caller == from {
                    return true;
                }
                seen[caller] = true;
                queue.push(caller);
            }
        }
        false
    }
}
