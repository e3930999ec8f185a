//! What can go wrong, said in a way that tells what to do.

use std::io;
use std::net::SocketAddr;

/// Why a part of the diagnostics could not be installed or read. None of them harms the service, which
/// may go on without that part.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// [`crate::install`] was called before: what it installs exists once in a process.
    #[error("the diagnostics are installed already; install them once, in main, and pass them on")]
    AlreadyInstalled,

    /// The debug listener's address could not be bound.
    #[error(
        "cannot listen for diagnostics on {address}: {source}; choose another address, or port 0 for any free port"
    )]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        source: io::Error,
    },

    /// The debug listener's own runtime or thread could not be started.
    #[error("cannot start the thread that serves the diagnostics: {0}")]
    Thread(#[source] io::Error),

    /// The process does not count its allocations.
    #[error("{}", not_counted())]
    NotCounted,

    /// jemalloc refused to tell one of its statistics.
    #[error("jemalloc does not tell `{name}`: {reason}")]
    Jemalloc {
        /// The statistic, as jemalloc's `mallctl` names it.
        name: &'static str,
        /// What jemalloc said.
        reason: String,
    },
}

fn not_counted() -> &'static str {
    if cfg!(feature = "uncounted") {
        "no memory statistics: this program is built with the feature `diagnostics/uncounted`, which is for \
         benchmarks only"
    } else if cfg!(target_env = "msvc") {
        "no memory statistics: jemalloc, which keeps them, does not build with Microsoft's compiler"
    } else {
        "no memory statistics: diagnostics::Allocator is not this program's #[global_allocator]"
    }
}
