//! What a thread does that polls a task for too long.

use std::time::Duration;

use crate::recorder::names;
use crate::recorder::polls::{self, Running};
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
    let stack = remote::of_thread(poll.thread);
    let goes_on =
        polls::running().any(|other| (other.thread, other.since) == (poll.thread, poll.since));
    match stack {
        _ if !goes_on => Why::new(format!("{sentence}; it ended before a stack was taken")),
        Ok(addresses) => Why::with_stack(sentence, addresses),
        Err(reason) => Why::new(format!("{sentence}; no stack: {reason}")),
    }
}
