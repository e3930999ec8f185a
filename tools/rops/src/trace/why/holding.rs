//! What kept a task that was ready, or blocking work in the queue, from going on: who had the threads.

use std::cmp::Reverse;

use crate::trace::amounts::{percent, time};
use crate::trace::holders::Doing;
use crate::trace::model::{Time, Trace};
use crate::trace::names::Name;
use crate::trace::parts::Rest;

/// Why nobody polled a task that was ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    /// Workers polled other tasks.
    Polls,
    /// A worker slept. tokio wakes one when a task becomes ready, so it was the kernel that did not let it go on.
    Kernel,
    /// Nobody tells.
    NotTold,
}

impl Trace {
    /// What was in the way for most of a time in which a task was ready.
    pub(super) fn held(&self, ready: Time) -> Held {
        let (mut polled, mut rest) = (0, Rest::of(ready));
        for poll in self
            .workers()
            .flat_map(|worker| self.polls_on(worker, ready))
        {
            let poll = self.polls[poll as usize].time;
            polled += poll.and(ready).length();
            rest.take(poll);
        }
        let parked = self
            .workers()
            .flat_map(|worker| self.parked_on(worker, ready));
        let slept: u64 = parked
            .flat_map(|parked| rest.take(parked))
            .map(Time::length)
            .sum();
        let is_most = |length: u64| length * 2 >= ready.length();
        match (is_most(polled), is_most(slept)) {
            (true, _) => Held::Polls,
            (_, true) => Held::Kernel,
            _ => Held::NotTold,
        }
    }

    /// Who had the workers in these times.
    pub(super) fn held_workers(&self, times: &[Time]) -> String {
        let whole: u64 = times.iter().map(|time| time.length()).sum();
        let mut doing: Vec<(Doing, u64)> = Vec::new();
        let mut workers = 0;
        for worker in self.workers() {
            let before = doing.len();
            let done = times.iter().flat_map(|&time| self.doing(worker, time));
            doing.extend(done.map(|(time, what)| (what, time.length())));
            let mut parked = times.iter().flat_map(|&time| self.parked_on(worker, time));
            // One that neither polls nor parks is of a runtime that is over, or yet to come.
            workers += u64::from(doing.len() > before || parked.next().is_some());
        }
        let who = match workers {
            1 => "the one worker was".to_owned(),
            2 => "both workers were".to_owned(),
            count => format!("{count} workers were"),
        };
        let of_all = workers * whole;
        let all = self.summed(doing.into_iter());
        let most: Vec<String> = all
            .iter()
            .take(3)
            .filter(|(_, length)| length * 20 > of_all)
            .map(|(what, length)| match length * 10 >= of_all * 9 {
                true => format!("in {what}"),
                false => format!("{} of the time in {what}", percent(*length, of_all)),
            })
            .collect();
        match most.is_empty() {
            true => format!("{who} busy with much that was short"),
            false => format!("{who} {}", most.join(", ")),
        }
    }

    /// What threads did for most of these times, where nobody tells who was in the way: it may be why. `place` is where the request
    /// was: who is there as well is so for somebody else, since what is done for the request is no waiting.
    pub(super) fn circumstances(&self, place: &str, times: &[Time]) -> String {
        let whole: u64 = times.iter().map(|time| time.length()).sum();
        let mut did: Vec<(u64, String)> = Vec::new();
        for (index, thread) in self.threads.iter().enumerate() {
            let index = index as u32;
            let done = times.iter().flat_map(|&time| match thread.is_worker {
                true => self.doing(index, time),
                false => self.doing_beside(index, time),
            });
            let all = self.summed(done.map(|(time, what)| (what, time.length())));
            if let Some((what, length)) = all.into_iter().next()
                && length * 2 > whole
            {
                let what = match what == place {
                    true => format!("{} for others", what.split(", ").next().unwrap_or(&what)),
                    false => what,
                };
                let thread = self.thread(index);
                did.push((length, format!("{thread} was in {what} ({})", time(length))));
            }
        }
        did.sort_by_key(|&(length, _)| Reverse(length));
        let did: Vec<String> = did.into_iter().take(3).map(|(_, text)| text).collect();
        match did.is_empty() {
            true => String::new(),
            false => format!("; meanwhile {}", did.join(", ")),
        }
    }

    /// When a worker had nothing to do, of what has to do with a time.
    fn parked_on(&self, worker: u32, time: Time) -> impl Iterator<Item = Time> {
        let parked = |&index: &u32| self.parked[index as usize].time;
        let all = &self.parked_of[worker as usize];
        let first = all.partition_point(|index| parked(index).end <= time.start);
        let last = all.partition_point(|index| parked(index).start < time.end);
        all[first.min(last)..last].iter().map(parked)
    }

    /// The blocking work that had the threads in these times, by the place that has asked for it.
    pub(super) fn held_blocking(&self, times: &[Time]) -> Option<String> {
        let mut sums: Vec<(Name, u64)> = Vec::new();
        for work in &self.blocking {
            let length = times.iter().map(|&time| work.time.and(time).length());
            let length: u64 = length.sum();
            match sums.iter_mut().find(|(place, _)| *place == work.place) {
                Some((_, sum)) => *sum += length,
                None => sums.push((work.place, length)),
            }
        }
        sums.retain(|&(_, length)| length > 0);
        sums.sort_by_key(|&(_, length)| Reverse(length));
        let places: Vec<&str> = sums
            .iter()
            .take(3)
            .map(|&(place, _)| self.text(place))
            .collect();
        (!places.is_empty()).then(|| places.join(", "))
    }
}
