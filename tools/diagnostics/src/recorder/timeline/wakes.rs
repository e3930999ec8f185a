//! Who has made a task ready, until it is known which poll it was for.

use std::collections::{HashMap, VecDeque};

/// Tasks that are ready and not polled that are kept in mind.
const MOST: usize = 100_000;

/// Wakes of one task that are. The first makes it ready, and those during its poll make it ready once more; whatever
/// else wakes it changes nothing.
const OF_ONE: usize = 4;

/// The record of a task's last poll comes sooner after its end, in nanoseconds.
const AFTER_ITS_END: u64 = 1_000_000_000;

/// Somebody has woken a task, or spawned it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wake {
    pub(super) name: &'static str,
    pub(super) thread: u64,
    /// Nanoseconds.
    pub(super) time: u64,
}

#[derive(Debug, Default)]
pub(super) struct Wakes {
    /// By the task, each in the order of time.
    of: HashMap<u64, Vec<Wake>>,
    /// Tasks that have ended lately, and when.
    ended: VecDeque<(u64, u64)>,
}

impl Wakes {
    /// Wakes come in the order of time, and before the polls that they are for.
    pub(super) fn add(&mut self, task: u64, wake: Wake) {
        if self.of.len() < MOST {
            let wakes = self.of.entry(task).or_default();
            if wakes.len() == OF_ONE {
                wakes.pop();
            }
            wakes.push(wake);
        }
    }

    /// The one that a poll was for which has begun then. A poll comes when it is over: what has woken the task meanwhile
    /// is for its next one.
    pub(super) fn take(&mut self, task: u64, start: u64) -> Option<Wake> {
        let wakes = self.of.get_mut(&task)?;
        let before = wakes.partition_point(|wake| wake.time <= start);
        let first = wakes.drain(..before).next();
        if wakes.is_empty() {
            self.of.remove(&task);
        }
        first
    }

    /// A task ends inside of its last poll, whose record is yet to come.
    pub(super) fn ended(&mut self, task: u64, time: u64) {
        self.ended.push_back((time, task));
        while let Some(&(ended, task)) = self.ended.front()
            && ended + AFTER_ITS_END < time
        {
            self.ended.pop_front();
            self.of.remove(&task);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(time: u64) -> Wake {
        Wake {
            name: "wake",
            thread: 1,
            time,
        }
    }

    #[test]
    fn a_wake_during_a_poll_is_for_the_next_one() {
        let mut wakes = Wakes::default();
        for time in [10, 20, 35, 38] {
            wakes.add(7, at(time));
        }
        // From 30 to 40.
        assert_eq!(wakes.take(7, 30), Some(at(10)));
        assert_eq!(wakes.take(8, 30), None);
        assert_eq!(wakes.take(7, 50), Some(at(35)));
        assert_eq!(wakes.take(7, 60), None);
        assert!(wakes.of.is_empty());
    }

    #[test]
    fn tasks_that_have_ended_and_wakes_without_number_are_forgotten() {
        let mut wakes = Wakes::default();
        for time in 0..100 {
            wakes.add(7, at(time));
        }
        assert_eq!(wakes.of[&7].len(), OF_ONE);
        wakes.ended(7, 100);
        wakes.ended(8, 100 + AFTER_ITS_END);
        assert_eq!(wakes.of.len(), 1);
        wakes.ended(9, 101 + AFTER_ITS_END);
        assert!(wakes.of.is_empty());
    }
}
