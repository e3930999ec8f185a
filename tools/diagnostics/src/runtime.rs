//! The tokio runtime's hooks, and what they tell.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio::runtime::{Builder, Handle};

use crate::layer::{EventCounts, TraceCounters};

/// Runtimes that are watched at most. A service has one or two; the limit keeps a program that
/// creates them in a loop from growing.
const MOST_RUNTIMES: usize = 16;

/// A reading of what the process is doing. A number that is not known here is absent, and `missing` says why in a
/// sentence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuntimeStats {
    /// Tasks that were spawned and have not ended. Go's `runtime.NumGoroutine()`.
    pub tasks_alive: Option<u64>,
    /// Tasks spawned since the start, without blocking ones.
    pub tasks_spawned: Option<u64>,
    /// Threads that run async tasks. Go's `GOMAXPROCS`.
    pub workers: Option<u64>,
    /// Tasks that wait in the queue that all workers share.
    pub queued: Option<u64>,
    /// Threads of the process. Go's `threadcreate` profile counts those created.
    pub threads: Option<u64>,
    /// Processors that this process may use. Go's `runtime.NumCPU()`.
    pub available_cores: Option<u64>,
    /// Spans opened since the `tracing` layer was installed.
    pub spans_opened: Option<u64>,
    /// Events logged since the `tracing` layer was installed.
    pub events: Option<EventCounts>,
    /// A sentence for each number that is absent.
    pub missing: Vec<&'static str>,
}

/// What the hooks count, and the runtimes that they saw.
#[derive(Debug, Default)]
pub(crate) struct RuntimeCounters {
    registered: AtomicBool,
    #[cfg_attr(
        not(tokio_unstable),
        expect(dead_code, reason = "only the hooks count")
    )]
    spawned: AtomicU64,
    handles: Mutex<Vec<Handle>>,
}

impl RuntimeCounters {
    /// Registers the hooks with a runtime that is about to be built. tokio keeps one function per hook,
    /// so whoever sets the same hook later replaces ours.
    pub(crate) fn register(self: &Arc<Self>, builder: &mut Builder) {
        self.registered.store(true, Ordering::Relaxed);
        let counters = Arc::clone(self);
        builder.on_thread_start(move || counters.remember_runtime());
        #[cfg(tokio_unstable)]
        {
            let counters = Arc::clone(self);
            builder.on_task_spawn(move |_task| {
                counters.spawned.fetch_add(1, Ordering::Relaxed);
            });
        }
    }

    /// Keeps a handle to the runtime whose thread this is: it gives the numbers of tasks and workers.
    ///
    /// The number of tasks alive comes from there and not from `on_task_terminate`, which tokio also calls for
    /// blocking tasks, for which it never called `on_task_spawn`.
    fn remember_runtime(&self) {
        let Ok(handle) = Handle::try_current() else {
            return;
        };
        let mut handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        if handles.len() < MOST_RUNTIMES && handles.iter().all(|known| known.id() != handle.id()) {
            handles.push(handle);
        }
    }

    pub(crate) fn read(&self, tracing: &TraceCounters) -> RuntimeStats {
        let mut missing = Vec::new();
        let registered = self.registered.load(Ordering::Relaxed);
        if !registered {
            missing.push("No numbers of tasks and workers: the runtime was not built by `Diagnostics::runtime`.");
        } else if !cfg!(tokio_unstable) {
            missing.push("No number of tasks spawned: the build lacks `--cfg tokio_unstable`.");
        }
        let traced = tracing.read();
        if traced.is_none() {
            missing.push("No numbers of spans and events: `Diagnostics::layer` is not part of the `tracing` subscriber.");
        }
        let threads = threads();
        if threads.is_none() {
            missing.push("No number of threads: this system has no /proc/self/task.");
        }
        let handles = self.handles.lock().unwrap_or_else(PoisonError::into_inner);
        let total = |of: fn(&Handle) -> usize| {
            registered.then(|| handles.iter().map(|handle| of(handle) as u64).sum())
        };
        RuntimeStats {
            tasks_alive: total(|handle| handle.metrics().num_alive_tasks()),
            tasks_spawned: self.tasks_spawned().filter(|_| registered),
            workers: total(|handle| handle.metrics().num_workers()),
            queued: total(|handle| handle.metrics().global_queue_depth()),
            threads,
            available_cores: std::thread::available_parallelism()
                .ok()
                .map(|cores| cores.get() as u64),
            spans_opened: traced.map(|(spans, _)| spans),
            events: traced.map(|(_, events)| events),
            missing,
        }
    }

    #[cfg(tokio_unstable)]
    fn tasks_spawned(&self) -> Option<u64> {
        Some(self.spawned.load(Ordering::Relaxed))
    }

    #[cfg(not(tokio_unstable))]
    fn tasks_spawned(&self) -> Option<u64> {
        None
    }
}

/// Threads of this process, as Linux lists them.
fn threads() -> Option<u64> {
    Some(std::fs::read_dir("/proc/self/task").ok()?.count() as u64)
}
