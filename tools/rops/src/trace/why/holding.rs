//! What kept a task that was ready, or blocking work in the queue, from going on: who had the threads.

use std::cmp::Reverse;

use crate::trace::amounts::{percent, time};
use crate::trace::holders::Doing;
use crate::trace::model::{Time, Trace};
use crate::trace::names::Name;

impl Trace {
    /// Who had the workers in these times. None if nobody had them for most of it.
    pub(super) fn held_workers(&self, times: &[Time]) -> Option<String> {
        let whole: u64 = times.iter().map(|time| time.length()).sum();
        let mut doing: Vec<(Doing, u64)> = Vec::new();
        let (mut workers, mut held) = (0, 0);
        for worker in self.workers() {
            let done = times.iter().flat_map(|&time| self.doing(worker, time));
            let before = held;
            for (time, what) in done {
                held += time.length();
                doing.push((what, time.length()));
            }
            let parked = times
                .iter()
                .map(|&time| self.parked(worker, time))
                .sum::<u64>();
            // One that neither polls nor parks is of a runtime that is over, or yet to come.
            workers += u64::from(held > before || parked > 0);
        }
        if held * 2 < whole {
            return None;
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
        Some(match most.is_empty() {
            true => format!("{who} busy with much that was short"),
            false => format!("{who} {}", most.join(", ")),
        })
    }

    /// What threads did for most of these times, where nobody tells who has ended a wait: it may be why.
    pub(super) fn circumstances(&self, times: &[Time]) -> String {
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

    fn parked(&self, worker: u32, time: Time) -> u64 {
        let first = self
            .parked
            .partition_point(|parked| parked.time.end <= time.start);
        let parked = self.parked[first..].iter();
        let parked = parked.take_while(|parked| parked.time.start < time.end);
        let parked = parked.filter(|parked| parked.thread == worker);
        parked.map(|parked| parked.time.and(time).length()).sum()
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
