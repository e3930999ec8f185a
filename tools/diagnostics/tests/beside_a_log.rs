//! The layer must not cost the service's log a line.
#![cfg(feature = "tracing")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;
use tracing_subscriber::prelude::*;

struct Log(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Log {
    fn on_event(&self, _event: &Event<'_>, _context: Context<'_, S>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Who asks whether something is wanted, as sqlx does through the crate `log` after each statement, and then has
/// nothing to say, leaves the filters' answers where the next event finds them (tokio-rs/tracing, issue 2519).
#[test]
fn a_question_whether_to_log_loses_no_line_of_a_log() {
    let lines = Arc::default();
    tracing_subscriber::registry()
        .with(Log(Arc::clone(&lines)).with_filter(LevelFilter::INFO))
        .with(diagnostics::layer())
        .init();
    for _ in 0..3 {
        let span = tracing::debug_span!("what the log does not want").entered();
        let metadata = span.metadata().expect("the diagnostics want it");
        assert!(tracing::dispatcher::get_default(|all| all.enabled(metadata)));
        tracing::info!("a line");
        tracing::error!("another line");
    }
    assert_eq!(lines.load(Ordering::Relaxed), 6);
}
