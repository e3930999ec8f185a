//! The threads and the tasks at one time.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::super::tasks::absent as no_tasks;
use crate::recorder::{self, Polling};
use crate::sampling::labels::Label;
use crate::sampling::symbols::Symbols;
use crate::sampling::tasks::{self, Task};
use crate::sampling::threads;

/// Tasks that are listed at most, those first that were idle longest.
const MOST_TASKS: usize = 100_000;

/// As it was taken, with addresses for functions.
pub(super) struct Raw {
    threads: Vec<threads::Thread>,
    polling: HashMap<u64, Polling>,
    tasks: Result<Tasks, String>,
}

/// What is answered. Times are nanoseconds in JSON.
#[derive(Debug, Serialize)]
pub(super) struct Reading {
    pub(super) threads: Vec<Thread>,
    /// Absent where nobody tells of tasks; `missing` says why.
    pub(super) tasks: Option<Tasks>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) waits: Option<Vec<Wait>>,
    pub(super) missing: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Thread {
    pub(super) number: u64,
    pub(super) name: String,
    pub(super) on_cpu: bool,
    /// The kernel's letter.
    pub(super) state: char,
    pub(super) waits_in: Option<String>,
    pub(super) polls: Option<Poll>,
    /// Functions with file and line, the innermost first; what is inlined stands before what it is inlined into.
    pub(super) stack: Vec<String>,
    pub(super) no_stack: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Poll {
    pub(super) task: u64,
    pub(super) spawned_at: Option<String>,
    pub(super) since: Nanoseconds,
}

#[derive(Debug, Default, Serialize)]
pub(super) struct Tasks {
    pub(super) count: u64,
    /// The most tasks first.
    pub(super) places: Vec<Place>,
    /// Each, if it was asked for.
    pub(super) each: Vec<One>,
    /// Tasks that are alive and not in `each`, since there are so many.
    pub(super) not_listed: u64,
    /// Tasks since the start that are in no count, since there were too many at once.
    pub(super) not_counted: u64,
}

/// The tasks that were spawned in one place and are alive.
#[derive(Debug, Default, Serialize)]
pub(super) struct Place {
    pub(super) spawned_at: String,
    pub(super) count: u64,
    /// How many are being polled.
    pub(super) running: u64,
    pub(super) polls: u64,
    /// How long their polls took that are over; absent without the flight recorder.
    pub(super) busy: Option<Nanoseconds>,
    /// For how long nobody has polled the one that was polled longest ago.
    pub(super) idle: Nanoseconds,
    /// For how long the first of them has been there.
    pub(super) oldest: Nanoseconds,
}

#[derive(Debug, Serialize)]
pub(super) struct One {
    pub(super) task: u64,
    pub(super) spawned_at: String,
    pub(super) polls: u32,
    pub(super) busy: Option<Nanoseconds>,
    /// Absent while it is polled.
    pub(super) idle: Option<Nanoseconds>,
    pub(super) age: Nanoseconds,
}

/// Where a task waits.
#[derive(Debug, Serialize)]
pub(super) struct Wait {
    pub(super) task: u64,
    /// The lines of a tree: what is awaited stands below what awaits it.
    pub(super) at: Vec<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Nanoseconds(pub(super) Duration);

impl Serialize for Nanoseconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX))
    }
}

impl Raw {
    /// Quickly, since what it reads goes on. Tasks come first: a thread that is interrupted may poll the next one then.
    pub(super) fn now(each: bool) -> Self {
        let tasks = match (no_tasks(), tasks::each()) {
            (None, Some(tasks)) => Ok(Tasks::of(tasks, each)),
            (reason, _) => Err(reason.unwrap_or_default()),
        };
        let polling = recorder::polling().map(|polling| (polling.thread, polling));
        Self {
            tasks,
            polling: polling.collect(),
            threads: threads::read(),
        }
    }

    /// Gives the addresses their functions, which takes a tenth of a second or more the first time.
    pub(super) fn named(self) -> Reading {
        let stacks = self
            .threads
            .iter()
            .filter_map(|thread| thread.stack.as_ref().ok());
        let addresses: Vec<usize> = stacks.flatten().copied().collect();
        Symbols::with_kept(addresses, |symbols| self.with(symbols))
    }

    fn with(self, symbols: &Symbols) -> Reading {
        let threads = self.threads.into_iter().map(|thread| Thread {
            on_cpu: thread.is_on_cpu(),
            number: thread.number,
            name: thread.name,
            state: thread.state,
            waits_in: thread.waits_in,
            polls: self.polling.get(&thread.number).map(|polling| Poll {
                task: polling.task,
                spawned_at: polling.place.map(|place| Label::of_task(place).to_string()),
                since: Nanoseconds(polling.since),
            }),
            stack: thread
                .stack
                .as_ref()
                .map_or_else(|_| Vec::new(), |stack| symbols.stack(stack)),
            no_stack: thread.stack.err(),
        });
        let (tasks, missing) = match self.tasks {
            Ok(tasks) => (Some(tasks), None),
            Err(reason) => (None, Some(reason)),
        };
        Reading {
            threads: threads.collect(),
            tasks,
            waits: None,
            missing: missing.into_iter().collect(),
        }
    }
}

impl Tasks {
    fn of(tasks: impl Iterator<Item = Task>, each: bool) -> Self {
        let is_recorded = recorder::size() > 0;
        let busy = |busy| is_recorded.then_some(Nanoseconds(busy));
        let mut places: BTreeMap<String, Place> = BTreeMap::new();
        // Equal places may come apart, since the compiler need not bring them together.
        let mut named: HashMap<Label, String> = HashMap::new();
        let mut list: Vec<Task> = Vec::new();
        let mut count = 0;
        for task in tasks {
            count += 1;
            let name = named
                .entry(task.place)
                .or_insert_with(|| task.place.to_string());
            if !places.contains_key(name) {
                places.insert(name.clone(), Place::default());
            }
            if let Some(place) = places.get_mut(name) {
                place.add(&task, busy(task.busy));
            }
            if each {
                list.push(task);
            }
        }
        let mut places: Vec<_> = places
            .into_iter()
            .map(|(spawned_at, place)| Place {
                spawned_at,
                ..place
            })
            .collect();
        places.sort_by_key(|place| std::cmp::Reverse(place.count));
        list.sort_by_key(|task| std::cmp::Reverse(task.idle));
        let not_listed = list.len().saturating_sub(MOST_TASKS) as u64;
        list.truncate(MOST_TASKS);
        let one = |task: Task| One {
            task: task.number,
            spawned_at: task.place.to_string(),
            polls: task.polls,
            busy: busy(task.busy),
            idle: task.idle.map(Nanoseconds),
            age: Nanoseconds(task.age),
        };
        Self {
            count,
            places,
            each: list.into_iter().map(one).collect(),
            not_listed,
            not_counted: tasks::without_room(),
        }
    }
}

impl Place {
    fn add(&mut self, task: &Task, busy: Option<Nanoseconds>) {
        self.count += 1;
        self.running += u64::from(task.idle.is_none());
        self.polls += u64::from(task.polls);
        self.busy = busy.map(|Nanoseconds(busy)| {
            Nanoseconds(busy + self.busy.map_or(Duration::ZERO, |Nanoseconds(sum)| sum))
        });
        self.idle = self.idle.max(Nanoseconds(task.idle.unwrap_or_default()));
        self.oldest = self.oldest.max(Nanoseconds(task.age));
    }
}
