//! Spans into requests: as they open, are visited, and close.

use std::collections::HashMap;

use super::nest::Interval;

/// Visits and spans that are kept of one request; what comes beyond is counted.
const MOST: usize = 10_000;

/// Spans inside of each other that are shown.
const DEEPEST: usize = 64;

/// A thread was in a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Visit {
    pub(super) interval: Interval,
    pub(super) thread: u64,
    /// The task that was polled meanwhile; 0 is none.
    pub(super) task: u64,
}

/// A span that has been closed, with those that were opened and closed inside of it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Closed<Site> {
    pub(super) interval: Interval,
    pub(super) site: Site,
    pub(super) visits: Vec<Visit>,
    pub(super) inner: Vec<Closed<Site>>,
    /// Visits and spans in it for which there was no room.
    pub(super) left_out: u64,
    /// Whether it was still open when the recording ended.
    pub(super) is_open: bool,
}

/// What a span may be told of while it is open.
#[derive(Debug)]
struct Open<Site> {
    opened: u64,
    /// The span in which it is shown.
    outer: Option<u64>,
    closed: Closed<Site>,
}

/// Spans that are open. `Site` says what kind of span it is.
#[derive(Debug)]
pub(super) struct Spans<Site> {
    open: HashMap<u64, Open<Site>>,
}

impl<Site> Default for Spans<Site> {
    fn default() -> Self {
        Self {
            open: HashMap::new(),
        }
    }
}

impl<Site> Spans<Site> {
    /// A span is opened inside of another one, unless it is a request's and stands by itself.
    pub(super) fn opened(&mut self, span: u64, outer: Option<u64>, time: u64, site: Site) {
        let closed = Closed {
            interval: Interval {
                start: time,
                end: time,
            },
            site,
            visits: Vec::new(),
            inner: Vec::new(),
            left_out: 0,
            is_open: false,
        };
        let outer = outer.filter(|outer| self.open.contains_key(outer));
        let open = Open {
            opened: time,
            outer,
            closed,
        };
        self.open.insert(span, open);
    }

    pub(super) fn visited(&mut self, span: u64, visit: Visit) {
        if let Some(open) = self.open.get_mut(&span) {
            let closed = &mut open.closed;
            if closed.visits.len() < MOST {
                closed.visits.push(visit);
            } else {
                closed.left_out += 1;
            }
        }
    }

    /// What is known of an open span, for what is learned later.
    pub(super) fn site(&mut self, span: u64) -> Option<&mut Site> {
        self.open.get_mut(&span).map(|open| &mut open.closed.site)
    }

    /// A span is closed. Gives it with all in it, unless it goes into one that is open.
    pub(super) fn closed(&mut self, span: u64, time: u64) -> Option<Closed<Site>> {
        let Open {
            opened,
            outer,
            mut closed,
        } = self.open.remove(&span)?;
        closed.interval.end = time.max(opened);
        match outer.and_then(|outer| self.open.get_mut(&outer)) {
            Some(outer) if outer.closed.inner.len() < MOST => {
                outer.closed.inner.push(closed);
                None
            }
            Some(outer) => {
                outer.closed.left_out += 1;
                None
            }
            None => Some(closed),
        }
    }

    /// All that are still open, as if they were closed now: the innermost first.
    pub(super) fn rest(mut self, time: u64) -> Vec<Closed<Site>> {
        let mut spans: Vec<_> = self
            .open
            .iter()
            .map(|(&span, open)| (open.opened, span))
            .collect();
        // Opened later, or at the same time and with a larger number: not outside of it.
        spans.sort_unstable();
        let mut rest = Vec::new();
        for (_, span) in spans.into_iter().rev() {
            if let Some(open) = self.open.get_mut(&span) {
                open.closed.is_open = true;
            }
            rest.extend(self.closed(span, time));
        }
        rest
    }
}

