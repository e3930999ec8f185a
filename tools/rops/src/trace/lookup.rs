//! What a trace is asked for by all reports: texts, threads, requests' spans, polls of a task.

use super::model::{Busy, Poll, Request, Series, Span, Thread, Time, Trace};
use super::names::Name;

impl Trace {
    /// The text of a name.
    #[must_use]
    pub fn text(&self, name: Name) -> &str {
        self.names.text(name)
    }

    /// All texts, in the order of their numbers.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.names.all()
    }

    /// A counter's numbers, by the counter's name and the number's.
    #[must_use]
    pub fn series(&self, counter: &str, number: &str) -> Option<&Series> {
        let key = (self.names.find(counter)?, self.names.find(number)?);
        self.series.get(&key)
    }

    /// A thread's name, and its number where names are not enough.
    #[must_use]
    pub fn thread(&self, index: u32) -> String {
        let Thread { tid, name, .. } = self.threads[index as usize];
        match self.text(name) {
            "" => format!("thread {tid}"),
            name => format!("{name} {tid}"),
        }
    }

    /// The request's outermost span.
    #[must_use]
    pub fn root(&self, request: &Request) -> &Span {
        &self.spans[request.span as usize]
    }

    /// A request's spans, the outermost first.
    pub fn spans_of<'t>(&'t self, request: &'t Request) -> impl Iterator<Item = &'t Span> {
        request.spans.iter().map(|&span| &self.spans[span as usize])
    }

    /// What was done for a request.
    #[must_use]
    pub fn busy_of(&self, request: &Request) -> &[Busy] {
        &self.busy[request.busy.start as usize..request.busy.end as usize]
    }

    /// Polls of a task that have anything to do with a time: that were going on in it, or whose task was ready in it.
    pub fn polls_of_task(&self, task: u64, time: Time) -> impl Iterator<Item = &Poll> {
        let polls = self.by_task.get(&task).map_or(&[][..], Vec::as_slice);
        let first = polls.partition_point(|&poll| self.polls[poll as usize].time.end <= time.start);
        polls[first..]
            .iter()
            .map(|&poll| &self.polls[poll as usize])
            .take_while(move |poll| {
                let begin = poll.ready().map_or(poll.time.start, |ready| ready.start);
                begin < time.end
            })
    }

    /// Threads that poll tasks, by their indexes.
    pub fn workers(&self) -> impl Iterator<Item = u32> {
        let threads = self.threads.iter().enumerate();
        threads
            .filter(|(_, thread)| thread.is_worker)
            .map(|(index, _)| index as u32)
    }

    /// A place and a line, such as `hashing, src/auth.rs:92`, of a span.
    #[must_use]
    pub fn place(&self, span: &Span) -> String {
        let name = match span.is_request {
            true => format!("the request {}", self.text(span.name)),
            false => format!("`{}`", self.text(span.name)),
        };
        match self.text(span.at) {
            "" => name,
            at => format!("{name}, {at}"),
        }
    }

    /// The outermost span around one that is of no request: it tells what is going on, as a route does of a request's.
    pub(super) fn around(&self, span: u32) -> Option<&Span> {
        let outer = |span: &Span| self.spans.get(span.outer as usize);
        let span = self.spans.get(span as usize)?;
        let is_of_none = self.requests.get(span.request as usize).is_none();
        std::iter::successors(outer(span).filter(|_| is_of_none), |&span| outer(span)).last()
    }
}
