//! The tasks that are alive: where each was spawned, and since when nobody has polled it.
#![cfg_attr(
    not(tokio_unstable),
    allow(dead_code, reason = "there are no hooks for tasks")
)]

use std::collections::BTreeMap;
use std::hash::{Hash as _, Hasher};
use std::panic::Location;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::Id;

use super::clock::Clock;
use super::keyed::Keyed;
use super::labels::{self, Label};
use crate::recorder::clock::Scale;

/// Words of a task.
const PLACE: usize = 0;
const IDLE_SINCE: usize = 1;
/// Ticks of the recorder's clock that its polls have taken.
const BUSY: usize = 2;
/// When it was spawned, in tenths of seconds, in the upper half; how often it was polled in the lower one.
const SPAWNED_AND_POLLS: usize = 3;
const WORDS: usize = 4;

const TENTH: u64 = 100_000_000;

/// In place of the time since which nobody polls it.
const BEING_POLLED: u64 = 0;

static TASKS: OnceLock<Option<Keyed<WORDS>>> = OnceLock::new();

/// Whether there are hooks that tell.
static HOOKED: AtomicBool = AtomicBool::new(false);

/// Tasks for which there was no room. They are in no list.
static WITHOUT_ROOM: AtomicU64 = AtomicU64::new(0);

fn tasks() -> Option<&'static Keyed<WORDS>> {
    TASKS.get_or_init(|| Keyed::new().ok()).as_ref()
}

/// A runtime will tell of its tasks.
pub(crate) fn hooked() {
    HOOKED.store(true, Ordering::Relaxed);
}

pub(crate) fn spawned(task: Id, place: &'static Location<'static>) {
    let (label, now) = (Label::of_task(place).into(), now());
    let words = [label, now, 0, (now / TENTH) << 32];
    let kept = tasks().is_some_and(|tasks| tasks.insert(number(task), words));
    if !kept {
        WITHOUT_ROOM.fetch_add(1, Ordering::Relaxed);
    }
}

pub(crate) fn poll_begins(task: Id, place: &'static Location<'static>) {
    labels::polls(Label::of_task(place));
    if let Some(words) = tasks().and_then(|tasks| tasks.find(number(task))) {
        words[IDLE_SINCE].store(BEING_POLLED, Ordering::Relaxed);
    }
}

/// The poll took so many ticks, where the recorder was on.
pub(crate) fn poll_ends(task: Id, took: Option<u64>) {
    labels::polls(Label::NOBODY);
    if let Some(words) = tasks().and_then(|tasks| tasks.find(number(task))) {
        words[IDLE_SINCE].store(now(), Ordering::Relaxed);
        // One thread polls it at a time.
        let polls = words[SPAWNED_AND_POLLS].load(Ordering::Relaxed);
        if polls as u32 != u32::MAX {
            words[SPAWNED_AND_POLLS].store(polls + 1, Ordering::Relaxed);
        }
        if let Some(took) = took {
            let busy = words[BUSY].load(Ordering::Relaxed);
            words[BUSY].store(busy.wrapping_add(took), Ordering::Relaxed);
        }
    }
}

/// Blocking tasks end, too, that nobody has told of.
pub(crate) fn ended(task: Id) {
    if let Some(tasks) = tasks() {
        tasks.remove(number(task));
    }
}

/// Nanoseconds, exact to the kernel's ticks. At least 1.
fn now() -> u64 {
    let now = Clock::TICKING.read().unwrap_or_default();
    u64::try_from(now.as_nanos()).unwrap_or(u64::MAX).max(1)
}

/// tokio shows the number as text only, which is no work for each poll. What it gives a hash is the number.
pub(crate) fn number(task: Id) -> u64 {
    #[derive(Default)]
    struct Number(u64);

    impl Hasher for Number {
        fn write(&mut self, bytes: &[u8]) {
            for &byte in bytes {
                self.0 = self.0.rotate_left(8) ^ u64::from(byte);
            }
        }

        fn write_u64(&mut self, number: u64) {
            self.0 = number;
        }

        fn finish(&self) -> u64 {
            self.0
        }
    }

    let mut number = Number::default();
    task.hash(&mut number);
    number.finish()
}

