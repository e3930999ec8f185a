//! What threads did in a time: who held them.

use super::model::{Time, Trace};
use super::names::Name;
use super::parts::Rest;

/// What a thread did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Doing {
    /// It was in this span, by its index.
    Span(u32),
    /// It was in a span of this name of which no more is known.
    Named(Name),
    /// It polled a task that was spawned here, and was in no span.
    Poll(Name),
}

impl Trace {
    /// What a thread did in a time, and when; what is missing is between polls.
    pub(super) fn doing(&self, thread: u32, time: Time) -> Vec<(Time, Doing)> {
        let mut done = Vec::new();
        for poll in self.polls_on(thread, time) {
            let poll = &self.polls[poll as usize];
            let mut rest = Rest::of(poll.time.and(time));
            self.in_spans(thread, poll.time, &mut rest, &mut done);
            let left = rest.take(poll.time).into_iter();
            done.extend(left.map(|time| (time, Doing::Poll(poll.place))));
        }
        done
    }

    /// The same of a thread that polls no tasks.
    pub(super) fn doing_beside(&self, thread: u32, time: Time) -> Vec<(Time, Doing)> {
        let mut done = Vec::new();
        self.in_spans(thread, time, &mut Rest::of(time), &mut done);
        done
    }

    fn in_spans(&self, thread: u32, within: Time, rest: &mut Rest, done: &mut Vec<(Time, Doing)>) {
        let visits = &self.visits_of[thread as usize];
        let visit = |&index: &u32| &self.visits[index as usize];
        let first = visits.partition_point(|index| visit(index).time.start < within.start);
        // A span around all of it may have been entered before.
        let first = first.saturating_sub(64);
        let count = visits[first..].partition_point(|index| visit(index).time.start < within.end);
        // The inner ones come after those around them.
        for visit in visits[first..first + count].iter().rev().map(visit) {
            let doing = match self.by_span.get(&visit.span) {
                Some(&span) => Doing::Span(span),
                None => Doing::Named(visit.name),
            };
            let taken = rest.take(visit.time).into_iter();
            done.extend(taken.map(|time| (time, doing)));
        }
    }

    /// Indexes of the polls on a thread that were going on in a time.
    pub(super) fn polls_on(&self, thread: u32, time: Time) -> impl Iterator<Item = u32> {
        let polls = &self.polls_of[thread as usize];
        let poll = |&index: &u32| &self.polls[index as usize];
        let first = polls.partition_point(|index| poll(index).time.end <= time.start);
        let last = polls.partition_point(|index| poll(index).time.start < time.end);
        polls[first.min(last)..last].iter().copied()
    }

    /// Where the processor was on a thread in a time: the frame that most samples end in, and how many of how many.
    pub(super) fn hottest(&self, thread: u32, time: Time) -> Option<(Name, usize, usize)> {
        let first = self
            .samples
            .partition_point(|sample| sample.time < time.start);
        let samples = self.samples[first..].iter();
        let samples = samples.take_while(|sample| sample.time <= time.end);
        let mut leaves: Vec<Name> = samples
            .filter(|sample| sample.thread == thread)
            .filter_map(|sample| self.stacks[sample.stack as usize].first().copied())
            .collect();
        leaves.sort_unstable();
        let most = leaves
            .chunk_by(|one, other| one == other)
            .max_by_key(|same| same.len())?;
        Some((most[0], most.len(), leaves.len()))
    }
}
