//! Where a request's time went: parts that add up to it.

use std::collections::BTreeSet;

use super::model::{Busy, Request, Time, Trace};
use super::names::Name;

/// What a part of a request's time was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// A task worked in this span, by its index.
    Busy { span: u32 },
    /// A thread that polls no task worked in this span.
    OnThread { span: u32, thread: u32 },
    /// Its task was polled, and was in none of its spans.
    Polled { place: Name },
    /// A blocking thread worked.
    Blocking { place: Name },
    /// A task was ready, and nobody polled it.
    Ready { task: u64 },
    /// Blocking work waited for a thread.
    Queued { place: Name },
    /// Nobody worked, and nobody was ready to; this span was the innermost one that was open.
    Waiting { span: u32 },
}

/// A part of a request's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) time: Time,
    pub(super) kind: Kind,
}

/// What of a time is not accounted for so far, in the order of time.
pub(super) struct Rest(Vec<Time>);

impl Rest {
    pub(super) fn of(time: Time) -> Self {
        Self(vec![time])
    }

    /// Takes what of this time is left, and gives it.
    pub(super) fn take(&mut self, time: Time) -> Vec<Time> {
        let first = self.0.partition_point(|left| left.end <= time.start);
        let count = self.0[first..].partition_point(|left| left.start < time.end);
        let left: Vec<Time> = self.0[first..first + count].to_vec();
        let taken: Vec<Time> = left
            .iter()
            .map(|left| left.and(time))
            .filter(|taken| taken.length() > 0)
            .collect();
        if taken.is_empty() {
            return taken;
        }
        let beside = left.iter().flat_map(|left| {
            let before = Time {
                start: left.start,
                end: time.start.clamp(left.start, left.end),
            };
            let after = Time {
                start: time.end.clamp(left.start, left.end),
                end: left.end,
            };
            [before, after]
        });
        let beside: Vec<Time> = beside.filter(|time| time.length() > 0).collect();
        self.0.splice(first..first + count, beside);
        taken
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Trace {
    /// The tasks that worked for a request.
    pub(super) fn tasks_of(&self, request: &Request) -> BTreeSet<u64> {
        let tasks = self.busy_of(request).iter().map(|busy| busy.task);
        tasks.filter(|&task| task != 0).collect()
    }

    /// The parts of a request's time, or of what of it is within another one, in the order of time.
    pub(super) fn parts(&self, request: &Request, within: Time) -> Vec<Part> {
        let tasks = self.tasks_of(request);
        let within = self.root(request).time.and(within);
        self.parts_of(self.busy_of(request), &tasks, &request.spans, within)
    }

    /// The parts of a time in which these tasks went on with these spans, the outermost first. What is in no span is left
    /// out, unless it is a task's.
    pub(super) fn parts_of<'b>(
        &self,
        busy: impl IntoIterator<Item = &'b Busy>,
        tasks: &BTreeSet<u64>,
        spans: &[u32],
        within: Time,
    ) -> Vec<Part> {
        let mut parts = Parts {
            rest: Rest::of(within),
            parts: Vec::new(),
        };
        for busy in busy {
            let (span, thread) = (busy.span, busy.thread);
            let kind = match busy.task {
                0 => Kind::OnThread { span, thread },
                _ => Kind::Busy { span },
            };
            parts.add(busy.time, kind);
        }
        self.of_tasks(tasks, within, &mut parts);
        for &index in spans.iter().rev() {
            let span = &self.spans[index as usize];
            parts.add(span.time, Kind::Waiting { span: index });
            if parts.rest.is_empty() {
                break;
            }
        }
        parts.parts.sort_by_key(|part| part.time);
        parts.parts
    }

    /// What tasks did, and waited for, in a time.
    fn of_tasks(&self, tasks: &BTreeSet<u64>, within: Time, parts: &mut Parts) {
        let polls = || {
            let polls = tasks.iter();
            polls.flat_map(|&task| self.polls_of_task(task, within))
        };
        for poll in polls() {
            parts.add(poll.time, Kind::Polled { place: poll.place });
        }
        let work = || {
            let first = self
                .blocking
                .partition_point(|work| work.time.start < within.start);
            // One that began before may reach into it: as many as there may be threads.
            let first = first.saturating_sub(512);
            self.blocking[first..]
                .iter()
                .take_while(|work| work.time.start.saturating_sub(work.queued) < within.end)
                .filter(|work| tasks.contains(&work.by))
        };
        for work in work() {
            parts.add(work.time, Kind::Blocking { place: work.place });
        }
        for poll in polls() {
            if let Some(ready) = poll.ready() {
                parts.add(ready, Kind::Ready { task: poll.task });
            }
        }
        for work in work() {
            let end = work.time.start;
            let start = end.saturating_sub(work.queued);
            parts.add(Time { start, end }, Kind::Queued { place: work.place });
        }
    }
}

struct Parts {
    rest: Rest,
    parts: Vec<Part>,
}

impl Parts {
    fn add(&mut self, time: Time, kind: Kind) {
        let taken = self.rest.take(time).into_iter();
        self.parts.extend(taken.map(|time| Part { time, kind }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(pairs: &[(u64, u64)]) -> Vec<Time> {
        let time = |&(start, end): &(u64, u64)| Time { start, end };
        pairs.iter().map(time).collect()
    }

    #[test]
    fn what_was_taken_is_gone() {
        let mut rest = Rest::of(Time { start: 10, end: 50 });
        assert_eq!(rest.take(Time { start: 20, end: 30 }), times(&[(20, 30)]));
        assert_eq!(rest.take(Time { start: 0, end: 5 }), []);
        assert_eq!(
            rest.take(Time { start: 15, end: 35 }),
            times(&[(15, 20), (30, 35)])
        );
        assert_eq!(
            rest.take(Time { start: 0, end: 60 }),
            times(&[(10, 15), (35, 50)])
        );
        assert!(rest.is_empty());
        assert_eq!(rest.take(Time { start: 0, end: 60 }), []);
    }

    #[test]
    fn nothing_is_lost_and_nothing_is_taken_twice() {
        let mut random = fastrand::Rng::with_seed(3);
        for _ in 0..200 {
            let whole = Time {
                start: 100,
                end: 1100,
            };
            let mut rest = Rest::of(whole);
            let mut taken: Vec<Time> = Vec::new();
            for _ in 0..random.usize(0..40) {
                let start = random.u64(0..1200);
                let end = start + random.u64(0..200);
                taken.extend(rest.take(Time { start, end }));
            }
            taken.extend(rest.take(whole));
            taken.sort();
            assert_eq!(taken.iter().map(|time| time.length()).sum::<u64>(), 1000);
            assert!(taken.windows(2).all(|pair| pair[0].end == pair[1].start));
        }
    }
}
