//! What can go wrong, said in a way that tells what to do.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a part of the diagnostics could not be installed or read. None of them harms the service, which
/// may go on without that part. Each says its cause itself and has no `source`, so that nobody prints a cause twice.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// [`crate::install()`] or [`crate::start`] was called before: what they install exists once in a process.
    #[error(
        "the diagnostics are installed already; install them once, in main, before `start`, and pass them on"
    )]
    AlreadyInstalled,

    /// The debug listener's address, or that of `agent_tcp`, could not be bound.
    #[error(
        "cannot listen for diagnostics on {address}: {reason}; choose another address, or port 0 for any free port"
    )]
    Bind {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the operating system said.
        reason: io::Error,
    },

    /// There is no agent.
    #[error("{0}; `agent = false` does without it")]
    Agent(String),

    /// This system has no agent.
    #[error("no agent: it needs Linux")]
    NoAgentHere,

    /// The agent is left out: the setting `agent` is off.
    #[error("the agent is switched off")]
    AgentOff,

    /// Whoever reaches the agent over TCP can read what the service does, and nothing is asked of him.
    #[error(
        "`agent_tcp` is {address}, which others than this machine can reach: the protocol of gops knows no password; use \
         127.0.0.1, and `ssh -L` from elsewhere"
    )]
    NotLoopback {
        /// The address that was asked for.
        address: SocketAddr,
    },

    /// The debug listener's own runtime or thread could not be started.
    #[error("cannot start the thread that serves the diagnostics: {0}")]
    Thread(io::Error),

    /// A limit is set, and no folder for the dumps of what exceeds it.
    #[error("`{setting}` has dumps written, and needs a folder for them: set `dump_folder`, too")]
    NoDumpFolder {
        /// The setting, as [`crate::Options`] names it.
        setting: &'static str,
    },

    /// The file for the spans' folded stacks could not be made.
    #[error("cannot write the spans to {}: {reason}; choose another `trace_flame`", path.display())]
    TraceFlame {
        /// The file that was asked for.
        path: PathBuf,
        /// What the operating system said.
        reason: io::Error,
    },

    /// The flight recorder could not write a dump.
    #[error("no dump of the flight recorder: {0}")]
    Dump(io::Error),

    /// The flight recorder could not be started.
    #[error("no flight recorder: {0}")]
    Recorder(io::Error),

    /// A feature of the crate is off in this build.
    #[error(
        "this program is built without diagnostics' feature `{feature}`; switch it on in its manifest"
    )]
    WithoutFeature {
        /// The feature's name.
        feature: &'static str,
    },

    /// The process does not count its allocations.
    #[error(
        "no memory statistics: diagnostics::Allocator is not this program's #[global_allocator]"
    )]
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
