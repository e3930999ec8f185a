//! Requests, followed from record to record.

use super::nest::Interval;
use super::spans::{Closed, Spans, Visit};
use crate::recorder::clock::Scale;
use crate::recorder::reading::{OpenSpan, Recorded};
use crate::recorder::record::{Event, Name};

/// What is known of a span.
#[derive(Debug)]
pub(super) struct Site {
    pub(super) span: u64,
    pub(super) name: Name,
    pub(super) route: Option<Name>,
    pub(super) status: Option<u64>,
}

pub(super) struct Requests {
    scale: Scale,
    spans: Spans<Site>,
}

impl Requests {
    /// `open` are the spans that are open at the start.
    pub(super) fn new(scale: Scale, open: &[OpenSpan]) -> Self {
        let spans = Spans::default();
        let mut requests = Self { scale, spans };
        let mut open: Vec<_> = open.iter().collect();
        open.sort_by_key(|span| span.opened);
        for span in open {
            requests.open(span);
        }
        requests
    }

    fn open(&mut self, span: &OpenSpan) {
        // A request stands by itself.
        let outer = (span.parent != 0 && span.route.is_none()).then_some(span.parent);
        let site = Site {
            span: span.span,
            name: span.site,
            route: span.route,
            status: None,
        };
        let opened = self.scale.nanoseconds(span.opened);
        self.spans.opened(span.span, outer, opened, site);
    }

    /// Takes what a thread has recorded, in the order in which it was over. Gives a span that is closed by it, with all in
    /// it, unless it goes into one that is open.
    pub(super) fn follow(&mut self, recorded: &Recorded) -> Option<Closed<Site>> {
        match recorded.event {
            Event::SpanOpened {
                time,
                span,
                parent,
                site,
                route,
            } => self.open(&OpenSpan {
                span,
                parent,
                opened: time,
                site,
                route,
            }),
            Event::Visit {
                start,
                length,
                span,
                task,
            } => {
                let visit = Visit {
                    interval: Interval::of(&self.scale, start, length),
                    thread: recorded.thread,
                    task,
                };
                self.spans.visited(span, visit);
            }
            Event::Status { span, status, .. } => {
                if let Some(site) = self.spans.site(span) {
                    site.status = Some(status);
                }
            }
            Event::SpanClosed {
                time, span, route, ..
            } => {
                if let Some(site) = self.spans.site(span) {
                    // It may have been told after the span was opened.
                    site.route = site.route.or(route);
                }
                return self.spans.closed(span, self.scale.nanoseconds(time));
            }
            _ => {}
        }
        None
    }

    /// The call site of an open span.
    pub(super) fn site(&mut self, span: u64) -> Name {
        self.spans
            .site(span)
            .map_or(Name::UNKNOWN, |site| site.name)
    }

    /// What is open at the end, in ticks, as if it were closed then.
    pub(super) fn still_open(&mut self, end: u64) -> Vec<Closed<Site>> {
        std::mem::take(&mut self.spans).rest(self.scale.nanoseconds(end))
    }
}
