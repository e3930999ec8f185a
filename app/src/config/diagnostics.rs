//! What the diagnostics do beyond their pages. Where a setting is left out, the default of the diagnostics holds.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::Args;
use diagnostics::Options;
use serde::Deserialize;

use super::settings::{address, address_setting};

/// The table `[diagnostics]` of the file.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[command(next_help_heading = "Diagnostics")]
#[serde(default, deny_unknown_fields)]
pub struct DiagnosticsSettings {
    /// How many bytes are allocated, on average, between two samples of the heap profile; 0 takes none
    #[arg(long, env = "COWORKING_HEAP_SAMPLE_INTERVAL", value_name = "BYTES")]
    pub heap_sample_interval: Option<u64>,

    /// How many bytes of memory the flight recorder may take; 0 switches it off
    #[arg(long, env = "COWORKING_RECORDER_SIZE", value_name = "BYTES")]
    pub recorder_size: Option<u64>,

    /// Where the flight recorder is dumped when something was slow
    #[arg(long, env = "COWORKING_DUMP_FOLDER", value_name = "FOLDER")]
    pub dump_folder: Option<PathBuf>,

    /// A request that takes longer than this many milliseconds has the flight recorder dumped
    #[arg(long, env = "COWORKING_SLOW_REQUEST_MS", value_name = "MS")]
    pub slow_request_ms: Option<u64>,

    /// A task that holds a worker longer than this many milliseconds has the flight recorder dumped
    #[arg(long, env = "COWORKING_SLOW_POLL_MS", value_name = "MS")]
    pub slow_poll_ms: Option<u64>,

    /// A file for the spans as folded stacks, which a flame graph can be drawn from
    #[arg(long, env = "COWORKING_TRACE_FLAME", value_name = "FILE")]
    pub trace_flame: Option<PathBuf>,

    /// Whether the process can be looked into through a socket of its user's
    #[arg(long, env = "COWORKING_AGENT", value_name = "BOOL")]
    pub agent: Option<bool>,

    /// Where the process can be looked into by gops's protocol too, on loopback; port 0 takes a free one
    #[arg(long, env = "COWORKING_AGENT_TCP", value_name = "IP:PORT", value_parser = address)]
    #[serde(deserialize_with = "address_setting")]
    pub agent_tcp: Option<SocketAddr>,
}

impl DiagnosticsSettings {
    /// These settings, and the others where these say nothing.
    pub fn or(self, other: Self) -> Self {
        Self {
            heap_sample_interval: self.heap_sample_interval.or(other.heap_sample_interval),
            recorder_size: self.recorder_size.or(other.recorder_size),
            dump_folder: self.dump_folder.or(other.dump_folder),
            slow_request_ms: self.slow_request_ms.or(other.slow_request_ms),
            slow_poll_ms: self.slow_poll_ms.or(other.slow_poll_ms),
            trace_flame: self.trace_flame.or(other.trace_flame),
            agent: self.agent.or(other.agent),
            agent_tcp: self.agent_tcp.or(other.agent_tcp),
        }
    }

    pub fn with_paths_below(mut self, folder: &Path) -> Self {
        self.dump_folder = self.dump_folder.map(|path| folder.join(path));
        self.trace_flame = self.trace_flame.map(|path| folder.join(path));
        self
    }

    /// For `diagnostics::install_with`, which refuses what it cannot do.
    pub fn options(&self) -> Options {
        let Self {
            heap_sample_interval,
            recorder_size,
            dump_folder,
            slow_request_ms,
            slow_poll_ms,
            trace_flame,
            agent,
            agent_tcp,
        } = self.clone();
        let milliseconds = |number: Option<u64>| number.map(Duration::from_millis);
        let mut options = Options::default().version(env!("CARGO_PKG_VERSION"));
        options = set(options, heap_sample_interval, Options::heap_sample_interval);
        options = set(options, recorder_size, Options::recorder_size);
        options = set(options, dump_folder, Options::dump_folder);
        options = set(
            options,
            milliseconds(slow_request_ms),
            Options::slow_request,
        );
        options = set(options, milliseconds(slow_poll_ms), Options::slow_poll);
        options = set(options, trace_flame, Options::trace_flame);
        options = set(options, agent, Options::agent);
        set(options, agent_tcp, Options::agent_tcp)
    }
}

/// The options with a setting that there is, or as they were.
fn set<T>(options: Options, value: Option<T>, with: impl FnOnce(Options, T) -> Options) -> Options {
    match value {
        Some(value) => with(options, value),
        None => options,
    }
}
