//! The `tracing` layer: how many spans were opened and events logged, and which request a thread works for.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

use crate::sampling::labels;
use crate::{EventCounts, Options};

static INSTALLED: AtomicBool = AtomicBool::new(false);
static SPANS: AtomicU64 = AtomicU64::new(0);

/// Events, from `ERROR` to `TRACE`.
static EVENTS: [AtomicU64; 5] = [const { AtomicU64::new(0) }; 5];

/// The layer for the service's `tracing` subscriber, which counts spans and events. While a thread is in a span with a
/// field `route`, or in one that was opened inside of such a span, CPU and heap samples carry the label `route`.
///
/// It works before [`crate::install()`] and after it, and without it. The levels that it looks at are those of the
/// [`Options`](crate::Options) that are installed when it is made, else the defaults: spans from `DEBUG` up, events
/// from `INFO` up. What is below costs what it would without the layer: `tracing` asks once for each place in the code,
/// and remembers the answer.
///
/// Its filter is its own, and neither changes nor obeys those of the layers beside it. A filter that is a layer of
/// the whole subscriber (`registry().with(EnvFilter)`) is obeyed: attach such a filter to the layer that logs,
/// with `with_filter`, for the diagnostics to see all.
pub fn layer<S>() -> impl Layer<S> + Send + Sync + 'static
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    let wanted = Wanted {
        spans: Options::current().span_level,
        events: Options::current().event_level,
    };
    #[cfg(all(
        feature = "profile",
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    return Counting.and_then(crate::flame::layer()).with_filter(wanted);
    #[cfg(not(all(
        feature = "profile",
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    )))]
    return Counting.with_filter(wanted);
}

/// Down to which level the layer looks.
struct Wanted {
    spans: LevelFilter,
    events: LevelFilter,
}

impl Wanted {
    fn has(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level()
            <= if metadata.is_span() {
                &self.spans
            } else {
                &self.events
            }
    }
}

impl<S> Filter<S> for Wanted {
    fn enabled(&self, metadata: &Metadata<'_>, _context: &Context<'_, S>) -> bool {
        self.has(metadata)
    }

    /// Either "never", which `tracing` remembers, or "ask again": "always" would cost the service's log its lines. The
    /// filters of a subscriber leave their answers where the next span or event of the thread finds them. What is
    /// always wanted is not asked about, so it may find the answers to an earlier question, such as sqlx's after each
    /// statement, whether to log it at debug level (tokio-rs/tracing, issue 2519).
    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.has(metadata) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    /// `tracing` drops what is more verbose than this before it asks anybody.
    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(if self.spans > self.events {
            self.spans
        } else {
            self.events
        })
    }
}

/// Spans opened and events logged, or none if no layer is installed.
pub(crate) fn read() -> Option<(u64, EventCounts)> {
    let [error, warn, info, debug, trace] =
        EVENTS.each_ref().map(|count| count.load(Ordering::Relaxed));
    let events = EventCounts {
        error,
        warn,
        info,
        debug,
        trace,
    };
    INSTALLED
        .load(Ordering::Relaxed)
        .then(|| (SPANS.load(Ordering::Relaxed), events))
}

fn counter(level: Level) -> &'static AtomicU64 {
    let [error, warn, info, debug, trace] = &EVENTS;
    match level {
        Level::ERROR => error,
        Level::WARN => warn,
        Level::INFO => info,
        Level::DEBUG => debug,
        Level::TRACE => trace,
    }
}

struct Counting;

impl<S> Layer<S> for Counting
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    fn on_layer(&mut self, _subscriber: &mut S) {
        INSTALLED.store(true, Ordering::Relaxed);
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, _context: Context<'_, S>) {
        SPANS.fetch_add(1, Ordering::Relaxed);
        labels::opened(attributes, id);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        labels::recorded(id, values, || context.metadata(id));
    }

    fn on_enter(&self, id: &Id, _context: Context<'_, S>) {
        labels::entered(id);
    }

    fn on_exit(&self, id: &Id, _context: Context<'_, S>) {
        labels::left(id);
    }

    fn on_close(&self, id: Id, _context: Context<'_, S>) {
        labels::closed(&id);
    }

    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        counter(*event.metadata().level()).fetch_add(1, Ordering::Relaxed);
    }
}
