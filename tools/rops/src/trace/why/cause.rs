//! What ended a wait, and what whoever ended it did meanwhile.

use std::collections::BTreeSet;

use crate::trace::model::{Busy, NONE, Poll, Time, Trace};
use crate::trace::names::Name;
use crate::trace::parts::{Kind, Part};

/// Who has let a task go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// A task that works for a request of this route.
    Request { route: Name, task: u64 },
    /// A task that works for no request, spawned here.
    Task { place: Name, task: u64 },
    /// A thread that polls no tasks.
    Thread { thread: u32 },
    /// tokio itself, between two polls: for the network, a timer, another process.
    Driver,
    /// The request's own tasks.
    Itself,
    /// Nobody tells.
    NotTold,
    /// Nobody: the span was over.
    Over,
}

/// Who lets whom go on is followed so far: a queue of so many who wait for each other.
const DEEPEST: usize = 16;

impl Trace {
    /// What ended a wait of these tasks.
    pub(super) fn cause(&self, tasks: &BTreeSet<u64>, wait: Time) -> Cause {
        let Some(poll) = self.next_poll(tasks, wait.end) else {
            return Cause::Over;
        };
        let Some(flow) = self.flows.get(poll.flow as usize) else {
            return Cause::NotTold;
        };
        let at = Time {
            start: flow.time,
            end: flow.time + 1,
        };
        let source = self.polls_on(flow.thread, at).last();
        match source.map(|poll| &self.polls[poll as usize]) {
            Some(source) if tasks.contains(&source.task) => Cause::Itself,
            Some(source) => self.of_task(source, flow.time),
            None if self.threads[flow.thread as usize].is_worker => Cause::Driver,
            None => Cause::Thread {
                thread: flow.thread,
            },
        }
    }

    /// The first poll of these tasks that begins then, or later.
    fn next_poll(&self, tasks: &BTreeSet<u64>, time: u64) -> Option<&Poll> {
        let next = tasks.iter().filter_map(|task| {
            let polls = self.by_task.get(task)?;
            let next = polls.partition_point(|&poll| self.polls[poll as usize].time.start < time);
            polls.get(next).map(|&poll| &self.polls[poll as usize])
        });
        next.min_by_key(|poll| poll.time.start)
    }

    fn of_task(&self, poll: &Poll, time: u64) -> Cause {
        let task = poll.task;
        // The request that it works for then is the one that it has worked for last.
        let busy = self.busy_of_task.get(&task).map_or(&[][..], Vec::as_slice);
        let request = busy.iter().find_map(|&busy| {
            let busy = &self.busy[busy as usize];
            let is_then = busy.time.has(time) || poll.time.and(busy.time).length() > 0;
            let span = self.spans.get(busy.span as usize).filter(|_| is_then)?;
            self.requests.get(span.request as usize)
        });
        match request {
            Some(request) => Cause::Request {
                route: self.root(request).name,
                task,
            },
            None => Cause::Task {
                place: poll.place,
                task,
            },
        }
    }

    /// What was done in a time by whom a cause names, with waits for others followed to what these did.
    pub(super) fn meanwhile(&self, cause: Cause, within: Time) -> Vec<(String, u64)> {
        let mut done = Vec::new();
        self.follow(cause, within, &mut BTreeSet::new(), &mut done);
        done
    }

    fn follow(
        &self,
        cause: Cause,
        within: Time,
        followed: &mut BTreeSet<u64>,
        done: &mut Vec<(String, u64)>,
    ) {
        let task = match cause {
            Cause::Request { task, .. } | Cause::Task { task, .. } => task,
            Cause::Thread { thread } => {
                let doing = self.doing_beside(thread, within).into_iter();
                let doing = doing.map(|(time, doing)| (doing, time.length()));
                done.extend(self.summed(doing));
                return;
            }
            _ => return,
        };
        let (tasks, parts) = self.parts_of_task(task, within);
        for part in parts {
            let next = match part.kind {
                Kind::Waiting { .. } => self.cause(&tasks, part.time),
                _ => Cause::Over,
            };
            let next_task = match next {
                Cause::Request { task, .. } | Cause::Task { task, .. } => Some(task),
                _ => None,
            };
            if let Some(next_task) = next_task
                && followed.len() < DEEPEST
                && followed.insert(next_task)
            {
                self.follow(next, part.time, followed, done);
                followed.remove(&next_task);
            } else {
                done.push((self.part_text(&part), part.time.length()));
            }
        }
    }

    /// The parts of a time, seen from a task: with the spans that it was in, and what others did in them.
    fn parts_of_task(&self, task: u64, within: Time) -> (BTreeSet<u64>, Vec<Part>) {
        let all = self.busy_of_task.get(&task).map_or(&[][..], Vec::as_slice);
        let busy = || all.iter().map(|&busy| &self.busy[busy as usize]);
        let mut spans = BTreeSet::new();
        for busy in busy() {
            let mut span = busy.span;
            while let Some(known) = self.spans.get(span as usize) {
                if known.time.and(within).length() > 0 {
                    spans.insert(span);
                }
                span = known.outer;
            }
        }
        let requests: BTreeSet<u32> = spans
            .iter()
            .map(|&span| self.spans[span as usize].request)
            .filter(|&request| request != NONE)
            .collect();
        let of_requests = requests
            .iter()
            .flat_map(|&request| self.busy_of(&self.requests[request as usize]));
        for &request in &requests {
            spans.extend(&self.requests[request as usize].spans);
        }
        let mut spans: Vec<u32> = spans.into_iter().collect();
        spans.sort_by_key(|&span| {
            let span = &self.spans[span as usize];
            (span.depth, span.time.start)
        });
        let tasks = BTreeSet::from([task]);
        let busy: Vec<&Busy> = of_requests.chain(busy()).collect();
        let parts = self.parts_of(busy, &tasks, &spans, within);
        (tasks, parts)
    }

    /// What a part was, in a few words.
    pub(super) fn part_text(&self, part: &Part) -> String {
        let place = |span: u32| self.place(&self.spans[span as usize]);
        match part.kind {
            Kind::Busy { span } => format!("worked in {}", place(span)),
            Kind::OnThread { span, thread } => {
                format!("had {} work in {}", self.thread(thread), place(span))
            }
            Kind::Polled { place } => {
                format!(
                    "was polled outside of spans, spawned at {}",
                    self.text(place)
                )
            }
            Kind::Blocking { place } => {
                format!("had blocking work done, from {}", self.text(place))
            }
            Kind::Ready { .. } => "was ready and not polled".into(),
            Kind::Queued { place } => {
                format!("had blocking work in the queue, from {}", self.text(place))
            }
            Kind::Waiting { span } => format!("waited in {}", place(span)),
        }
    }
}
