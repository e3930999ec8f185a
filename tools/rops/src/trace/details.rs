//! What is known of a box of the timeline, and what belongs to it.

use serde::Serialize;

use super::amounts::time;
use super::model::{Request, Span, Time, Trace};
use super::names::Name;
use super::tracks::{Drawn, Track, What};

/// What is known of something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Detail {
    /// Such as `length`.
    pub name: &'static str,
    /// How it is written.
    pub value: String,
}

impl Trace {
    /// What is known of a box.
    #[must_use]
    pub fn facts_of(&self, drawn: &Drawn) -> Vec<Detail> {
        let index = drawn.index as usize;
        let mut facts = Facts(vec![
            Detail {
                name: "from",
                value: time(drawn.time.start),
            },
            Detail {
                name: "length",
                value: time(drawn.time.length()),
            },
        ]);
        match drawn.what {
            What::Poll => self.of_poll(index, &mut facts),
            What::Visit => {
                let visit = &self.visits[index];
                facts.add("thread", self.thread(visit.thread));
                if let Some(&span) = self.by_span.get(&visit.span) {
                    self.of_span(&self.spans[span as usize], &mut facts);
                }
            }
            What::Blocking => {
                let work = &self.blocking[index];
                facts.add("asked for at", self.text(work.place).to_owned());
                facts.add("queued before", time(work.queued));
                if work.by != 0 {
                    facts.add("by task", work.by.to_string());
                }
            }
            What::Parked => facts.add("thread", self.thread(self.parked[index].thread)),
            What::Request | What::Span => self.of_span(&self.spans[index], &mut facts),
            What::Busy => {
                let busy = &self.busy[index];
                facts.add("on", self.thread(busy.thread));
                if busy.task != 0 {
                    facts.add("task", busy.task.to_string());
                }
                if let Some(span) = self.spans.get(busy.span as usize) {
                    self.of_span(span, &mut facts);
                }
            }
            What::Slice => facts.add("on", self.thread(self.slices[index].thread)),
        }
        facts.0
    }

    fn of_poll(&self, index: usize, facts: &mut Facts) {
        let poll = &self.polls[index];
        facts.add("task", poll.task.to_string());
        facts.add("spawned at", self.text(poll.place).to_owned());
        facts.add("thread", self.thread(poll.thread));
        if let Some(ready) = poll.ready() {
            facts.add("ready before", time(ready.length()));
        }
        if let Some(flow) = self.flows.get(poll.flow as usize) {
            let name = match flow.is_spawn {
                true => "spawned on",
                false => "woken on",
            };
            let ago = time(poll.time.start.saturating_sub(flow.time));
            facts.add(name, format!("{}, {ago} before", self.thread(flow.thread)));
        }
        if poll.is_unfinished {
            facts.add("end", "not in the trace".into());
        }
    }

    fn of_span(&self, span: &Span, facts: &mut Facts) {
        facts.add("span", self.text(span.name).to_owned());
        if span.at != Name::EMPTY {
            facts.add("at", self.text(span.at).to_owned());
        }
        if span.status != 0 {
            facts.add("status", span.status.to_string());
        }
        if let Some(request) = self.requests.get(span.request as usize) {
            let route = self.text(self.root(request).name);
            facts.add("request", format!("{}, {route}", span.request + 1));
        }
        if span.is_unfinished {
            facts.add("end", "not in the trace".into());
        }
    }

    /// When the tasks of a request were polled for it.
    ///
    /// # Errors
    /// When there is no such request.
    pub fn polls_for(&self, request: u64) -> anyhow::Result<Vec<Time>> {
        let request: &Request = self.request(request)?;
        let within = self.root(request).time;
        let tasks = self.tasks_of(request);
        let polls = tasks
            .iter()
            .flat_map(|&task| self.polls_of_task(task, within))
            .map(|poll| poll.time)
            .filter(|time| time.and(within).length() > 0);
        Ok(polls.collect())
    }

    /// The stacks that the processor was in on a track's thread in a time, the innermost frame first.
    pub fn stacks_of(&self, track: &Track, time: Time) -> impl Iterator<Item = &[Name]> {
        let thread = track.thread;
        let first = self
            .samples
            .partition_point(|sample| sample.time < time.start);
        let samples = self.samples[first..].iter();
        let samples = samples.take_while(move |sample| sample.time <= time.end);
        samples
            .filter(move |sample| sample.thread == thread)
            .map(|sample| &*self.stacks[sample.stack as usize])
    }
}

struct Facts(Vec<Detail>);

impl Facts {
    fn add(&mut self, name: &'static str, value: String) {
        self.0.push(Detail { name, value });
    }
}
