//! Memory statistics, and the same with the names that Go's gops prints them with.

use std::fmt::Write as _;

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;

use super::pages::{json_or_text, refusal};
use crate::MemStats;
use crate::readable::{Bytes, Grouped};

/// As JSON, or as text with `debug=1`.
pub(super) async fn page(RawQuery(query): RawQuery) -> Response {
    match MemStats::read() {
        Ok(stats) => json_or_text(query.as_deref(), &stats, text),
        Err(error) => refusal(StatusCode::NOT_IMPLEMENTED, &error.to_string()),
    }
}

/// What stands behind a name of Go's.
enum Value {
    Bytes(Option<u64>),
    Count(u64),
    /// There is none, because of this.
    None(&'static str),
}

const NO_COLLECTOR: &str =
    "memory is free as soon as its owner drops it, so nothing is collected later";
const STACKS: &str =
    "the system maps the threads' stacks, which are in rss; those of tasks are blocks of the heap";
const ONE_SUM: &str = "jemalloc tells one sum for its own data, other-sys";

/// A line for each of Go's fields, in gops's order, and those that Go does not have.
fn text(stats: &MemStats) -> String {
    use Value::{Bytes as Size, Count, None as Nothing};
    let idle = stats
        .sys
        .zip(stats.active)
        .map(|(sys, active)| sys.saturating_sub(active));
    let lines = [
        ("alloc", Size(Some(stats.alloc))),
        ("total-alloc", Size(Some(stats.total_alloc))),
        ("sys", Size(stats.sys)),
        (
            "lookups",
            Nothing("nobody looks pointers up: there is no collector"),
        ),
        ("mallocs", Count(stats.mallocs)),
        ("frees", Count(stats.frees)),
        ("heap-alloc", Size(stats.allocated)),
        ("heap-sys", Size(stats.sys)),
        ("heap-idle", Size(idle)),
        ("heap-in-use", Size(stats.active)),
        ("heap-released", Size(stats.retained)),
        ("heap-objects", Count(stats.objects)),
        ("stack-in-use", Nothing(STACKS)),
        ("stack-sys", Nothing(STACKS)),
        ("mspan-in-use", Nothing(ONE_SUM)),
        ("mspan-sys", Nothing(ONE_SUM)),
        ("mcache-in-use", Nothing(ONE_SUM)),
        ("mcache-sys", Nothing(ONE_SUM)),
        (
            "buck-hash-sys",
            Nothing("the samples for heap profiles are mapped apart, and in rss only"),
        ),
        ("other-sys", Size(stats.metadata)),
        ("gc-sys", Nothing(NO_COLLECTOR)),
        ("next-gc", Nothing(NO_COLLECTOR)),
        ("last-gc", Nothing(NO_COLLECTOR)),
        (
            "gc-pause-total",
            Nothing("nothing is collected, so nothing pauses for it"),
        ),
        (
            "gc-pause",
            Nothing("nothing is collected, so nothing pauses for it"),
        ),
        (
            "gc-pause-end",
            Nothing("nothing is collected, so nothing pauses for it"),
        ),
        (
            "num-gc",
            Nothing("nothing is collected; frees says how often memory was given back"),
        ),
        (
            "num-forced-gc",
            Nothing("nothing is collected; `gc` gives unused pages back to the system"),
        ),
        (
            "gc-cpu-fraction",
            Nothing("what a release costs is a part of the code that releases"),
        ),
        ("enable-gc", Nothing(NO_COLLECTOR)),
        ("debug-gc", Nothing(NO_COLLECTOR)),
        ("reallocs", Count(stats.reallocs)),
        ("resident", Size(stats.resident)),
        ("rss", Size(stats.rss)),
    ];
    let mut text = String::new();
    for (name, value) in lines {
        let _ = match value {
            Size(Some(bytes)) => writeln!(text, "{name}: {}", Bytes::level(bytes)),
            Size(None) => writeln!(
                text,
                "{name}: none, because jemalloc is not the allocator or there is no /proc"
            ),
            Count(count) => writeln!(text, "{name}: {}", Grouped(count)),
            Nothing(reason) => writeln!(text, "{name}: none, because {reason}"),
        };
    }
    text
}
