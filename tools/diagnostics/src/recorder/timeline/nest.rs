//! What lies on one track is inside or beside of each other: viewers refuse, or draw wrongly, what overlaps in part.

use std::collections::VecDeque;

use crate::recorder::clock::Scale;

/// Things that are remembered: a later one rarely begins before so many others.
const REMEMBERED: usize = 1024;

/// A time from here to there, in nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Interval {
    pub(super) start: u64,
    pub(super) end: u64,
}

impl Interval {
    /// Of a start and a length in ticks.
    pub(super) fn of(scale: &Scale, start: u64, length: u64) -> Self {
        Self {
            start: scale.nanoseconds(start),
            end: scale.nanoseconds(start + length),
        }
    }
}

/// One track, to which things are added in the order in which they end.
#[derive(Debug, Default)]
pub(super) struct Track {
    /// Those that are in no other one so far, in the order of time.
    outermost: VecDeque<Interval>,
}

impl Track {
    /// The part of it that is neither before nor half inside of what is there. A guard of a span that is kept across an
    /// `.await` reaches from one poll into the next: only its last part stays.
    pub(super) fn add(&mut self, interval: Interval) -> Interval {
        let Interval { mut start, end } = interval;
        while self
            .outermost
            .back()
            .is_some_and(|last| last.start >= start)
        {
            self.outermost.pop_back();
        }
        if let Some(last) = self.outermost.back() {
            start = start.max(last.end.min(end));
        }
        let added = Interval { start, end };
        self.outermost.push_back(added);
        if self.outermost.len() > REMEMBERED {
            self.outermost.pop_front();
        }
        added
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(start: u64, end: u64) -> Interval {
        Interval { start, end }
    }

    #[test]
    fn what_is_inside_or_beside_stays_as_it_is() {
        let mut track = Track::default();
        for (start, end) in [(1, 2), (3, 4), (1, 5), (5, 6), (0, 7), (7, 7), (7, 9)] {
            assert_eq!(track.add(interval(start, end)), interval(start, end));
        }
    }

    #[test]
    fn what_reaches_into_another_one_begins_after_it() {
        let mut track = Track::default();
        track.add(interval(0, 10));
        track.add(interval(12, 20));
        assert_eq!(track.add(interval(5, 25)), interval(10, 25));
        // By now that is one, with the second in it.
        assert_eq!(track.add(interval(15, 30)), interval(25, 30));
    }

    #[test]
    fn nothing_overlaps_in_part_whatever_comes() {
        let mut random = fastrand::Rng::with_seed(7);
        let mut track = Track::default();
        let mut all = Vec::new();
        for end in (10..20_000).step_by(3) {
            let longest = end.min(random.u64(1..200));
            let start = end - random.u64(0..=longest);
            let added = track.add(interval(start, end));
            assert!(start <= added.start && added.end == end);
            all.push(added);
        }
        for (place, one) in all.iter().enumerate() {
            for other in &all[place.saturating_sub(200)..place] {
                let beside = other.end <= one.start;
                let inside = one.start <= other.start && other.end <= one.end;
                assert!(beside || inside, "{other:?} and {one:?}");
            }
        }
    }
}
