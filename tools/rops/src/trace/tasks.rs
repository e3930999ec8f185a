//! Tasks by the place where they are spawned: polls, how long they took, how long they were ready and not polled.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use terminal::grouped;

use super::amounts::{Amounts, time};
use super::model::Trace;
use super::names::Name;
use super::table::Table;

/// Tasks by the place where they are spawned, those that were polled longest first.
#[derive(Debug, Serialize)]
pub struct Tasks {
    /// The places.
    pub places: Vec<Place>,
}

/// The tasks that were spawned at one place.
#[derive(Debug, Default, Serialize)]
pub struct Place {
    /// Where.
    pub place: String,
    /// Tasks that were polled.
    pub tasks: u64,
    /// Polls.
    pub polls: u64,
    /// How long they took.
    pub busy: Amounts,
    /// How long tasks were ready before, and not polled.
    pub ready: Amounts,
    /// Nanoseconds between polls in which tasks were not ready.
    pub waiting: u64,
}

impl Trace {
    /// Tasks by the place where they are spawned.
    #[must_use]
    pub fn tasks(&self) -> Tasks {
        let mut places: BTreeMap<Name, (Place, BTreeSet<u64>)> = BTreeMap::new();
        for poll in &self.polls {
            let (place, tasks) = places.entry(poll.place).or_default();
            tasks.insert(poll.task);
            place.polls += 1;
            place.busy.add(poll.time.length());
            if let Some(ready) = poll.ready() {
                place.ready.add(ready.length());
            }
        }
        let finish = |(name, (place, tasks)): (Name, (Place, BTreeSet<u64>))| Place {
            place: self.text(name).to_owned(),
            tasks: tasks.len() as u64,
            waiting: tasks.iter().map(|&task| self.waited(task)).sum(),
            busy: sorted(place.busy),
            ready: sorted(place.ready),
            ..place
        };
        let mut places: Vec<_> = places.into_iter().map(finish).collect();
        places.sort_by_key(|place| Reverse(place.busy.total()));
        Tasks { places }
    }

    /// Nanoseconds between a task's polls in which it was not ready.
    fn waited(&self, task: u64) -> u64 {
        let polls = self.by_task.get(&task).map_or(&[][..], Vec::as_slice);
        let polls = polls.iter().map(|&poll| &self.polls[poll as usize]);
        let mut after = None;
        let mut sum = 0;
        for poll in polls {
            let begins = poll.ready().map_or(poll.time.start, |ready| ready.start);
            sum += after.map_or(0, |after| begins.saturating_sub(after));
            after = Some(poll.time.end);
        }
        sum
    }
}

fn sorted(mut amounts: Amounts) -> Amounts {
    amounts.sort();
    amounts
}

impl Tasks {
    /// As a table.
    #[must_use]
    pub fn text(&self) -> String {
        if self.places.is_empty() {
            return "No task was polled in this trace, or its program does not record polls.\n"
                .into();
        }
        let mut table = Table::new(
            [
                "tasks",
                "polls",
                "busy",
                "p50",
                "p99",
                "max",
                "ready",
                "p50",
                "p99",
                "max",
                "waiting",
                "spawned at",
            ],
            1,
        );
        for place in &self.places {
            let ([p50, p99, max], [r50, r99, rmax]) = (place.busy.texts(), place.ready.texts());
            table.row([
                grouped(place.tasks),
                grouped(place.polls),
                time(place.busy.total()),
                p50,
                p99,
                max,
                time(place.ready.total()),
                r50,
                r99,
                rmax,
                time(place.waiting),
                place.place.clone(),
            ]);
        }
        table.text()
    }
}
