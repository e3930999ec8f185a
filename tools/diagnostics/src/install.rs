//! Installing the diagnostics, and the handle through which the service connects its parts.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::registry::LookupSpan;

use crate::layer::{self, TraceCounters};
use crate::runtime::{RuntimeCounters, RuntimeStats};
use crate::{AllocCounts, Error, server};

/// What exists once in a process: later installations are refused.
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// What may differ from [`install`]'s defaults.
///
/// ```
/// let options = diagnostics::Options::default().allow_host("booking.internal");
/// ```
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) allowed_hosts: Vec<String>,
    trace_level: LevelFilter,
    purge_in_background: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            trace_level: LevelFilter::INFO,
            purge_in_background: true,
        }
    }
}

impl Options {
    /// Lets the listener answer requests to this name too (the `Host` header without its port), not only
    /// to IP addresses and `localhost`.
    #[must_use]
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// The most verbose level that the `tracing` layer looks at, whatever is logged. `INFO` unless set.
    #[must_use]
    pub fn trace_level(mut self, level: LevelFilter) -> Self {
        self.trace_level = level;
        self
    }

    /// Whether jemalloc gives unused pages back from a thread of its own. On unless set: without it, an idle
    /// service keeps the pages of its last burst, and `resident` says so for ever.
    #[must_use]
    pub fn purge_in_background(mut self, yes: bool) -> Self {
        self.purge_in_background = yes;
        self
    }
}

/// Installs the diagnostics with the default [`Options`]. Call it first in `main`, before the runtime is built.
///
/// Nothing is measured from here on that was not measured before: every part starts when it is connected or
/// asked for.
///
/// # Errors
///
/// [`Error::AlreadyInstalled`] on a second call.
pub fn install() -> Result<Diagnostics, Error> {
    install_with(Options::default())
}

/// Installs the diagnostics; see [`install`].
///
/// # Errors
///
/// [`Error::AlreadyInstalled`] on a second call.
pub fn install_with(options: Options) -> Result<Diagnostics, Error> {
    if INSTALLED.swap(true, Ordering::Relaxed) {
        return Err(Error::AlreadyInstalled);
    }
    // A jemalloc that the program does not use needs no thread either.
    if options.purge_in_background && (cfg!(feature = "uncounted") || AllocCounts::are_counted()) {
        purge_in_background();
    }
    Ok(Diagnostics {
        shared: Arc::new(Shared {
            options,
            tracing: Arc::default(),
            runtime: Arc::default(),
        }),
    })
}

/// Asks jemalloc for its background thread. Some systems do not have it (musl, macOS); then pages
/// are given back by the threads that allocate, which is jemalloc's default.
fn purge_in_background() {
    #[cfg(not(target_env = "msvc"))]
    if let Err(error) = tikv_jemalloc_ctl::background_thread::write(true) {
        tracing::debug!(%error, "jemalloc has no background thread here");
    }
}

/// The installed diagnostics. Clones are the same diagnostics.
#[derive(Clone)]
pub struct Diagnostics {
    pub(crate) shared: Arc<Shared>,
}

/// What all parts share.
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) tracing: Arc<TraceCounters>,
    pub(crate) runtime: Arc<RuntimeCounters>,
}

impl Shared {
    pub(crate) fn runtime_stats(&self) -> RuntimeStats {
        self.runtime.read(&self.tracing)
    }
}

impl Diagnostics {
    /// A builder for the service's runtime: multi-threaded, with I/O and time enabled, and with the hooks
    /// registered.
    ///
    /// tokio keeps one function per hook, so do not set `on_thread_start` or the `on_task_…` hooks on it.
    #[must_use]
    pub fn runtime(&self) -> tokio::runtime::Builder {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.enable_all();
        self.shared.runtime.register(&mut builder);
        builder
    }

    /// The layer for the service's `tracing` subscriber. It has a filter of its own
    /// ([`Options::trace_level`]), and neither changes nor obeys the filters of the layers beside it.
    ///
    /// A filter that is a layer of the whole subscriber (`registry().with(EnvFilter)`) is obeyed:
    /// attach such a filter to the layer that logs, with `with_filter`, for the diagnostics to see all.
    pub fn layer<S>(&self) -> impl Layer<S> + Send + Sync + 'static + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        layer::layer(
            Arc::clone(&self.shared.tracing),
            self.shared.options.trace_level,
        )
    }

    /// Serves the diagnostics over HTTP on `address` (port 0 takes any free port) until the process ends,
    /// and returns the address that was bound.
    ///
    /// It runs on a thread and a runtime of its own, so that it answers while every worker of the service is
    /// busy or blocked. Whoever reaches it can read what the service does and slow it down: on an address
    /// that is not loopback it says so on stderr and as a warning in the log.
    ///
    /// # Errors
    ///
    /// [`Error::Bind`] when the address is taken or not this machine's, [`Error::Thread`] when the system gives no
    /// thread. The service can go on without the listener.
    pub fn listen(&self, address: SocketAddr) -> Result<SocketAddr, Error> {
        server::listen(Arc::clone(&self.shared), address)
    }

    /// What `GET /debug/runtime` shows.
    #[must_use]
    pub fn runtime_stats(&self) -> RuntimeStats {
        self.shared.runtime_stats()
    }
}

impl fmt::Debug for Diagnostics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Diagnostics")
            .field("options", &self.shared.options)
            .finish_non_exhaustive()
    }
}
