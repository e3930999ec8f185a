//! Which open spans have a route.

use std::fmt::{self, Write as _};
use std::sync::OnceLock;
use std::sync::atomic::Ordering;

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};

use super::{LONGEST_ROUTE, Label, THREAD};
use crate::sampling::keyed::Keyed;

/// The field that makes a span a request's.
const FIELD: &str = "route";

/// The label of each open span that has one. Spans are known by their numbers, so this is of one subscriber, which a
/// service has.
static OPEN: OnceLock<Option<Keyed<1>>> = OnceLock::new();

fn open() -> Option<&'static Keyed<1>> {
    OPEN.get_or_init(|| Keyed::new().ok()).as_ref()
}

fn label(span: &Id) -> Option<Label> {
    let word = open()?.find(span.into_u64())?[0].load(Ordering::Relaxed);
    // SAFETY: nothing else is put in there.
    Some(unsafe { Label::from_word(word) })
}

/// A span is opened.
pub(crate) fn opened(attributes: &Attributes<'_>, span: &Id) {
    let own = attributes.metadata().fields().field(FIELD).and_then(|_| {
        let mut found = None;
        attributes.record(&mut Found(&mut found));
        found
    });
    let outer = || match attributes.parent() {
        Some(parent) => label(parent),
        None if attributes.is_contextual() => {
            let depth = THREAD.with(|thread| thread.depth.get());
            (depth > 0).then(Label::current)
        }
        None => None,
    };
    if let Some(label) = own.or_else(outer)
        && let Some(open) = open()
    {
        // Without room it stays unlabelled, and so does what is opened inside of it on other threads.
        open.insert(span.into_u64(), [label.into()]);
    }
}

/// Fields of an open span are filled in.
pub(crate) fn recorded(span: &Id, values: &Record<'_>) {
    let mut found = None;
    values.record(&mut Found(&mut found));
    if let (Some(route), Some(open)) = (found, open()) {
        match open.find(span.into_u64()) {
            Some(words) => words[0].store(route.into(), Ordering::Relaxed),
            None => _ = open.insert(span.into_u64(), [route.into()]),
        }
        THREAD.with(|thread| thread.relabel(span.into_u64(), route));
    }
}

#[inline]
pub(crate) fn entered(span: &Id) {
    if let Some(label) = label(span) {
        THREAD.with(|thread| thread.enter(span.into_u64(), label));
    }
}

#[inline]
pub(crate) fn left(span: &Id) {
    THREAD.with(|thread| thread.leave(span.into_u64()));
}

pub(crate) fn closed(span: &Id) {
    if let Some(open) = open() {
        open.remove(span.into_u64());
    }
}

/// Looks for the route among the fields of a span.
struct Found<'a>(&'a mut Option<Label>);

impl Visit for Found<'_> {
    fn record_str(&mut self, field: &Field, route: &str) {
        if field.name() == FIELD {
            *self.0 = Some(Label::of_route(route));
        }
    }

    /// `route = %something`.
    fn record_debug(&mut self, field: &Field, route: &dyn fmt::Debug) {
        if field.name() == FIELD {
            let mut start = Start::default();
            // What does not fit is cut.
            let _ = write!(start, "{route:?}");
            let whole = start.bytes[..start.length].utf8_chunks().next();
            *self.0 = Some(Label::of_route(whole.map_or("", |chunk| chunk.valid())));
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
            assert_eq!(now(), "15");
            for one in entered.into_iter().rev() {
                drop(one);
            }
            assert_eq!(now(), "");
        });
    }
}
