//! What the layer costs where it has nothing to do, and what it sees.
#![cfg(feature = "tracing")]

use std::sync::{Arc, Mutex};

use diagnostics::AllocCounts;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::prelude::*;

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

/// What `tracing` asked or was told about a place in the code, and the place's level.
type Asked = (&'static str, &'static str);

/// Stands between `tracing` and a subscriber, and notes what is asked about this file.
struct Spy<S> {
    below: S,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl<S> Spy<S> {
    fn note(&self, metadata: &Metadata<'_>, what: &'static str) {
        if metadata.target() == "spied" {
            let asked = (what, metadata.level().as_str());
            self.asked.lock().expect("the notes").push(asked);
        }
    }
}

impl<S: Subscriber> Subscriber for Spy<S> {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        let interest = self.below.register_callsite(metadata);
        // What is neither is asked about each time.
        let told = [
            ("always", interest.is_always()),
            ("never", interest.is_never()),
        ];
        let told = told.iter().find(|(_, is_told)| *is_told);
        self.note(metadata, told.map_or("again", |(told, _)| told));
        interest
    }

    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.note(metadata, "enabled");
        self.below.enabled(metadata)
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        self.below.max_level_hint()
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.below.new_span(attributes)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        self.below.record(span, values);
    }

    fn record_follows_from(&self, span: &Id, follows: &Id) {
        self.below.record_follows_from(span, follows);
    }

    fn event(&self, event: &Event<'_>) {
        self.below.event(event);
    }

    fn enter(&self, span: &Id) {
        self.below.enter(span);
    }

    fn exit(&self, span: &Id) {
        self.below.exit(span);
    }

    fn clone_span(&self, span: &Id) -> Id {
        self.below.clone_span(span)
    }

    fn try_close(&self, span: Id) -> bool {
        self.below.try_close(span)
    }
}

/// Debug events as sqlx and hyper have them, and debug spans as the service has them. One test, since `tracing` keeps
/// its answers for the process.
#[test]
fn an_event_that_nobody_wants_is_asked_for_once_and_spans_allocate_nothing() {
    let asked = Arc::default();
    let spy = Spy {
        below: tracing_subscriber::registry().with(diagnostics::layer()),
        asked: Arc::clone(&asked),
    };
    assert_eq!(spy.max_level_hint(), Some(LevelFilter::DEBUG));
    tracing::subscriber::set_global_default(spy).expect("a first subscriber");

    for _ in 0..3 {
        tracing::debug!(target: "spied", cost = unreachable(), "nobody wants this");
        tracing::trace!(target: "spied", cost = unreachable(), "nor this");
        let _unseen = tracing::trace_span!(target: "spied", "nor this").entered();
        let _seen = tracing::debug_span!(target: "spied", "a span").entered();
        tracing::info!(target: "spied", "an event");
    }
    // What is above the most verbose level is not even asked for once. What is wanted is never remembered as such
    // (`beside_a_log.rs` says why), so it is asked for each time.
    let again = [("enabled", "DEBUG"), ("enabled", "INFO")];
    let [of_span, of_event] = again;
    let first = [
        ("never", "DEBUG"),
        ("again", "DEBUG"),
        of_span,
        ("again", "INFO"),
        of_event,
    ];
    let expected = [&first[..], &again, &again].concat();
    assert_eq!(*asked.lock().expect("the notes"), expected);
    assert!(tracing::enabled!(Level::INFO) && !tracing::event_enabled!(Level::DEBUG));

    let stats = diagnostics::install()
        .expect("a first installation")
        .runtime_stats();
    assert_eq!(stats.spans_opened, Some(3));
    assert_eq!(
        stats.events.map(|events| (events.info, events.debug)),
        Some((3, 0))
    );

    // The registry makes a page of spans for each thread with its first one, and keeps it.
    let before = AllocCounts::current_thread();
    for number in 0..1000 {
        let _span = tracing::debug_span!("a span", number).entered();
        tracing::info!(number, "an event");
        tracing::debug!(number, "nobody wants this");
    }
    let made = AllocCounts::current_thread() - before;
    assert_eq!(made, AllocCounts::default());
}

/// A field's value is not even worked out.
fn unreachable() -> u64 {
    panic!("somebody wants it")
}
