//! What a thread does that polls a task for too long.

use std::time::Duration;

use profile::{Builder, Symbolizer, maps};

use crate::recorder::names;
use crate::recorder::polls::Running;
use crate::recorder::timeline::Why;
use crate::sampling::labels::Label;
use crate::sampling::stacks::remote;

/// The poll that takes so long, and the stack of the thread, taken now.
pub(super) fn why(poll: &Running, took: Duration) -> Why {
    let place = names::place(poll.place);
    let place = place.map_or_else(String::new, |place| {
        format!(" (spawned at {})", Label::of_task(place))
    });
    let sentence = format!(
        "a poll of task {}{place} has held thread {} for {took:.3?}",
        poll.task, poll.thread
    );
    match remote::of_thread(poll.thread) {
        Ok(addresses) => Why::with_stack(sentence, addresses),
        Err(reason) => Why::new(format!("{sentence}; no stack: {reason}")),
    }
}

/// Functions and lines, the innermost first.
pub(in crate::recorder) fn named(addresses: &[usize]) -> Vec<String> {
    let mappings = maps::of_this_process().unwrap_or_default();
    let mut builder = Builder::new([("samples", "count")], &mappings);
    let stack: Vec<_> = addresses.iter().map(|&address| address as u64).collect();
    builder.sample(&stack, [1], &[]);
    let mut profile = builder.build();
    Symbolizer::of_this_process().symbolize(&mut profile);
    let locations = profile
        .samples
        .iter()
        .flat_map(|sample| &sample.location_ids);
    let mut frames = Vec::new();
    for location in locations.filter_map(|&id| profile.location(id)) {
        if location.lines.is_empty() {
            frames.push(format!("{:#x}", location.address));
        }
        for line in &location.lines {
            let function = profile.function(line.function_id);
            let text = |index: Option<i64>| index.map_or("", |index| profile.text(index));
            frames.push(format!(
                "{} ({}:{})",
                text(function.map(|function| function.name)),
                text(function.map(|function| function.filename)),
                line.line
            ));
        }
    }
    frames
}
