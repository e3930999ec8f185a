//! A timeline as Trace Event JSON, which Perfetto, speedscope and chrome://tracing read: one event after the other, in
//! memory for what is still open only. The format is that of the document "Trace Event Format".
//!
//! | process | tracks | what lies there |
//! |---|---|---|
//! | 1, threads | one for each thread | polls with the spans in them, what blocks, when a worker had nothing to do, wakes and spawns outside of polls |
//! | 2, requests | lanes | each request with its spans, and when somebody worked for it |
//!
//! `s` and `f` events lead from who has woken or spawned a task to its next poll. `C` events are the counters.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};

use super::json::{
    Blocked, Blocking, Busy, Heap, InSpan, Memory, Nothing, OfSpan, Polled, REQUESTS, THREADS,
    Tasks, Writer,
};
use super::lanes::Lanes;
use super::nest::{Interval, Track};
use super::requests::{Requests, Site};
use super::spans::{Closed, Draw, Visit};
use super::wakes::{Wake, Wakes};
use crate::recorder::clock::Scale;
use crate::recorder::names;
use crate::recorder::polls::Running;
use crate::recorder::reading::{OpenSpan, Recorded};
use crate::recorder::record::{Counter, Event, Name};
use crate::sampling::labels::Label;

fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}

/// Records on their way to a timeline.
pub(crate) struct Trace {
    scale: Scale,
    tracks: HashMap<u64, Track>,
    requests: Requests,
    lanes: Lanes,
    wakes: Wakes,
    flows: u64,
    texts: Texts,
}

impl Trace {
    /// `open` are the spans that are open at its start.
    pub(crate) fn new(scale: Scale, open: &[OpenSpan]) -> Self {
        Self {
            scale,
            tracks: HashMap::new(),
            requests: Requests::new(scale, open),
            lanes: Lanes::default(),
            wakes: Wakes::default(),
            flows: 0,
            texts: Texts::default(),
        }
    }

    /// Adds what a thread has recorded. It comes in the order in which it was over.
    pub(crate) fn add<W: Write>(
        &mut self,
        recorded: &Recorded,
        out: &mut Writer<W>,
    ) -> io::Result<()> {
        let closed = self.requests.follow(recorded);
        let thread = recorded.thread;
        let scale = self.scale;
        let at = |time| scale.nanoseconds(time);
        let of = |start, length| Interval::of(&scale, start, length);
        match recorded.event {
            Event::Poll {
                start,
                length,
                task,
                place,
                ready,
            } => {
                let interval = of(start, length);
                self.lead_to(task, (thread, interval.start), out)?;
                let name = (self.texts.place(place), "poll");
                let interval = self.tracks.entry(thread).or_default().add(interval);
                let args = Polled {
                    task,
                    ready: ready.map(microseconds),
                    unfinished: false,
                };
                out.complete((THREADS, thread), interval, name, args)
            }
            Event::Visit {
                start,
                length,
                span,
                task,
            } => {
                let name = (self.texts.site(self.requests.site(span)), "span");
                let interval = of(start, length);
                let interval = self.tracks.entry(thread).or_default().add(interval);
                out.complete((THREADS, thread), interval, name, InSpan { span, task })
            }
            Event::Blocking {
                start,
                length,
                place,
                queued,
                by,
            } => {
                let name = (self.texts.place(place), "blocking");
                let queued = scale.duration(queued) as f64 / 1000.0;
                let interval = self
                    .tracks
                    .entry(thread)
                    .or_default()
                    .add(of(start, length));
                out.complete((THREADS, thread), interval, name, Blocked { queued, by })
            }
            Event::Parked { start, length } => {
                let interval = self
                    .tracks
                    .entry(thread)
                    .or_default()
                    .add(of(start, length));
                out.complete(
                    (THREADS, thread),
                    interval,
                    ("parked", "parked"),
                    Nothing {},
                )
            }
            Event::Spawned { time, task, by, .. } => {
                self.ready("spawn", (task, by), (thread, at(time)), out)
            }
            Event::Woken { time, task, by } => {
                self.ready("wake", (task, by), (thread, at(time)), out)
            }
            Event::Ended { time, task } => {
                self.wakes.ended(task, at(time));
                Ok(())
            }
            Event::SpanOpened { .. } | Event::Status { .. } => Ok(()),
            Event::SpanClosed { .. } => match closed {
                Some(closed) => self.draw(&closed, out),
                None => Ok(()),
            },
            Event::Count {
                time,
                which,
                first,
                second,
            } => {
                let time = at(time);
                match which {
                    Counter::Tasks => out.count(
                        "tasks",
                        time,
                        Tasks {
                            alive: first,
                            queued: second,
                        },
                    ),
                    Counter::Memory => out.count(
                        "memory",
                        time,
                        Memory {
                            allocated: first,
                            resident: second,
                        },
                    ),
                    Counter::Heap => out.count(
                        "heap",
                        time,
                        Heap {
                            handed_out: first,
                            given_back: second,
                        },
                    ),
                    Counter::Blocking => out.count(
                        "blocking",
                        time,
                        Blocking {
                            threads: first,
                            queued: second,
                        },
                    ),
                }
            }
        }
    }

