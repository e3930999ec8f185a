//! Where requests wait: the time in which a span was open, and neither it nor a span in it was being worked on.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::Duration;

use super::nest::Interval;
use super::record::LATE;
use super::requests::{Requests, Site};
use super::spans::Closed;
use crate::recorder::clock::{self, Scale};
use crate::recorder::names;
use crate::recorder::reading::{self, Reader};
use crate::recorder::record::Name;
use crate::sampling::labels::Label;

/// Where spans have waited.
#[derive(Debug)]
pub(crate) struct Waits {
    /// How far the records reach back.
    pub(crate) length: Duration,
    pub(crate) stacks: Vec<Wait>,
}

/// Spans that have waited in the same place: opened at the same call sites inside of each other, for the same route.
#[derive(Debug)]
pub(crate) struct Wait {
    /// The innermost span comes first.
    pub(crate) stack: Vec<Place>,
    pub(crate) route: Option<Label>,
    /// Spans.
    pub(crate) count: u64,
    pub(crate) nanoseconds: u64,
}

/// A span's call site.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) span: String,
    pub(crate) file: String,
    pub(crate) line: u32,
}

/// What the flight recorder remembers of the last seconds.
pub(crate) fn waits(duration: Duration) -> Waits {
    let (end, open) = (clock::now(), reading::open_spans());
    let mut reader = Reader::default();
    sleep(LATE);
    let records = reader.until(end);
    let scale = Scale::now();
    let asked = u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX);
    let asked = end.saturating_sub(scale.ticks(asked));
    let first = records.partition_point(|recorded| recorded.event.end() < asked);
    let records = &records[first..];
    let start = records.first().map_or(end, |first| first.event.end());
    let mut requests = Requests::new(scale, &reading::open_before(records, open));
    let mut sums = Sums {
        start: scale.nanoseconds(start),
        stacks: BTreeMap::new(),
    };
    for recorded in records {
        if let Some(closed) = requests.follow(recorded) {
            sums.add(&closed);
        }
    }
    for closed in requests.still_open(end) {
        sums.add(&closed);
    }
    let stacks = sums
        .stacks
        .into_iter()
        .map(|(key, (count, nanoseconds))| Wait {
            stack: key.stack.iter().rev().map(|&site| place(site)).collect(),
            route: key.route.map(|Name(number)| Label::of_route_number(number)),
            count,
            nanoseconds,
        });
    let length = scale.nanoseconds(end).saturating_sub(sums.start);
    Waits {
        length: Duration::from_nanos(length),
        stacks: stacks.collect(),
    }
}

fn place(site: Name) -> Place {
    let (span, place) =
        names::site_texts(site).unwrap_or_else(|| ("[unknown span]".into(), String::new()));
    let (file, line) = match place.rsplit_once(':') {
        Some((file, line)) => (file.to_owned(), line.parse().unwrap_or(0)),
        None => (place, 0),
    };
    Place { span, file, line }
}

/// Call sites, the outermost first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    stack: Vec<Name>,
    route: Option<Name>,
}

struct Sums {
    /// What was before is not known.
    start: u64,
    /// How many spans, and their nanoseconds.
    stacks: BTreeMap<Key, (u64, u64)>,
}

impl Sums {
    fn add(&mut self, span: &Closed<Site>) {
        self.add_in(span, &mut Vec::new(), span.site.route);
    }

    fn add_in(&mut self, span: &Closed<Site>, stack: &mut Vec<Name>, route: Option<Name>) {
        stack.push(span.site.name);
        let idle = span.idle(self.start);
        if idle > 0 {
            let key = Key {
                stack: stack.clone(),
                route,
            };
            let (count, nanoseconds) = self.stacks.entry(key).or_default();
            *count += 1;
            *nanoseconds += idle;
        }
        for inner in &span.inner {
            self.add_in(inner, stack, route);
        }
        stack.pop();
    }
}

impl<Site> Closed<Site> {
    /// Nanoseconds from `start` on in which nobody was in the span, and no span in it was open.
    fn idle(&self, start: u64) -> u64 {
        let Interval { start: from, end } = self.interval;
        let from = from.max(start).min(end);
        let visits = self.visits.iter().map(|visit| visit.interval);
        let mut covered: Vec<_> = visits
            .chain(self.inner.iter().map(|inner| inner.interval))
            .collect();
        covered.sort_by_key(|interval| interval.start);
        let (mut idle, mut until) = (0, from);
        for interval in covered {
            idle += interval.start.min(end).saturating_sub(until);
            until = until.max(interval.end.min(end));
        }
        idle + (end - until.min(end))
    }
}

#[cfg(test)]
mod tests {
    use super::super::spans::Visit;
    use super::*;

    fn visit(start: u64, end: u64) -> Visit {
        Visit {
            interval: Interval { start, end },
            thread: 1,
            task: 1,
        }
    }

    fn span(start: u64, end: u64, visits: &[(u64, u64)], inner: Vec<Closed<()>>) -> Closed<()> {
        Closed {
            interval: Interval { start, end },
            site: (),
            visits: visits
                .iter()
                .map(|&(start, end)| visit(start, end))
                .collect(),
            inner,
            left_out: 0,
            is_open: false,
        }
    }

    #[test]
    fn what_is_left_is_waiting() {
        assert_eq!(span(10, 20, &[], Vec::new()).idle(0), 10);
        assert_eq!(
            span(10, 20, &[(10, 12), (11, 13), (19, 25)], Vec::new()).idle(0),
            6
        );
        // What the inner one waits is its own.
        let inner = span(12, 18, &[(12, 13)], Vec::new());
        assert_eq!(span(10, 20, &[(10, 13), (18, 19)], vec![inner]).idle(0), 1);
        // Of what was before nothing is known.
        assert_eq!(span(10, 20, &[], Vec::new()).idle(15), 5);
        assert_eq!(span(10, 20, &[], Vec::new()).idle(25), 0);
    }
}
