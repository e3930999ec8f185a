//! What the process is doing, in numbers.

use std::fmt::Write as _;

use axum::extract::RawQuery;
use axum::response::Response;

use super::pages::json_or_text;
use crate::readable::Grouped;
use crate::{RuntimeStats, runtime};

/// As JSON, or as text with `debug=1`.
pub(super) async fn page(RawQuery(query): RawQuery) -> Response {
    json_or_text(query.as_deref(), &runtime::read(), text)
}

/// The numbers that Go's gops prints as `stats`, and those that only an async runtime has.
fn text(stats: &RuntimeStats) -> String {
    let mut text = String::new();
    for (what, number) in [
        ("tasks alive", stats.tasks_alive),
        ("workers", stats.workers),
        ("blocking threads", stats.blocking_threads),
        ("OS threads", stats.threads),
        ("tasks in the queue of all workers", stats.queued),
        ("blocking work in the queue", stats.blocking_queued),
        ("CPUs", stats.available_cores),
    ] {
        if let Some(number) = number {
            let _ = writeln!(text, "{what}: {}", Grouped(number));
        }
    }
    for reason in &stats.missing {
        let _ = writeln!(text, "{reason}");
    }
    text
}
