//! Requests that overlap come side by side, each in a lane that nobody else is in meanwhile.

use super::nest::Interval;

/// Lanes, each with the end of the last that was put there.
#[derive(Debug, Default)]
pub(super) struct Lanes(Vec<u64>);

impl Lanes {
    /// The first lane that is free for so long. Intervals come in the order in which they end.
    pub(super) fn put(&mut self, interval: Interval) -> usize {
        let free = self.0.iter().position(|&end| end <= interval.start);
        let lane = free.unwrap_or(self.0.len());
        match self.0.get_mut(lane) {
            Some(end) => *end = interval.end,
            None => self.0.push(interval.end),
        }
        lane
    }

    pub(super) fn count(&self) -> usize {
        self.0.len()
    }
}
