//! Why a request was slow: the parts of its time in sentences, with places.

mod cause;
mod holding;
mod sentences;
mod text;

use std::cmp::Reverse;
use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use serde::Serialize;

use self::cause::Cause;
use self::holding::Held;
use super::model::{Request, Time, Trace};
use super::names::Name;
use super::parts::{Kind, Part};

/// Why a request took as long as it did.
#[derive(Debug, Serialize)]
pub struct Why {
    /// Its number in the trace, from 1 on in the order in which requests began.
    pub request: u64,
    /// The number that its program has for its span.
    pub span: u64,
    /// Its route.
    pub route: String,
    /// Its status; 0 if none is told.
    pub status: u16,
    /// Nanoseconds from the start of the trace.
    pub start: u64,
    /// Nanoseconds.
    pub length: u64,
    /// Whether it was open when the trace ended.
    pub unfinished: bool,
    /// The parts of its time, the longest first. They add up to its length.
    pub reasons: Vec<Reason>,
    /// Nanoseconds of it for which there is no reason.
    pub unexplained: u64,
    /// What would tell more.
    pub hints: Vec<&'static str>,
}

/// A part of a request's time, put together from all that have the same reason.
#[derive(Debug, Serialize)]
pub struct Reason {
    /// Nanoseconds.
    pub length: u64,
    /// `busy`, `other thread`, `ready`, `queued` or `waiting`.
    pub kind: &'static str,
    /// What happened, with the place.
    pub sentence: String,
    /// Whether the trace tells why.
    pub explained: bool,
}

/// Parts that have the same reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Same {
    Busy(Name, Name),
    OnThread(Name, Name, u32),
    Polled(Name),
    Blocking(Name),
    Ready(Held),
    Queued(Name),
    /// The innermost span, whether it is the request's own, and what ended it, without the number of the task.
    Waiting(Name, Name, bool, Cause),
}

impl Trace {
    /// The slowest request, of a route if one is named, by its number from 1 on.
    ///
    /// # Errors
    /// When there is none.
    pub fn slowest(&self, route: Option<&str>) -> anyhow::Result<u64> {
        let requests = self.requests.iter().enumerate();
        let of_route = requests.filter(|(_, request)| {
            let name = self.text(self.root(request).name);
            route.is_none_or(|route| route == name)
        });
        let slowest = of_route.max_by_key(|(_, request)| self.root(request).time.length());
        match (slowest, route) {
            (Some((index, _)), _) => Ok(index as u64 + 1),
            (None, Some(route)) if !self.requests.is_empty() => {
                let routes = self.requests_by_route().routes;
                let routes: Vec<_> = routes.iter().map(|route| route.route.as_str()).collect();
                bail!("no request for {route}; there are {}", routes.join(", "))
            }
            (None, _) => bail!(
                "no request is in this trace: a request is a span with a field `route` under `diagnostics`' layer"
            ),
        }
    }

    /// Why a request took as long as it did: by its number in the trace, or by that of its span.
    ///
    /// # Errors
    /// When there is no such request.
    pub fn why(&self, number: u64) -> anyhow::Result<Why> {
        self.request_index(number).map(|index| self.why_at(index))
    }

    /// A request by its number in the trace, or by that of its span.
    ///
    /// # Errors
    /// When there is no such request.
    pub fn request(&self, number: u64) -> anyhow::Result<&Request> {
        let index = self.request_index(number)?;
        Ok(&self.requests[index])
    }

    fn request_index(&self, number: u64) -> anyhow::Result<usize> {
        let by_span = || {
            let span = *self.by_span.get(&number)?;
            Some(self.spans[span as usize].request as usize)
        };
        let index = match number as usize {
            index @ 1.. if index <= self.requests.len() => Some(index - 1),
            _ => by_span(),
        };
        let index = index.filter(|&index| index < self.requests.len());
        index.with_context(|| {
            let count = self.requests.len();
            format!("there is no request {number}: they are numbered from 1 to {count}")
        })
    }

    fn why_at(&self, index: usize) -> Why {
        let request = &self.requests[index];
        let root = self.root(request);
        let mut groups: BTreeMap<Same, Vec<Part>> = BTreeMap::new();
        for part in self.parts(request, Time::ALL) {
            let cause = match part.kind {
                Kind::Waiting { .. } => self.cause_in(request, part.time),
                _ => Cause::Over,
            };
            let same = self.same(part, cause);
            groups.entry(same).or_default().push(part);
        }
        let mut reasons: Vec<Reason> = groups
            .iter()
            .map(|(same, parts)| self.reason(request, *same, parts))
            .collect();
        reasons.sort_by_key(|reason| Reverse(reason.length));
        let unexplained = reasons.iter().filter(|reason| !reason.explained);
        Why {
            request: index as u64 + 1,
            span: root.id,
            route: self.text(root.name).to_owned(),
            status: root.status,
            start: root.time.start,
            length: root.time.length(),
            unfinished: root.is_unfinished,
            unexplained: unexplained.map(|reason| reason.length).sum(),
            hints: self.hints(groups.keys()),
            reasons,
        }
    }

    /// What ended a wait of a request. What its tasks do after it is for others.
    fn cause_in(&self, request: &Request, wait: Time) -> Cause {
        match wait.end >= self.root(request).time.end {
            true => Cause::Over,
            false => self.cause(&self.tasks_of(request), wait),
        }
    }

    fn same(&self, part: Part, cause: Cause) -> Same {
        let site = |span: u32| {
            let span = &self.spans[span as usize];
            (span.name, span.at)
        };
        match part.kind {
            Kind::Busy { span } => Same::Busy(site(span).0, site(span).1),
            Kind::OnThread { span, thread } => Same::OnThread(site(span).0, site(span).1, thread),
            Kind::Polled { place } => Same::Polled(place),
            Kind::Blocking { place } => Same::Blocking(place),
            Kind::Ready { .. } => Same::Ready(self.held(part.time)),
            Kind::Queued { place } => Same::Queued(place),
            Kind::Waiting { span } => {
                let cause = match cause {
                    Cause::Request { route, .. } => Cause::Request { route, task: 0 },
                    Cause::Task { place, .. } => Cause::Task { place, task: 0 },
                    other => other,
                };
                let (name, at) = site(span);
                Same::Waiting(name, at, self.spans[span as usize].is_request, cause)
            }
        }
    }

    fn hints<'s>(&self, mut reasons: impl Iterator<Item = &'s Same>) -> Vec<&'static str> {
        let mut hints = Vec::new();
        let not_told = |same: &Same| matches!(same, Same::Waiting(.., Cause::NotTold));
        if reasons.any(not_told) {
            hints.push(
                "Who ended a wait is told for futures in `diagnostics::spawn` or behind the layer `diagnostics::wakes()`.",
            );
        }
        hints
    }
}
