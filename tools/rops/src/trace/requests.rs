//! Requests by route: where their time went.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Serialize;
use terminal::grouped;

use super::amounts::{Amounts, percent, time};
use super::model::{Request, Time, Trace};
use super::parts::Kind;

/// Requests by route, those that took longest all together first.
#[derive(Debug, Serialize)]
pub struct Requests {
    /// The routes.
    pub routes: Vec<Route>,
}

/// The requests of one route. Parts are nanoseconds of all of them, and add up to `length`'s total.
#[derive(Debug, Default, Serialize)]
pub struct Route {
    /// Its name.
    pub route: String,
    /// Requests.
    pub count: u64,
    /// How many of them were open when the trace ended.
    pub unfinished: u64,
    /// Requests by their status; 0 is none.
    pub status: BTreeMap<u16, u64>,
    /// How long they took.
    pub length: Amounts,
    /// A task worked for them.
    pub busy: u64,
    /// Other threads did: those of a database, and for blocking work.
    pub other_threads: u64,
    /// Their task was ready, and nobody polled it.
    pub ready: u64,
    /// Their blocking work waited for a thread.
    pub queued: u64,
    /// They waited, by the innermost span that was open then.
    pub waiting: Vec<(String, u64)>,
    /// The slowest one, as `rops trace why` knows it.
    pub slowest: u64,
}

impl Trace {
    /// Requests by route.
    #[must_use]
    pub fn requests_by_route(&self) -> Requests {
        let mut routes: BTreeMap<&str, Route> = BTreeMap::new();
        for (index, request) in self.requests.iter().enumerate() {
            let root = self.root(request);
            let route = routes.entry(self.text(root.name)).or_default();
            route.count += 1;
            route.unfinished += u64::from(root.is_unfinished);
            *route.status.entry(root.status).or_default() += 1;
            let slowest = self.requests.get((route.slowest as usize).wrapping_sub(1));
            if slowest.is_none_or(|slowest| self.root(slowest).time.length() < root.time.length()) {
                route.slowest = index as u64 + 1;
            }
            route.length.add(root.time.length());
            self.add_parts(request, route);
        }
        let finish = |(name, mut route): (&str, Route)| {
            route.length.sort();
            route.waiting.sort_by_key(|&(_, length)| Reverse(length));
            Route {
                route: name.to_owned(),
                ..route
            }
        };
        let mut routes: Vec<_> = routes.into_iter().map(finish).collect();
        routes.sort_by_key(|route| Reverse(route.length.total()));
        Requests { routes }
    }

    fn add_parts(&self, request: &Request, route: &mut Route) {
        for part in self.parts(request, Time::ALL) {
            let length = part.time.length();
            match part.kind {
                Kind::Busy { .. } | Kind::Polled { .. } => route.busy += length,
                Kind::OnThread { .. } | Kind::Blocking { .. } => route.other_threads += length,
                Kind::Ready { .. } => route.ready += length,
                Kind::Queued { .. } => route.queued += length,
                Kind::Waiting { span } => {
                    let place = self.place(&self.spans[span as usize]);
                    match route.waiting.iter_mut().find(|(known, _)| *known == place) {
                        Some((_, sum)) => *sum += length,
                        None => route.waiting.push((place, length)),
                    }
                }
            }
        }
    }
}

impl Requests {
    /// As a list.
    #[must_use]
    pub fn text(&self) -> String {
        if self.routes.is_empty() {
            return "No request is in this trace: a request is a span with a field `route` under `diagnostics`' layer.\n"
                .into();
        }
        let mut text = String::new();
        for route in &self.routes {
            route.write(&mut text);
        }
        text
    }
}

impl Route {
    fn write(&self, text: &mut String) {
        let status: Vec<String> = self
            .status
            .iter()
            .map(|(status, count)| match status {
                0 => format!("{} without a status", grouped(count)),
                status => format!("{} with {status}", grouped(count)),
            })
            .collect();
        let _ = writeln!(text, "{}: {}", self.route, status.join(", "));
        let [p50, p99, max] = self.length.texts();
        let _ = writeln!(
            text,
            "    p50 {p50}, p99 {p99}, max {max} (request {})",
            self.slowest
        );
        if self.unfinished > 0 {
            let _ = writeln!(
                text,
                "    {} were not over at the end",
                grouped(self.unfinished)
            );
        }
        let whole = self.length.total();
        let waiting = self
            .waiting
            .iter()
            .map(|(place, length)| (format!("waiting in {place}"), *length));
        let parts = [
            ("busy".to_owned(), self.busy),
            ("on other threads".to_owned(), self.other_threads),
            ("ready, not polled".to_owned(), self.ready),
            ("queued for a blocking thread".to_owned(), self.queued),
        ];
        for (what, length) in parts.into_iter().chain(waiting) {
            // Less than a thousandth is no answer to where the time went.
            if length > whole / 1000 {
                let part = percent(length, whole);
                let _ = writeln!(text, "    {part:>7}  {:>8}  {what}", time(length));
            }
        }
    }
}
