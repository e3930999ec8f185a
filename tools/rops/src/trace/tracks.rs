//! The trace as it is drawn: tracks, on each of them boxes that lie in and beside each other.

use serde::Serialize;

use super::model::{NONE, Time, Trace};
use super::names::Name;

/// What a track is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Of {
    /// A thread that polls tasks.
    Worker,
    /// Another thread.
    Thread,
    /// Requests, one after the other.
    Requests,
    /// Something of another program.
    Other,
}

/// What a box is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// A task was polled.
    Poll,
    /// A thread was in a span.
    Visit,
    /// Blocking work.
    Blocking,
    /// A worker had nothing to do.
    Parked,
    /// A request.
    Request,
    /// A span of a request.
    Span,
    /// Somebody worked for a request.
    Busy,
    /// Something of another program.
    Slice,
}

/// Something that takes time, on its track.
#[derive(Debug, Clone, Copy)]
pub struct Drawn {
    /// When.
    pub time: Time,
    /// How many are around it.
    pub depth: u16,
    /// What it is.
    pub what: What,
    /// What it is called.
    pub name: Name,
    /// The index in the trace's list of its kind.
    pub index: u32,
}

impl Drawn {
    /// Whether it is a poll.
    #[must_use]
    pub fn is_poll(&self) -> bool {
        self.what == What::Poll
    }
}

/// What is drawn in a row.
#[derive(Debug)]
pub struct Track {
    /// The index of its thread.
    pub(super) thread: u32,
    /// What it is about.
    pub of: Of,
    /// The thread's, or what its program calls it.
    pub name: String,
    /// In the order of their starts, what is around others before these.
    pub boxes: Vec<Drawn>,
    /// How many boxes lie in each other.
    pub depth: u16,
}

impl Trace {
    /// All that is drawn: workers, other threads, requests. What has no boxes is left out.
    #[must_use]
    pub fn tracks(&self) -> Vec<Track> {
        let mut boxes: Vec<Vec<Drawn>> = vec![Vec::new(); self.threads.len()];
        let mut add = |track: u32, time: Time, what: What, name: Name, index: usize| {
            boxes[track as usize].push(Drawn {
                time,
                depth: 0,
                what,
                name,
                index: index as u32,
            });
        };
        for (index, poll) in self.polls.iter().enumerate() {
            add(poll.thread, poll.time, What::Poll, poll.place, index);
        }
        for (index, visit) in self.visits.iter().enumerate() {
            add(visit.thread, visit.time, What::Visit, visit.name, index);
        }
        for (index, work) in self.blocking.iter().enumerate() {
            add(work.thread, work.time, What::Blocking, work.place, index);
        }
        for (index, parked) in self.parked.iter().enumerate() {
            add(parked.thread, parked.time, What::Parked, Name::EMPTY, index);
        }
        for (index, span) in self.spans.iter().enumerate() {
            let what = match span.is_request {
                true => What::Request,
                false => What::Span,
            };
            add(span.lane, span.time, what, span.name, index);
        }
        for (index, busy) in self.busy.iter().enumerate() {
            if let Some(span) = self.spans.get(busy.span as usize) {
                add(span.lane, busy.time, What::Busy, Name::EMPTY, index);
            }
        }
        for (index, slice) in self.slices.iter().enumerate() {
            add(slice.thread, slice.time, What::Slice, slice.name, index);
        }
        let tracks = boxes.into_iter().enumerate();
        let mut tracks: Vec<Track> = tracks
            .filter(|(_, boxes)| !boxes.is_empty())
            .map(|(thread, boxes)| self.track_of(thread as u32, boxes))
            .collect();
        tracks.sort_by_key(|track| track.of);
        tracks
    }

    fn track_of(&self, thread: u32, mut boxes: Vec<Drawn>) -> Track {
        // Visits lie in polls, and what is busy in spans, where both have the same times.
        let order = |what: What| match what {
            What::Visit | What::Span => 1,
            What::Busy => 2,
            _ => 0,
        };
        boxes.sort_by_key(|one| (one.time.start, u64::MAX - one.time.end, order(one.what)));
        let depth = nest(&mut boxes);
        let is_of = |wanted: &[What]| boxes.iter().any(|one| wanted.contains(&one.what));
        let of = if self.threads[thread as usize].is_worker {
            Of::Worker
        } else if is_of(&[What::Request, What::Span]) {
            Of::Requests
        } else if is_of(&[What::Visit, What::Blocking]) {
            Of::Thread
        } else {
            Of::Other
        };
        let name = match of {
            Of::Requests => self.text(self.threads[thread as usize].name).to_owned(),
            _ => self.thread(thread),
        };
        Track {
            thread,
            of,
            name,
            boxes,
            depth,
        }
    }

    /// The request that a box is of, by its number from 1 on.
    #[must_use]
    pub fn request_of(&self, drawn: &Drawn) -> Option<u64> {
        let index = drawn.index as usize;
        let span = match drawn.what {
            What::Request | What::Span => self.spans.get(index),
            What::Busy => self.spans.get(self.busy[index].span as usize),
            What::Visit => {
                let span = self.by_span.get(&self.visits[index].span)?;
                self.spans.get(*span as usize)
            }
            _ => None,
        }?;
        (span.request != NONE).then(|| u64::from(span.request) + 1)
    }
}

/// Says how deep each box lies, and how deep the deepest.
fn nest(boxes: &mut [Drawn]) -> u16 {
    const DEEPEST: usize = 64;
    let mut ends: Vec<u64> = Vec::new();
    let mut deepest = 0;
    for one in boxes {
        // What reaches out of another one lies beneath it all the same.
        while ends.last().is_some_and(|&end| end <= one.time.start) {
            ends.pop();
        }
        ends.retain(|&end| end > one.time.start);
        one.depth = ends.len().min(DEEPEST) as u16;
        deepest = deepest.max(one.depth);
        ends.push(one.time.end);
    }
    deepest + 1
}
