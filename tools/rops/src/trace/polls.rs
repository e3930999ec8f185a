//! The longest polls: who held a worker, in what, and what was ready meanwhile and had to wait.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::Serialize;
use terminal::grouped;

use super::amounts::{percent, time};
use super::holders::Doing;
use super::model::{Poll, Slice, Time, Trace};

/// The longest polls. Of a trace without polls, the longest of what is drawn.
#[derive(Debug, Serialize)]
pub struct Polls {
    /// The longest first.
    pub polls: Vec<LongPoll>,
}

/// A poll that took long.
#[derive(Debug, Serialize)]
pub struct LongPoll {
    /// Nanoseconds from the start of the trace.
    pub start: u64,
    /// Nanoseconds.
    pub length: u64,
    /// The thread that it held.
    pub thread: String,
    /// The task; 0 in other programs' traces.
    pub task: u64,
    /// Where the task was spawned, or what is drawn.
    pub place: String,
    /// What it was in, and for how many nanoseconds, the longest first.
    pub inside: Vec<(String, u64)>,
    /// Where most of its CPU samples are, if there are any.
    pub hottest: Option<String>,
    /// Other tasks that were ready meanwhile.
    pub behind: u64,
    /// Nanoseconds that they had to wait, all together.
    pub waited: u64,
    /// Whether the trace ended first.
    pub unfinished: bool,
}

impl Trace {
    /// The longest polls, at most so many.
    #[must_use]
    pub fn longest_polls(&self, most: usize) -> Polls {
        let mut polls: Vec<&Poll> = self.polls.iter().collect();
        polls.sort_by_key(|poll| Reverse(poll.time.length()));
        let mut polls: Vec<_> = polls
            .into_iter()
            .take(most)
            .map(|poll| self.long_poll(poll))
            .collect();
        if self.polls.is_empty() {
            let mut slices: Vec<&Slice> = self.slices.iter().collect();
            slices.sort_by_key(|slice| Reverse(slice.time.length()));
            let slices = slices.into_iter().take(most);
            polls.extend(slices.map(|slice| self.long_slice(slice)));
        }
        Polls { polls }
    }

    fn long_poll(&self, poll: &Poll) -> LongPoll {
        let (behind, waited) = self.behind(poll);
        LongPoll {
            start: poll.time.start,
            length: poll.time.length(),
            thread: self.thread(poll.thread),
            task: poll.task,
            place: self.text(poll.place).to_owned(),
            inside: self.inside(poll.thread, poll.time),
            hottest: self.hottest_text(poll.thread, poll.time),
            behind,
            waited,
            unfinished: poll.is_unfinished,
        }
    }

    fn long_slice(&self, slice: &Slice) -> LongPoll {
        LongPoll {
            start: slice.time.start,
            length: slice.time.length(),
            thread: self.thread(slice.thread),
            task: 0,
            place: self.text(slice.name).to_owned(),
            inside: Vec::new(),
            hottest: None,
            behind: 0,
            waited: 0,
            unfinished: false,
        }
    }

    /// The spans that a thread was in, and for how long.
    fn inside(&self, thread: u32, within: Time) -> Vec<(String, u64)> {
        let spans = self.doing(thread, within).into_iter();
        let spans = spans.filter(|(_, doing)| !matches!(doing, Doing::Poll(_)));
        self.summed(spans.map(|(time, doing)| (doing, time.length())))
    }

    /// What was done, each once, the longest first.
    pub(super) fn summed(&self, done: impl Iterator<Item = (Doing, u64)>) -> Vec<(String, u64)> {
        let mut sums: Vec<(String, u64)> = Vec::new();
        for (doing, length) in done {
            let text = self.doing_text(doing);
            match sums.iter_mut().find(|(known, _)| *known == text) {
                Some((_, sum)) => *sum += length,
                None => sums.push((text, length)),
            }
        }
        sums.sort_by_key(|&(_, length)| Reverse(length));
        sums
    }

    pub(super) fn doing_text(&self, doing: Doing) -> String {
        match doing {
            Doing::Span(span) => {
                let place = self.place(&self.spans[span as usize]);
                match self.around(span) {
                    Some(around) => format!("{place}, of {}", self.place(around)),
                    None => place,
                }
            }
            Doing::Named(name) => format!("`{}`", self.text(name)),
            Doing::Poll(place) => format!("a task spawned at {}", self.text(place)),
        }
    }

    pub(super) fn hottest_text(&self, thread: u32, time: Time) -> Option<String> {
        let (frame, most, all) = self.hottest(thread, time)?;
        let frame = self.text(frame);
        Some(format!("{frame}, {most} of {all} samples"))
    }

    /// Tasks that were ready during a poll, on whichever thread they were polled then, and how long during it.
    fn behind(&self, poll: &Poll) -> (u64, u64) {
        let (mut tasks, mut waited) = (BTreeSet::new(), 0);
        let first = self
            .polls
            .partition_point(|other| other.time.start < poll.time.start);
        for other in &self.polls[first..] {
            let Some(ready) = other.ready().filter(|_| other.task != poll.task) else {
                continue;
            };
            let together = ready.and(poll.time).length();
            if together > 0 {
                tasks.insert(other.task);
                waited += together;
            }
        }
        (tasks.len() as u64, waited)
    }
}

impl Polls {
    /// As a list.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for poll in &self.polls {
            let _ = write!(
                text,
                "{} from {} on, on {}",
                time(poll.length),
                time(poll.start),
                poll.thread
            );
            if poll.unfinished {
                text += ", and not at its end";
            }
            text.push('\n');
            let _ = match poll.task {
                0 => writeln!(text, "    {}", poll.place),
                task => writeln!(text, "    task {task}, spawned at {}", poll.place),
            };
            for (place, length) in poll.inside.iter().take(3) {
                let part = percent(*length, poll.length);
                let _ = writeln!(text, "    in {place}: {} ({part})", time(*length));
            }
            if let Some(hottest) = &poll.hottest {
                let _ = writeln!(text, "    most samples: {hottest}");
            }
            if poll.behind > 0 {
                let tasks = match poll.behind {
                    1 => "1 task was".into(),
                    count => format!("{} tasks were", grouped(count)),
                };
                let waited = time(poll.waited);
                let _ = writeln!(
                    text,
                    "    behind it: {tasks} ready, for {waited} all together"
                );
            }
        }
        text
    }
}