/// What is to be drawn of a span that has been closed.
pub(super) trait Draw<Site> {
    /// The lane for what overlaps with what is in the lane of the outer span.
    fn lane(&mut self, interval: Interval) -> usize;
    /// `around` is the span around it, if that lies in another lane.
    fn span(&mut self, lane: usize, span: &Closed<Site>, around: Option<&Closed<Site>>);
    /// A part of a visit that is in no inner span.
    fn busy(&mut self, lane: usize, visit: Visit);
}

impl<Site> Closed<Site> {
    /// Draws it: what was opened inside of it lies inside of it, and what overlaps lies in lanes beside.
    pub(super) fn draw(&self, lane: usize, on: &mut impl Draw<Site>) {
        on.span(lane, self, None);
        self.draw_in(lane, self.interval, 0, on);
    }

    fn draw_in(&self, lane: usize, within: Interval, depth: usize, on: &mut impl Draw<Site>) {
        if depth == DEEPEST {
            return;
        }
        let mut inner: Vec<_> = self.inner.iter().collect();
        inner.sort_by_key(|span| (span.interval.start, u64::MAX - span.interval.end));
        // What lies in this lane, in the order of time.
        let mut beside: Vec<Interval> = Vec::new();
        for span in inner {
            let here = beside.last().map_or(within.start, |last| last.end);
            let (lane, around) = if span.interval.start >= here && span.interval.end <= within.end {
                beside.push(span.interval);
                (lane, None)
            } else {
                (on.lane(span.interval), Some(self))
            };
            on.span(lane, span, around);
            span.draw_in(lane, span.interval, depth + 1, on);
        }
        // Two threads may be in a span at the same time, which a lane cannot show: the one that came first is seen.
        let mut visits: Vec<_> = self.visits.iter().collect();
        visits.sort_by_key(|visit| visit.interval.start);
        let mut from = within.start;
        for visit in visits {
            let seen = clamped(
                visit.interval,
                Interval {
                    start: from,
                    ..within
                },
            );
            from = seen.end;
            for interval in without(seen, &beside) {
                on.busy(lane, Visit { interval, ..*visit });
            }
        }
    }
}

fn clamped(interval: Interval, within: Interval) -> Interval {
    let start = interval.start.clamp(within.start, within.end);
    let end = interval.end.clamp(start, within.end);
    Interval { start, end }
}

