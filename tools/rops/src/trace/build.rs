//! Events into a trace: each to its kind as they come, and what belongs together at the end.

mod foreign;
mod links;
mod nest;

use std::collections::HashMap;

use anyhow::bail;
use foldhash::fast::RandomState;
use serde::Deserialize;
use serde_json::value::RawValue;

use self::foreign::Foreign;
use super::facts::Facts;
use super::model::{
    Blocking, Busy, Flow, NONE, NOT_TOLD, Parked, Poll, Sample, Slice, Span, Thread, Time, Trace,
    Visit,
};
use super::names::Name;
use super::read::event::{self, Event, Id};

/// In `diagnostics`' traces, the processes under which threads and requests are drawn.
const THREADS: u64 = 1;
const REQUESTS: u64 = 2;

/// Events that are kept: half a gigabyte of memory.
const MOST_EVENTS: u64 = 8_000_000;

/// Tracks, and stacks, that are told apart.
const MOST_TRACKS: usize = 100_000;

/// A trace that grows.
#[derive(Default)]
pub(super) struct Builder {
    trace: Trace,
    events: u64,
    tracks: HashMap<(u64, u64), u32, RandomState>,
    stacks: HashMap<Box<[Name]>, u32, RandomState>,
    /// `s` without its `f`.
    flows: HashMap<u64, Flow, RandomState>,
    foreign: Foreign,
}

/// Microseconds as the format has them, to nanoseconds: what cannot be is at the edge of what can.
pub(super) fn nanoseconds(microseconds: f64) -> u64 {
    // A quarter of what fits, so that a start, a length and another length can be added.
    const FAR: f64 = (u64::MAX / 4) as f64;
    (microseconds * 1000.0).round().clamp(0.0, FAR) as u64
}

/// Bytes of arguments that are looked at. A stack of 64 frames has some kilobytes.
const MOST_ARGUMENTS: usize = 1 << 20;

/// Arguments, if they are of this kind.
fn arguments<'a, T: Deserialize<'a>>(args: Option<&'a RawValue>) -> Option<T> {
    let args = args.map(RawValue::get)?;
    let has_room = args.len() <= MOST_ARGUMENTS;
    has_room.then(|| serde_json::from_str(args).ok())?
}

impl Builder {
    pub(super) fn warn(&mut self, sentence: String) {
        self.trace.warnings.push(sentence);
    }

    pub(super) fn facts(&mut self, facts: Facts) {
        self.trace.facts = facts;
    }

    pub(super) fn add(&mut self, event: &Event<'_>) {
        self.events += 1;
        if self.events > MOST_EVENTS && event.ph != "M" {
            return;
        }
        let time = nanoseconds(event.ts);
        match &*event.ph {
            "X" => {
                let end = time + event.dur.map_or(0, nanoseconds);
                self.complete(event, Time { start: time, end });
            }
            "C" => self.count(event, time),
            "M" => self.named(event),
            "s" => {
                let flow = Flow {
                    time,
                    thread: self.track(event.pid, event.tid),
                    poll: NONE,
                    is_spawn: event.name == "spawn",
                };
                self.flows.insert(event.id.unwrap_or_default().0, flow);
            }
            "f" => self.flow_ends(event, time),
            "i" | "I" => self.moment(event, time),
            _ => {
                let track = self.track(event.pid, event.tid);
                let name = self.trace.names.add(&event.name);
                self.foreign
                    .add(event, time, (track, name), &mut self.trace.slices);
            }
        }
    }

    fn track(&mut self, Id(pid): Id, Id(tid): Id) -> u32 {
        let threads = &mut self.trace.threads;
        if threads.len() >= MOST_TRACKS {
            return self.tracks.get(&(pid, tid)).copied().unwrap_or(0);
        }
        *self.tracks.entry((pid, tid)).or_insert_with(|| {
            threads.push(Thread {
                pid,
                tid,
                name: Name::EMPTY,
                is_worker: false,
            });
            threads.len() as u32 - 1
        })
    }

    /// One of the kinds that `diagnostics` writes, if it has what these have; else one of another program.
    fn complete(&mut self, event: &Event<'_>, time: Time) {
        let thread = self.track(event.pid, event.tid);
        let name = self.trace.names.add(&event.name);
        let known = match (&*event.cat, event.pid == Id(REQUESTS)) {
            ("poll", false) => self.poll(event, time, (thread, name)),
            ("span", false) => arguments(event.args).map(|event::InSpan { span }| {
                self.trace.visits.push(Visit {
                    time,
                    span,
                    name,
                    thread,
                });
            }),
            ("blocking", false) => arguments(event.args).map(|args: event::Blocked| {
                self.trace.blocking.push(Blocking {
                    time,
                    queued: nanoseconds(args.queued),
                    by: args.by,
                    place: name,
                    thread,
                });
            }),
            ("parked", false) => {
                self.trace.parked.push(Parked { time, thread });
                self.trace.threads[thread as usize].is_worker = true;
                Some(())
            }
            // What an arrow begins in, which says the same.
            ("ready", false) => Some(()),
            ("request" | "span", true) => self.span(event, time, (thread, name)),
            ("busy", true) => arguments(event.args).map(|args: event::Busy| {
                let on = self.track(Id(THREADS), Id(args.thread));
                // The lane stands in for the span until it is known.
                self.trace.busy.push(Busy {
                    time,
                    task: args.task,
                    span: thread,
                    thread: on,
                });
            }),
            _ => None,
        };
        if known.is_none() {
            self.trace.slices.push(Slice { time, name, thread });
        }
    }

