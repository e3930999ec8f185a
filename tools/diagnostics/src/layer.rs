//! The `tracing` layer: how many spans were opened and events logged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde::Serialize;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Events by level, since the layer was installed. A level below the layer's own
/// ([`crate::Options::trace_level`]) stays zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct EventCounts {
    /// `tracing::error!`
    pub error: u64,
    /// `tracing::warn!`
    pub warn: u64,
    /// `tracing::info!`
    pub info: u64,
    /// `tracing::debug!`
    pub debug: u64,
    /// `tracing::trace!`
    pub trace: u64,
}

/// What the layer counts, shared with whoever reads it.
#[derive(Debug, Default)]
pub(crate) struct TraceCounters {
    installed: AtomicBool,
    spans: AtomicU64,
    error: AtomicU64,
    warn: AtomicU64,
    info: AtomicU64,
    debug: AtomicU64,
    trace: AtomicU64,
}

impl TraceCounters {
    /// Spans opened and events logged, or none if no layer is installed.
    pub(crate) fn read(&self) -> Option<(u64, EventCounts)> {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let events = EventCounts {
            error: count(&self.error),
            warn: count(&self.warn),
            info: count(&self.info),
            debug: count(&self.debug),
            trace: count(&self.trace),
        };
        self.installed
            .load(Ordering::Relaxed)
            .then(|| (count(&self.spans), events))
    }

    fn of(&self, level: Level) -> &AtomicU64 {
        match level {
            Level::ERROR => &self.error,
            Level::WARN => &self.warn,
            Level::INFO => &self.info,
            Level::DEBUG => &self.debug,
            Level::TRACE => &self.trace,
        }
    }
}

/// The layer, behind a filter of its own: without one it would switch on every `trace!` of every
/// dependency, and the program would pay for them.
pub(crate) fn layer<S>(
    counters: Arc<TraceCounters>,
    level: LevelFilter,
) -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    Counting { counters }.with_filter(level)
}

struct Counting {
    counters: Arc<TraceCounters>,
}

impl<S> Layer<S> for Counting
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_layer(&mut self, _subscriber: &mut S) {
        self.counters.installed.store(true, Ordering::Relaxed);
    }

    fn on_new_span(&self, _attributes: &Attributes<'_>, _id: &Id, _context: Context<'_, S>) {
        self.counters.spans.fetch_add(1, Ordering::Relaxed);
    }

    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        self.counters
            .of(*event.metadata().level())
            .fetch_add(1, Ordering::Relaxed);
    }
}