    /// Somebody has made a task ready, in the poll of another one or in none. An arrow begins where something lies, so then
    /// a nanosecond is put there.
    fn ready<W: Write>(
        &mut self,
        name: &'static str,
        (task, by): (u64, u64),
        (thread, time): (u64, u64),
        out: &mut Writer<W>,
    ) -> io::Result<()> {
        self.wakes.add(task, Wake { name, thread, time });
        if by != 0 {
            return Ok(());
        }
        let end = time + 1;
        let track = self.tracks.entry(thread).or_default();
        let interval = track.add(Interval { start: time, end });
        out.complete((THREADS, thread), interval, (name, "ready"), Nothing {})
    }

    /// From who has made a task ready, if that is known, to its next poll.
    fn lead_to<W: Write>(
        &mut self,
        task: u64,
        poll: (u64, u64),
        out: &mut Writer<W>,
    ) -> io::Result<()> {
        let Some(wake) = self.wakes.take(task, poll.1) else {
            return Ok(());
        };
        self.flows += 1;
        out.flow(self.flows, wake.name, (wake.thread, wake.time), poll)
    }

    fn draw<W: Write>(&mut self, span: &Closed<Site>, out: &mut Writer<W>) -> io::Result<()> {
        let lane = self.lanes.put(span.interval);
        let mut drawing = Drawing {
            lanes: &mut self.lanes,
            texts: &mut self.texts,
            out,
            result: Ok(()),
        };
        span.draw(lane, &mut drawing);
        drawing.result
    }

    /// Adds what was not over at the end of the recording, `running` among it, and the names of the tracks.
    pub(crate) fn finish<W: Write>(
        mut self,
        end: u64,
        running: &[Running],
        threads: &BTreeMap<u64, String>,
        out: &mut Writer<W>,
    ) -> io::Result<()> {
        let end_time = self.scale.nanoseconds(end);
        for poll in running {
            let (start, end) = (self.scale.nanoseconds(poll.since), end_time);
            // It has begun since the end was noted.
            if start >= end {
                continue;
            }
            self.lead_to(poll.task, (poll.thread, start), out)?;
            let track = self.tracks.entry(poll.thread).or_default();
            let args = Polled {
                task: poll.task,
                ready: poll.ready.map(microseconds),
                unfinished: true,
            };
            let name = (self.texts.place(poll.place), "poll");
            out.complete(
                (THREADS, poll.thread),
                track.add(Interval { start, end }),
                name,
                args,
            )?;
        }
        for span in self.requests.still_open(end) {
            self.draw(&span, out)?;
        }
        out.name("process_name", THREADS, 0, "threads")?;
        for (&thread, name) in threads {
            out.name("thread_name", THREADS, thread, name)?;
        }
        out.name("process_name", REQUESTS, 0, "requests")?;
        for lane in 0..self.lanes.count() {
            let track = track(lane);
            out.name("thread_name", REQUESTS, track, &format!("lane {track}"))?;
        }
        Ok(())
    }
}

/// The number of a lane's track. They count from 1: Perfetto takes 0 for no thread, and puts it where another one is.
fn track(lane: usize) -> u64 {
    lane as u64 + 1
}

/// Requests, on their lanes.
struct Drawing<'a, W> {
    lanes: &'a mut Lanes,
    texts: &'a mut Texts,
    out: &'a mut Writer<W>,
    result: io::Result<()>,
}

impl<W: Write> Drawing<'_, W> {
    fn keep(&mut self, result: io::Result<()>) {
        if self.result.is_ok() {
            self.result = result;
        }
    }
}

impl<W: Write> Draw<Site> for Drawing<'_, W> {
    fn lane(&mut self, interval: Interval) -> usize {
        self.lanes.put(interval)
    }

    fn span(&mut self, lane: usize, span: &Closed<Site>, around: Option<&Closed<Site>>) {
        let site = &span.site;
        let route = site
            .route
            .map(|Name(number)| Label::of_route_number(number).to_string());
        let (name, at) = self.texts.site_and_place(site.name);
        let (name, cat) = match &route {
            Some(route) => (route.as_str(), "request"),
            None => (name, "span"),
        };
        let args = OfSpan {
            span: site.span,
            parent: around.map_or(0, |around| around.site.span),
            at,
            status: site.status,
            left_out: span.left_out,
            unfinished: span.is_open,
        };
        let result = self
            .out
            .complete((REQUESTS, track(lane)), span.interval, (name, cat), args);
        self.keep(result);
    }

    fn busy(&mut self, lane: usize, visit: Visit) {
        let Visit {
            interval,
            thread,
            task,
        } = visit;
        let args = Busy { thread, task };
        let result = self
            .out
            .complete((REQUESTS, track(lane)), interval, ("busy", "busy"), args);
        self.keep(result);
    }
}

/// The texts of places and call sites, made once each.
#[derive(Default)]
struct Texts {
    places: HashMap<Name, String>,
    sites: HashMap<Name, (String, String)>,
}

impl Texts {
    fn place(&mut self, name: Name) -> &str {
        let text = self.places.entry(name);
        text.or_insert_with(|| {
            let place = names::place(name);
            place.map_or_else(
                || "[further places]".into(),
                |place| Label::of_task(place).to_string(),
            )
        })
    }

    fn site(&mut self, name: Name) -> &str {
        self.site_and_place(name).0
    }

    fn site_and_place(&mut self, name: Name) -> (&str, &str) {
        let texts = self.sites.entry(name);
        let (name, place) = texts.or_insert_with(|| {
            names::site_texts(name).unwrap_or_else(|| ("[unknown span]".into(), String::new()))
        });
        (name, place)
    }
}