    fn poll(&mut self, event: &Event<'_>, time: Time, (thread, place): (u32, Name)) -> Option<()> {
        let args: event::Polled = arguments(event.args)?;
        self.trace.polls.push(Poll {
            time,
            task: args.task,
            ready: args.ready.map_or(NOT_TOLD, nanoseconds),
            place,
            thread,
            flow: NONE,
            is_unfinished: args.unfinished,
        });
        self.trace.threads[thread as usize].is_worker = true;
        Some(())
    }

    fn span(&mut self, event: &Event<'_>, time: Time, (lane, name): (u32, Name)) -> Option<()> {
        let args: event::OfSpan<'_> = arguments(event.args)?;
        self.trace.spans.push(Span {
            time,
            id: args.span,
            name,
            at: self.trace.names.add(&args.at),
            lane,
            outer: NONE,
            request: NONE,
            depth: 0,
            status: args.status.unwrap_or(0),
            is_request: event.cat == "request",
            is_unfinished: args.unfinished,
        });
        if args.parent != 0 {
            self.foreign.parents.insert(args.span, args.parent);
        }
        Some(())
    }

    fn flow_ends(&mut self, event: &Event<'_>, time: u64) {
        let Some(mut flow) = self.flows.remove(&event.id.unwrap_or_default().0) else {
            return;
        };
        let thread = self.track(event.pid, event.tid);
        flow.poll = self.foreign.ends.len() as u32;
        self.foreign.ends.push((thread, time));
        self.trace.flows.push(flow);
    }

    fn moment(&mut self, event: &Event<'_>, time: u64) {
        let Some(args) = arguments::<event::Sampled<'_>>(event.args) else {
            return;
        };
        let thread = self.track(event.pid, event.tid);
        let names = &mut self.trace.names;
        let frames: Box<[Name]> = args.stack.iter().map(|frame| names.add(frame)).collect();
        let stacks = &mut self.trace.stacks;
        if stacks.len() >= MOST_TRACKS {
            return;
        }
        let stack = *self.stacks.entry(frames).or_insert_with_key(|frames| {
            stacks.push(frames.clone());
            stacks.len() as u32 - 1
        });
        self.trace.samples.push(Sample {
            time,
            thread,
            stack,
        });
    }

    fn count(&mut self, event: &Event<'_>, time: u64) {
        let Some(args) = arguments::<HashMap<String, serde_json::Value>>(event.args) else {
            return;
        };
        let counter = self.trace.names.add(&event.name);
        for (name, value) in args {
            if let Some(value) = value.as_f64() {
                let key = (counter, self.trace.names.add(&name));
                let series = self.trace.series.entry(key).or_default();
                series.values.push((time, value));
            }
        }
    }

    fn named(&mut self, event: &Event<'_>) {
        let Some(args) = arguments::<event::Named<'_>>(event.args) else {
            return;
        };
        let name = self.trace.names.add(&args.name);
        if event.name == "thread_name" {
            let track = self.track(event.pid, event.tid);
            self.trace.threads[track as usize].name = name;
        }
    }

    /// What was added, in order.
    ///
    /// # Errors
    /// When nothing of it takes time, so that there is nothing to tell.
    pub(super) fn finish(mut self) -> anyhow::Result<Trace> {
        let left_out = self.events.saturating_sub(MOST_EVENTS);
        if left_out > 0 {
            self.warn(format!(
                "{left_out} events are left out, which are more than {MOST_EVENTS}; take a trace of fewer seconds"
            ));
        }
        let Self {
            mut trace, foreign, ..
        } = self;
        let (parents, ends) = foreign.finish(&mut trace);
        let has_any = [
            trace.polls.len(),
            trace.spans.len(),
            trace.slices.len(),
            trace.series.len(),
        ];
        if has_any == [0; 4] {
            bail!("nothing in this trace takes time, so there is nothing to tell");
        }
        links::sort(&mut trace);
        nest::spans(&mut trace, &parents);
        links::flows(&mut trace, &ends);
        Ok(trace)
    }
}
