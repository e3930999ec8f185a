//! The samples of the processor's time in a box, as a flame graph.

use std::collections::BTreeMap;

use rops::trace::{Name, Time, Trace, Track};
use serde::Serialize;

/// A flame graph, in the order of a walk through it.
#[derive(Serialize)]
pub(super) struct Flame {
    /// Samples.
    samples: u64,
    boxes: Vec<Frame>,
}

/// A function, with all that it has called.
#[derive(Serialize)]
struct Frame {
    name: String,
    depth: usize,
    /// Samples before it, of those next to it.
    from: u64,
    samples: u64,
}

#[derive(Default)]
struct Node {
    samples: u64,
    callees: BTreeMap<Name, Self>,
}

/// Of the track's thread, in a time.
pub(super) fn of(trace: &Trace, track: &Track, time: Time) -> Flame {
    let mut root = Node::default();
    for stack in trace.stacks_of(track, time) {
        root.samples += 1;
        let mut node = &mut root;
        for &frame in stack.iter().rev() {
            node = node.callees.entry(frame).or_default();
            node.samples += 1;
        }
    }
    let mut boxes = Vec::new();
    root.walk(trace, 0, 0, &mut boxes);
    Flame {
        samples: root.samples,
        boxes,
    }
}

impl Node {
    fn walk(&self, trace: &Trace, depth: usize, mut from: u64, boxes: &mut Vec<Frame>) {
        for (&name, callee) in &self.callees {
            boxes.push(Frame {
                name: trace.text(name).to_owned(),
                depth,
                from,
                samples: callee.samples,
            });
            callee.walk(trace, depth + 1, from, boxes);
            from += callee.samples;
        }
    }
}
