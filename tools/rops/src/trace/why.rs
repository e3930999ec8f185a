//! Why a request was slow: the parts of its time in sentences, with places.

mod cause;
mod holding;

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use serde::Serialize;

use self::cause::Cause;
use super::amounts::{percent, time};
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
    Ready,
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
            let same = self.same(part.kind, cause);
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

    fn same(&self, kind: Kind, cause: Cause) -> Same {
        let site = |span: u32| {
            let span = &self.spans[span as usize];
            (span.name, span.at)
        };
        match kind {
            Kind::Busy { span } => Same::Busy(site(span).0, site(span).1),
            Kind::OnThread { span, thread } => Same::OnThread(site(span).0, site(span).1, thread),
            Kind::Polled { place } => Same::Polled(place),
            Kind::Blocking { place } => Same::Blocking(place),
            Kind::Ready { .. } => Same::Ready,
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

    fn reason(&self, request: &Request, same: Same, parts: &[Part]) -> Reason {
        let times: Vec<Time> = parts.iter().map(|part| part.time).collect();
        let length = times.iter().map(|time| time.length()).sum();
        let text = |name: Name| self.text(name);
        let place = |name: Name, at: Name| {
            let known = parts.iter().find_map(|part| match part.kind {
                Kind::Busy { span } | Kind::OnThread { span, .. } | Kind::Waiting { span } => {
                    Some(self.place(&self.spans[span as usize]))
                }
                _ => None,
            });
            known.unwrap_or_else(|| format!("`{}`, {}", text(name), text(at)))
        };
        let (kind, sentence, explained) = match same {
            Same::Busy(name, at) => {
                let hottest = self.hottest_of(request, &times);
                let hottest = hottest.map_or(String::new(), |hottest| format!("; {hottest}"));
                (
                    "busy",
                    format!("worked in {}{hottest}", place(name, at)),
                    true,
                )
            }
            Same::OnThread(name, at, thread) => (
                "other thread",
                format!("{} worked in {}", self.thread(thread), place(name, at)),
                true,
            ),
            Same::Polled(place) => (
                "busy",
                format!(
                    "its task was polled outside of its spans, spawned at {}",
                    text(place)
                ),
                true,
            ),
            Same::Blocking(place) => (
                "other thread",
                format!(
                    "a blocking thread did what was asked for at {}",
                    text(place)
                ),
                true,
            ),
            Same::Ready => match self.held_workers(&times) {
                Some(held) => ("ready", format!("ready but not polled: {held}"), true),
                None => (
                    "ready",
                    "ready but not polled, though no poll had the workers".into(),
                    false,
                ),
            },
            Same::Queued(place) => {
                let held = self.held_blocking(&times);
                let explained = held.is_some();
                let held = held.map_or(String::new(), |held| {
                    format!(": they did what was asked for at {held}")
                });
                let sentence = format!(
                    "queued for a blocking thread, asked for at {}{held}",
                    text(place)
                );
                ("queued", sentence, explained)
            }
            Same::Waiting(name, at, is_own, cause) => {
                let sentence = self.waiting(&place(name, at), cause, request, &times);
                let is_told = !matches!(cause, Cause::NotTold | Cause::Over | Cause::Itself);
                ("waiting", sentence, is_told || !is_own)
            }
        };
        Reason {
            length,
            kind,
            sentence,
            explained,
        }
    }

    fn waiting(&self, place: &str, cause: Cause, request: &Request, times: &[Time]) -> String {
        let until = match cause {
            Cause::Request { route, .. } => {
                format!("until a task of {} let it go on", self.text(route))
            }
            Cause::Task { place, .. } => {
                format!(
                    "until the task spawned at {} let it go on",
                    self.text(place)
                )
            }
            Cause::Thread { thread } => format!("until {} let it go on", self.thread(thread)),
            Cause::Driver => {
                "for something outside of the program's tasks: the network, a timer".into()
            }
            Cause::Itself => "until its own task let it go on".into(),
            Cause::NotTold => {
                let meanwhile = self.circumstances(times);
                return format!("waited in {place}{meanwhile}");
            }
            Cause::Over => return format!("waited in {place} until that was over"),
        };
        let mut sums: Vec<(String, u64)> = Vec::new();
        for &time in times {
            for (what, length) in self.meanwhile(self.cause_in(request, time), time) {
                match sums.iter_mut().find(|(known, _)| *known == what) {
                    Some((_, sum)) => *sum += length,
                    None => sums.push((what, length)),
                }
            }
        }
        sums.sort_by_key(|&(_, length)| Reverse(length));
        let whole: u64 = times.iter().map(|time| time.length()).sum();
        let most: Vec<String> = sums
            .iter()
            .take(3)
            .filter(|(_, length)| length * 20 > whole)
            .map(|(what, length)| format!("{what} ({})", time(*length)))
            .collect();
        match most.is_empty() {
            true => format!("waited in {place} {until}"),
            false => format!(
                "waited in {place} {until}, which meanwhile {}",
                most.join(", ")
            ),
        }
    }

    /// Where most samples of the processor are that were taken while a request was worked on.
    fn hottest_of(&self, request: &Request, times: &[Time]) -> Option<String> {
        let busy = self.busy_of(request).iter();
        let busy = busy.filter(|busy| times.iter().any(|time| time.and(busy.time).length() > 0));
        let longest = busy.max_by_key(|busy| busy.time.length())?;
        let hottest = self.hottest_text(longest.thread, longest.time)?;
        Some(format!("most samples: {hottest}"))
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

impl Why {
    /// As sentences. Parts of less than a thousandth are one line.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let status = match self.status {
            0 => String::new(),
            status => format!(", status {status}"),
        };
        let open = match self.unfinished {
            true => ", not over at the end of the trace",
            false => "",
        };
        let _ = writeln!(
            text,
            "request {}: {}, {} from {} on{status}{open}",
            self.request,
            self.route,
            time(self.length),
            time(self.start)
        );
        let is_long = |reason: &&Reason| reason.length * 1000 >= self.length;
        let mut line = |length: u64, what: &str| {
            let part = percent(length, self.length);
            let _ = writeln!(text, "  {:>8} {part:>8}  {what}", time(length));
        };
        for reason in self.reasons.iter().filter(is_long) {
            let not_known = match reason.explained {
                true => "",
                false => "; why, the trace does not tell",
            };
            line(reason.length, &format!("{}{not_known}", reason.sentence));
        }
        let short: Vec<_> = self.reasons.iter().filter(|one| !is_long(one)).collect();
        if !short.is_empty() {
            let length = short.iter().map(|reason| reason.length).sum();
            line(length, &format!("{} shorter parts", short.len()));
        }
        if self.unexplained * 1000 >= self.length {
            line(self.unexplained, "of all that are not explained");
        }
        for hint in &self.hints {
            let _ = writeln!(text, "{hint}");
        }
        text
    }
}