/// How long a task has not been polled, roughly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Idle {
    /// It is being polled.
    Running,
    /// For less than a second.
    Moments,
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl Idle {
    fn of(duration: Duration) -> Self {
        match duration.as_secs() {
            0 => Self::Moments,
            1..60 => Self::Seconds,
            60..3600 => Self::Minutes,
            3600..86_400 => Self::Hours,
            _ => Self::Days,
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Moments => "under 1 s",
            Self::Seconds => "1 s to 1 min",
            Self::Minutes => "1 min to 1 h",
            Self::Hours => "1 h to 1 day",
            Self::Days => "over 1 day",
        }
    }
}

/// The tasks that are alive at one time.
#[derive(Debug, Default)]
pub(crate) struct Alive {
    /// How many there are of each place and time. Equal places may come apart; their texts are equal.
    pub(crate) counts: BTreeMap<(Label, Idle), u64>,
    /// Tasks since the start that are in no count, since there were too many at once.
    pub(crate) without_room: u64,
}

/// None if nobody tells.
pub(crate) fn read() -> Option<Alive> {
    let mut alive = Alive {
        without_room: WITHOUT_ROOM.load(Ordering::Relaxed),
        ..Alive::default()
    };
    for task in each()? {
        let idle = task.idle.map_or(Idle::Running, Idle::of);
        *alive.counts.entry((task.place, idle)).or_default() += 1;
    }
    Some(alive)
}

/// A task that is alive.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Task {
    pub(crate) number: u64,
    pub(crate) place: Label,
    /// Since it was spawned, exact to a tenth of a second.
    pub(crate) age: Duration,
    /// Since when nobody polls it; none if somebody does.
    pub(crate) idle: Option<Duration>,
    pub(crate) polls: u32,
    /// How long its polls have taken that are over, as far as the recorder was on.
    pub(crate) busy: Duration,
}

/// All that are alive, as they are met; none if nobody tells.
pub(crate) fn each() -> Option<impl Iterator<Item = Task>> {
    if !HOOKED.load(Ordering::Relaxed) {
        return None;
    }
    let now = now();
    let scale = Scale::now();
    let since = move |then: u64| Duration::from_nanos(now.saturating_sub(then));
    let all = tasks().into_iter().flat_map(Keyed::all);
    Some(all.map(move |(number, words)| Task {
        number,
        // SAFETY: nothing else is put there.
        #[allow(unsafe_code)]
        place: unsafe { Label::from_word(words[PLACE]) },
        age: since((words[SPAWNED_AND_POLLS] >> 32) * TENTH),
        idle: (words[IDLE_SINCE] != BEING_POLLED).then(|| since(words[IDLE_SINCE])),
        polls: words[SPAWNED_AND_POLLS] as u32,
        busy: Duration::from_nanos(scale.duration(words[BUSY])),
    }))
}

/// Tasks since the start that are in no list, since there were too many at once.
pub(crate) fn without_room() -> u64 {
    WITHOUT_ROOM.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_their_buckets() {
        for (seconds, name) in [
            (0.9, "under 1 s"),
            (1.0, "1 s to 1 min"),
            (59.9, "1 s to 1 min"),
            (60.0, "1 min to 1 h"),
            (3600.0, "1 h to 1 day"),
            (86_400.0, "over 1 day"),
        ] {
            assert_eq!(Idle::of(Duration::from_secs_f64(seconds)).name(), name);
        }
    }

    #[test]
    fn numbers_are_those_that_tokio_shows() {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let runtime = runtime.expect("a runtime");
        for _ in 0..3 {
            let id = runtime.spawn(async {}).id();
            assert_eq!(number(id).to_string(), id.to_string());
        }
    }
}
