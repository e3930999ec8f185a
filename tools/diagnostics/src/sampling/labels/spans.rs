//! The spans that are open: which have a route, and what the recorder has to know of each when it is closed.

use std::fmt::{self, Write as _};
use std::ptr;
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use tracing::Metadata;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

use super::{Entered, LONGEST_ROUTE, Label, THREAD};
use crate::recorder;
use crate::sampling::keyed::Keyed;

/// The field that makes a span a request's.
const ROUTE: &str = "route";

/// The field that the recorder keeps of a request: as HTTP numbers it.
const STATUS: &str = "status";

/// Words of an open span: its label, its call site, when it was opened, and the span that it was opened in.
const LABEL: usize = 0;
const WORDS: usize = 4;

/// A bit that no label has: the span is a request's itself, and not only inside of one.
const OWN: u64 = 1 << 63;

/// The open spans that have a label, and those that were opened while the recorder was on. Spans are known by their
/// numbers, so this is of one subscriber, which a service has.
static OPEN: OnceLock<Option<Keyed<WORDS>>> = OnceLock::new();

fn open() -> Option<&'static Keyed<WORDS>> {
    OPEN.get_or_init(|| Keyed::new().ok()).as_ref()
}

fn label_of(word: u64) -> Label {
    // SAFETY: nothing else is put there.
    unsafe { Label::from_word(word & !OWN) }
}

/// None if it is not among the open ones.
fn label(span: &Id) -> Option<Label> {
    let words = open()?.find(span.into_u64())?;
    Some(label_of(words[LABEL].load(Ordering::Relaxed)))
}

/// A span that is open.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open {
    pub(crate) span: u64,
    /// The label of the request that it is, if it is one.
    pub(crate) request: Option<Label>,
    pub(crate) site: &'static Metadata<'static>,
    /// When it was opened, in the recorder's ticks; 0 if the recorder was off.
    pub(crate) opened: u64,
    /// The span that it was opened in; 0 is none.
    pub(crate) parent: u64,
}

impl Open {
    fn of(span: u64, [label, site, opened, parent]: [u64; WORDS]) -> Self {
        Self {
            span,
            request: (label & OWN != 0).then(|| label_of(label)),
            // SAFETY: nothing else is put there, and what describes a call site lives as long as the process.
            site: unsafe { &*ptr::with_exposed_provenance(site as usize) },
            opened,
            parent,
        }
    }
}

/// All that are open, as they are met.
pub(crate) fn open_spans() -> impl Iterator<Item = Open> {
    let all = open().into_iter().flat_map(Keyed::all);
    all.map(|(span, words)| Open::of(span, words))
}

/// A span is opened.
pub(crate) fn opened(attributes: &Attributes<'_>, span: &Id) {
    let site = attributes.metadata();
    let own = site.fields().field(ROUTE).and_then(|_| {
        let mut found = Found::default();
        attributes.record(&mut found);
        found.route
    });
    let (parent, outer) = match attributes.parent() {
        Some(parent) => (parent.into_u64(), label(parent)),
        None if attributes.is_contextual() => THREAD.with(|thread| {
            let route = label_of(thread.route.load(Ordering::Relaxed));
            (thread.span(), Some(route))
        }),
        None => (0, None),
    };
    let label = own.or(outer).unwrap_or(Label::NOBODY);
    let recorded = recorder::span_opened(span.into_u64(), parent, site, own);
    if label == Label::NOBODY && recorded.is_none() {
        return;
    }
    if let Some(open) = open() {
        let label = u64::from(label) | if own.is_some() { OWN } else { 0 };
        let address = ptr::from_ref(site).expose_provenance() as u64;
        // Without room it stays unlabelled, and so does what is opened inside of it on other threads.
        open.insert(
            span.into_u64(),
            [label, address, recorded.unwrap_or(0), parent],
        );
    }
}

/// Fields of an open span are filled in.
pub(crate) fn recorded(
    span: &Id,
    values: &Record<'_>,
    site: impl FnOnce() -> Option<&'static Metadata<'static>>,
) {
    let mut found = Found::default();
    values.record(&mut found);
    if let Some(status) = found.status {
        recorder::span_status(span.into_u64(), status);
    }
    if let (Some(route), Some(open)) = (found.route, open()) {
        let label = u64::from(route) | OWN;
        match open.find(span.into_u64()) {
            Some(words) => words[LABEL].store(label, Ordering::Relaxed),
            None => {
                let Some(site) = site() else { return };
                let address = ptr::from_ref(site).expose_provenance() as u64;
                open.insert(span.into_u64(), [label, address, 0, 0]);
            }
        }
        THREAD.with(|thread| thread.relabel(span.into_u64(), route));
    }
}

#[inline]
pub(crate) fn entered(span: &Id) {
    let (label, since) = (label(span), recorder::now());
    if label.is_none() && since.is_none() {
        return;
    }
    let room = THREAD.with(|thread| {
        thread.enter(Entered {
            span: span.into_u64(),
            label: label.unwrap_or(Label::NOBODY),
            since: since.unwrap_or(0),
        })
    });
    if room {
        recorder::span_entered();
    }
}

#[inline]
pub(crate) fn left(span: &Id) {
    if let Some(entered) = THREAD.with(|thread| thread.leave(span.into_u64())) {
        recorder::span_left(entered.span, entered.since);
    }
}

