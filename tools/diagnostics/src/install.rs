//! Installing the diagnostics, and the handle through which the service connects its parts.

use std::net::SocketAddr;

use crate::{
    AllocCounts, Error, Hooks, Listening, Options, RuntimeStats, hook, recorder, refused, runtime,
    sampling::heap, slots, watch,
};

/// Installs the diagnostics with the default [`Options`]. Call it first in `main`, before the runtime is built.
///
/// From here on the heap is sampled, where [`crate::Allocator`] is the program's allocator, and the flight recorder keeps
/// what the parts that are connected tell. Nothing else is measured that was not measured before: every other part starts
/// when it is connected or asked for.
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
/// [`Error::AlreadyInstalled`] on a second call, [`Error::WithoutFeature`] for a setting that asks for what this build does
/// not have, [`Error::NoDumpFolder`] for a limit without a folder, [`Error::NotLoopback`] for an agent that others could
/// reach, and [`Error::TraceFlame`] for a file that cannot be made. Nothing is installed then.
pub fn install_with(options: Options) -> Result<Diagnostics, Error> {
    refused::refuse(&options)?;
    #[cfg(all(
        feature = "profile",
        feature = "tracing",
        target_os = "linux",
        any(target_arch = "x86_64", target_arch = "aarch64")
    ))]
    if let Some(path) = &options.trace_flame {
        crate::flame::create(path)?;
    }
    let (purge, interval) = (options.purge_in_background, options.heap_sample_interval);
    let recorder = options.recorder_size;
    let dumps = options.dump_folder.clone();
    let (slow_request, slow_poll) = (options.slow_request, options.slow_poll);
    options.set()?;
    heap::start(interval);
    heap::left_out(|| {
        // Where it cannot be had, its page says so.
        let _ = recorder::resize(recorder.unwrap_or(recorder::DEFAULT_SIZE));
        if let Some(folder) = dumps {
            recorder::dumps::start(folder, slow_request, slow_poll);
        }
    });
    // A jemalloc that the program does not use needs no thread either.
    if purge && AllocCounts::are_counted() && slots::on_jemalloc() {
        purge_in_background();
    }
    Ok(Diagnostics { _installed: () })
}

/// The one call for a service that wants no more than the defaults: installs them if nothing is installed
/// yet, listens on `address` as [`Diagnostics::listen`] does, and, called inside a tokio runtime, watches that
/// runtime's tasks and workers until it ends.
///
/// Print what it returns: it says where the pages are, or why there are none.
pub fn start(address: SocketAddr) -> Listening {
    // Installed already is as good: then these options hold.
    let _ = install();
    watch::current_runtime();
    Listening::on(address)
}

/// Asks jemalloc for its background thread. Some systems do not have it (musl, macOS); then pages
/// are given back by the threads that allocate, which is jemalloc's default.
fn purge_in_background() {
    #[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
    let _ = tikv_jemalloc_ctl::background_thread::write(true);
}

/// The proof that the diagnostics are installed; what they know belongs to the process, so copies are the same.
#[derive(Debug, Clone, Copy)]
pub struct Diagnostics {
    _installed: (),
}

impl Diagnostics {
    /// A builder for the service's runtime: multi-threaded, with I/O and time enabled, and with the hooks
    /// registered.
    ///
    /// tokio keeps one function per hook, so set none of them on it; with closures of your own, or for another kind
    /// of runtime, call [`hook`].
    #[must_use]
    pub fn runtime(&self) -> tokio::runtime::Builder {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.enable_all();
        hook(&mut builder, Hooks::new());
        builder
    }

    /// Serves the diagnostics over HTTP on `address` (port 0 takes any free port) until the process ends, and says
    /// where; and the same on the agent's socket, unless that is switched off ([`Options::agent`]). A service never ends for want of diagnostics: if the address is taken, the result says so, and
    /// so do stderr and the log.
    ///
    /// It runs on a thread and a runtime of its own, so that it answers while every worker of the service is
    /// busy or blocked. Whoever reaches it can read what the service does and slow it down: on an address
    /// that is not loopback it says so on stderr and as a warning in the log.
    pub fn listen(&self, address: SocketAddr) -> Listening {
        Listening::on(address)
    }

    /// What `GET /debug/runtime` shows.
    #[must_use]
    pub fn runtime_stats(&self) -> RuntimeStats {
        runtime::read()
    }
}