/// What of an interval is in none of the others, which are in the order of time and beside each other.
fn without(interval: Interval, others: &[Interval]) -> Vec<Interval> {
    let mut left = Vec::new();
    let mut start = interval.start;
    let first = others.partition_point(|other| other.end <= interval.start);
    for other in others[first..]
        .iter()
        .take_while(|other| other.start < interval.end)
    {
        if start < other.start {
            left.push(Interval {
                start,
                end: other.start,
            });
        }
        start = start.max(other.end);
    }
    if start < interval.end {
        left.push(Interval {
            start,
            end: interval.end,
        });
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interval(start: u64, end: u64) -> Interval {
        Interval { start, end }
    }

    fn visit(start: u64, end: u64) -> Visit {
        Visit {
            interval: interval(start, end),
            thread: 1,
            task: 2,
        }
    }

    #[derive(Default)]
    struct Drawn {
        spans: Vec<(usize, &'static str, u64, u64)>,
        around: Vec<(&'static str, &'static str)>,
        busy: Vec<(usize, u64, u64)>,
        lanes: usize,
    }

    impl Draw<&'static str> for Drawn {
        fn lane(&mut self, _interval: Interval) -> usize {
            self.lanes += 1;
            self.lanes
        }

        fn span(
            &mut self,
            lane: usize,
            span: &Closed<&'static str>,
            around: Option<&Closed<&'static str>>,
        ) {
            self.around
                .extend(around.map(|around| (span.site, around.site)));
            let Interval { start, end } = span.interval;
            self.spans.push((lane, span.site, start, end));
        }

        fn busy(&mut self, lane: usize, visit: Visit) {
            self.busy
                .push((lane, visit.interval.start, visit.interval.end));
        }
    }

    #[test]
    fn what_happens_in_inner_spans_is_taken_out_of_the_outer_ones() {
        let mut spans = Spans::default();
        spans.opened(1, None, 0, "request");
        spans.opened(2, Some(1), 10, "statement");
        spans.visited(2, visit(11, 15));
        spans.visited(1, visit(0, 20));
        spans.visited(2, visit(42, 48));
        assert!(spans.closed(2, 50).is_none(), "it goes into the request");
        spans.visited(1, visit(40, 60));
        let request = spans.closed(1, 70).expect("it is in no other");
        let mut drawn = Drawn::default();
        request.draw(0, &mut drawn);
        assert_eq!(
            drawn.spans,
            [(0, "request", 0, 70), (0, "statement", 10, 50)]
        );
        assert_eq!(
            drawn.busy,
            [(0, 11, 15), (0, 42, 48), (0, 0, 10), (0, 50, 60)]
        );
    }

    #[test]
    fn two_threads_in_one_span_are_one_after_the_other() {
        let mut spans = Spans::default();
        spans.opened(1, None, 0, "request");
        spans.visited(1, visit(2, 6));
        spans.visited(1, visit(3, 5));
        spans.visited(1, visit(1, 8));
        let request = spans.closed(1, 9).expect("it is in no other");
        let mut drawn = Drawn::default();
        request.draw(0, &mut drawn);
        assert_eq!(drawn.busy, [(0, 1, 8)]);
    }

    #[test]
    fn what_overlaps_comes_beside() {
        let mut spans = Spans::default();
        spans.opened(1, None, 0, "request");
        spans.opened(2, Some(1), 1, "first");
        spans.opened(3, Some(1), 2, "second");
        spans.opened(4, Some(3), 3, "in the second");
        spans.closed(2, 5);
        spans.closed(4, 6);
        spans.closed(3, 7);
        let request = spans.closed(1, 10).expect("it is in no other");
        let mut drawn = Drawn::default();
        request.draw(0, &mut drawn);
        assert_eq!(
            drawn.spans,
            [
                (0, "request", 0, 10),
                (0, "first", 1, 5),
                (1, "second", 2, 7),
                (1, "in the second", 3, 6)
            ]
        );
        assert_eq!(drawn.around, [("second", "request")]);
    }

    #[test]
    fn what_is_still_open_ends_with_the_recording() {
        let mut spans = Spans::default();
        spans.opened(1, None, 0, "request");
        spans.opened(2, Some(1), 5, "statement");
        // Closed before the recording began, so nobody knows it.
        spans.opened(4, Some(3), 6, "of an unknown one");
        let mut rest = spans.rest(9);
        rest.sort_by_key(|span| span.interval.start);
        assert_eq!(rest.len(), 2);
        assert_eq!(
            (rest[0].site, rest[0].interval),
            ("request", interval(0, 9))
        );
        assert_eq!(rest[0].inner[0].interval, interval(5, 9));
        assert!(rest[0].is_open && rest[0].inner[0].is_open);
        assert_eq!(rest[1].site, "of an unknown one");
    }

    #[test]
    fn parts_are_cut_out() {
        let cut = |others: &[(u64, u64)]| {
            let others: Vec<_> = others
                .iter()
                .map(|&(start, end)| interval(start, end))
                .collect();
            let left = without(interval(10, 20), &others);
            left.iter()
                .map(|left| (left.start, left.end))
                .collect::<Vec<_>>()
        };
        assert_eq!(cut(&[]), [(10, 20)]);
        assert_eq!(cut(&[(0, 10), (20, 30)]), [(10, 20)]);
        assert_eq!(cut(&[(0, 12), (13, 14), (18, 25)]), [(12, 13), (14, 18)]);
        assert_eq!(cut(&[(5, 25)]), []);
    }
}