pub(crate) fn closed(span: &Id) {
    if let Some(words) = open().and_then(|open| open.remove(span.into_u64())) {
        let closed = Open::of(span.into_u64(), words);
        if let Some(route) = closed.request {
            route.request_ended();
        }
        recorder::span_closed(&closed);
    }
}

/// Looks for the route and the status among the fields of a span.
#[derive(Default)]
struct Found {
    route: Option<Label>,
    status: Option<u64>,
}

impl Visit for Found {
    fn record_u64(&mut self, field: &Field, status: u64) {
        if field.name() == STATUS {
            self.status = Some(status);
        }
    }

    fn record_str(&mut self, field: &Field, route: &str) {
        if field.name() == ROUTE {
            self.route = Some(Label::of_route(route));
        }
    }

    /// `route = %something`.
    fn record_debug(&mut self, field: &Field, route: &dyn fmt::Debug) {
        if field.name() == ROUTE {
            let mut start = Start::default();
            // What does not fit is cut.
            let _ = write!(start, "{route:?}");
            let whole = start.bytes[..start.length].utf8_chunks().next();
            self.route = Some(Label::of_route(whole.map_or("", |chunk| chunk.valid())));
        }
    }
}

/// The start of a text, without an allocation.
struct Start {
    bytes: [u8; LONGEST_ROUTE],
    length: usize,
}

impl Default for Start {
    fn default() -> Self {
        Self {
            bytes: [0; LONGEST_ROUTE],
            length: 0,
        }
    }
}

impl fmt::Write for Start {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = &mut self.bytes[self.length..];
        let fits = text.len().min(room.len());
        room[..fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.length += fits;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;
    use std::thread;

    use tracing::{Dispatch, Span, debug_span, field};
    use tracing_subscriber::prelude::*;

    use super::*;

    /// What a sample would be labelled with.
    fn now() -> String {
        let label = Label::current();
        label.key().map_or(String::new(), |_| label.to_string())
    }

    /// One for all tests, since each registry numbers its spans from the start.
    fn in_subscriber(work: impl FnOnce()) {
        static SUBSCRIBER: LazyLock<Dispatch> =
            LazyLock::new(|| tracing_subscriber::registry().with(crate::layer()).into());
        tracing::dispatcher::with_default(&SUBSCRIBER, work);
    }

    #[test]
    fn the_innermost_route_counts_and_the_outer_one_comes_back() {
        in_subscriber(|| {
            let outer = debug_span!("request", route = "/outer");
            let inner = debug_span!("request", route = %format_args!("/{}", "inner"));
            let other = debug_span!("other");
            outer.in_scope(|| {
                assert_eq!(now(), "/outer");
                other.in_scope(|| assert_eq!(now(), "/outer"));
                inner.in_scope(|| assert_eq!(now(), "/inner"));
                assert_eq!(now(), "/outer");
            });
            assert_eq!(now(), "");
            // Left in the order in which they were entered.
            let (first, second) = (outer.enter(), inner.enter());
            drop(first);
            assert_eq!(now(), "/inner");
            drop(second);
            assert_eq!(now(), "");
        });
    }

    #[test]
    fn a_route_may_come_later() {
        in_subscriber(|| {
            let span = debug_span!("request", route = field::Empty);
            span.in_scope(|| assert_eq!(now(), ""));
            span.record("route", "/later");
            span.in_scope(|| {
                assert_eq!(now(), "/later");
                span.record("route", "/latest");
                assert_eq!(now(), "/latest");
            });
            debug_span!("request", route = None::<&str>).in_scope(|| assert_eq!(now(), ""));
        });
    }

    #[test]
    fn what_is_opened_inside_belongs_to_the_same_route_on_any_thread() {
        in_subscriber(|| {
            let request = debug_span!("request", route = "/shared");
            let statement = request.in_scope(|| debug_span!("statement"));
            let child = debug_span!(parent: &request, "child");
            let root = request.in_scope(|| debug_span!(parent: None, "root"));
            let dispatch = tracing::dispatcher::get_default(Clone::clone);
            let elsewhere = |span: Span| {
                let dispatch = dispatch.clone();
                let ran = thread::spawn(move || {
                    tracing::dispatcher::with_default(&dispatch, || span.in_scope(now))
                });
                ran.join().expect("no panic")
            };
            assert_eq!(elsewhere(statement), "/shared");
            assert_eq!(elsewhere(child), "/shared");
            assert_eq!(elsewhere(root), "");
        });
    }

    #[test]
    fn a_span_that_has_ended_is_forgotten() {
        in_subscriber(|| {
            let before = open().expect("memory").all().count();
            for _ in 0..10_000 {
                debug_span!("request", route = "/short").in_scope(|| {});
            }
            let now = open().expect("memory").all().count();
            // Other tests have some open.
            assert!(now < before + 100, "{before} and then {now}");
        });
    }

    #[test]
    fn deeper_than_is_kept_nothing_is_lost() {
        in_subscriber(|| {
            let spans: Vec<_> = (0..50)
                .map(|depth| debug_span!("request", route = %depth))
                .collect();
            let entered: Vec<_> = spans.iter().map(Span::enter).collect();
            assert_eq!(now(), (super::super::DEEPEST - 1).to_string());
            for one in entered.into_iter().rev() {
                drop(one);
            }
            assert_eq!(now(), "");
        });
    }
}
