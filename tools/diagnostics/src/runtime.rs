//! What the process is doing: its runtimes, threads, spans and events.

use serde::Serialize;

use crate::{sampling, watch};

/// A reading of what the process is doing. A number that is not known here is absent, and `missing` says why in a
/// sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RuntimeStats {
    /// Tasks that were spawned and have not ended. Go's `runtime.NumGoroutine()`.
    pub tasks_alive: Option<u64>,
    /// Tasks spawned since the start, without blocking ones.
    pub tasks_spawned: Option<u64>,
    /// Threads that run async tasks. Go's `GOMAXPROCS`.
    pub workers: Option<u64>,
    /// Tasks that wait in the queue that all workers share.
    pub queued: Option<u64>,
    /// Threads for blocking work that the runtimes have now.
    pub blocking_threads: Option<u64>,
    /// Blocking work that waits for a thread.
    pub blocking_queued: Option<u64>,
    /// Threads of the process. Go's `threadcreate` profile counts those created.
    pub threads: Option<u64>,
    /// Processors that this process may use. Go's `runtime.NumCPU()`.
    pub available_cores: Option<u64>,
    /// Processor time of the process since its start, in nanoseconds. Linux only, with the feature `profile`.
    pub cpu_nanoseconds: Option<u64>,
    /// Spans opened since the `tracing` layer was installed.
    pub spans_opened: Option<u64>,
    /// Events logged since the `tracing` layer was installed.
    pub events: Option<EventCounts>,
    /// Requests that have ended (spans with a field `route`), by route.
    pub requests: Vec<Requests>,
    /// A sentence for each number that is absent.
    pub missing: Vec<&'static str>,
}

/// How many requests of a route have ended since the `tracing` layer was installed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Requests {
    /// As the span's field `route` has it.
    pub route: String,
    /// Spans of that route that were closed.
    pub ended: u64,
}

/// Events by level, since the layer was installed. A level below the layer's own
/// ([`Options::event_level`](crate::Options)) stays zero.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
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

pub(crate) fn read() -> RuntimeStats {
    let mut missing = Vec::new();
    let runtimes = watch::totals();
    if runtimes.is_none() {
        missing.push(
            "No numbers of tasks and workers: no runtime has the hooks (`Diagnostics::runtime`, `hook`), and \
             `start` was not called inside one.",
        );
    } else if !cfg!(tokio_unstable) {
        missing.push(
            "No numbers of tasks spawned and of blocking work: the build lacks `--cfg tokio_unstable`.",
        );
    }
    let traced = traced();
    if traced.is_none() {
        missing.push(if cfg!(feature = "tracing") {
            "No numbers of spans and events: `diagnostics::layer()` is not part of the `tracing` subscriber."
        } else {
            "No numbers of spans and events: this program is built without diagnostics' feature `tracing`."
        });
    }
    let threads = threads();
    if threads.is_none() {
        missing.push("No number of threads: this system has no /proc/self/task.");
    }
    RuntimeStats {
        tasks_alive: runtimes.as_ref().map(|totals| totals.tasks_alive),
        tasks_spawned: runtimes.as_ref().and_then(|totals| totals.tasks_spawned),
        workers: runtimes.as_ref().map(|totals| totals.workers),
        queued: runtimes.as_ref().map(|totals| totals.queued),
        blocking_threads: runtimes
            .as_ref()
            .and_then(|totals| Some(totals.blocking?.0)),
        blocking_queued: runtimes
            .as_ref()
            .and_then(|totals| Some(totals.blocking?.1)),
        threads,
        available_cores: std::thread::available_parallelism()
            .ok()
            .map(|cores| cores.get() as u64),
        cpu_nanoseconds: sampling::cpu_time().and_then(|time| time.as_nanos().try_into().ok()),
        requests: requests(),
        spans_opened: traced.map(|(spans, _)| spans),
        events: traced.map(|(_, events)| events),
        missing,
    }
}

fn requests() -> Vec<Requests> {
    #[cfg(feature = "tracing")]
    return sampling::labels::requests()
        .map(|(route, ended)| Requests { route, ended })
        .collect();
    #[cfg(not(feature = "tracing"))]
    Vec::new()
}

fn traced() -> Option<(u64, EventCounts)> {
    #[cfg(feature = "tracing")]
    return crate::layer::read();
    #[cfg(not(feature = "tracing"))]
    None
}

/// Threads of this process, as Linux lists them.
fn threads() -> Option<u64> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count() as u64)
}
