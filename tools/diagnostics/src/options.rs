//! What may differ from the defaults.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

#[cfg(feature = "tracing")]
use tracing::level_filters::LevelFilter;

use crate::Error;

/// What exists once in a process: later installations are refused.
static INSTALLED: OnceLock<Options> = OnceLock::new();

/// What may differ from [`crate::install()`]'s defaults.
///
/// ```
/// let options = diagnostics::Options::default()
///     .allow_host("booking.internal")
///     .redact("pin");
/// ```
///
/// What this build cannot do is refused by [`crate::install_with`], with a sentence that names the setting. Left out, or
/// set to its *off*, a setting is accepted.
#[derive(Debug, Clone)]
pub struct Options {
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) secret_words: Vec<String>,
    pub(crate) purge_in_background: bool,
    pub(crate) doc_url: Option<String>,
    #[cfg(feature = "tracing")]
    pub(crate) span_level: LevelFilter,
    #[cfg(feature = "tracing")]
    pub(crate) event_level: LevelFilter,
    pub(crate) heap_sample_interval: Option<u64>,
    pub(crate) recorder_size: Option<u64>,
    pub(crate) dump_folder: Option<PathBuf>,
    pub(crate) slow_request: Option<Duration>,
    pub(crate) slow_poll: Option<Duration>,
    pub(crate) trace_flame: Option<PathBuf>,
    pub(crate) agent: Option<bool>,
    pub(crate) agent_tcp: Option<SocketAddr>,
    #[cfg_attr(not(feature = "http"), allow(dead_code, reason = "nobody asks"))]
    pub(crate) version: Option<String>,
}

impl Options {
    /// The defaults, for a static.
    pub(crate) const DEFAULT: Self = Self {
        allowed_hosts: Vec::new(),
        secret_words: Vec::new(),
        purge_in_background: true,
        doc_url: None,
        #[cfg(feature = "tracing")]
        span_level: LevelFilter::DEBUG,
        #[cfg(feature = "tracing")]
        event_level: LevelFilter::INFO,
        heap_sample_interval: None,
        recorder_size: None,
        dump_folder: None,
        slow_request: None,
        slow_poll: None,
        trace_flame: None,
        agent: None,
        agent_tcp: None,
        version: None,
    };

    /// From now on these hold.
    pub(crate) fn set(self) -> Result<(), Error> {
        INSTALLED.set(self).map_err(|_| Error::AlreadyInstalled)
    }

    /// The options that hold: the defaults until something is installed.
    pub(crate) fn current() -> &'static Self {
        static DEFAULT: Options = Options::DEFAULT;
        INSTALLED.get().unwrap_or(&DEFAULT)
    }

    /// Lets the listener answer requests to this name too (the `Host` header without its port), not only
    /// to IP addresses and `localhost`.
    #[must_use]
    pub fn allow_host(mut self, name: impl Into<String>) -> Self {
        self.allowed_hosts.push(name.into());
        self
    }

    /// Hides on `/debug/pprof/cmdline` the values of arguments whose name has this word too: `redact("pin")` hides
    /// those of `--pin`, `--card-pin` and `CARD_PIN=`, not of `--spin`. Words such as `secret`, `password`, `token` and
    /// `key` are there already.
    #[must_use]
    pub fn redact(mut self, word: impl Into<String>) -> Self {
        self.secret_words.push(word.into());
        self
    }

    /// Whether jemalloc gives unused pages back from a thread of its own. On unless set: without it, an idle
    /// service keeps the pages of its last burst, and `resident` says so for ever.
    #[must_use]
    pub fn purge_in_background(mut self, yes: bool) -> Self {
        self.purge_in_background = yes;
        self
    }

    /// The address of a page about this service's profiles, `http` or `https`, which viewers of profiles show as a
    /// link. None unless set.
    #[must_use]
    pub fn doc_url(mut self, url: impl Into<String>) -> Self {
        self.doc_url = Some(url.into());
        self
    }

    /// The most verbose level of the spans that [`crate::layer()`] looks at, whatever is logged. `DEBUG` unless set, so
    /// that a service can have spans that its log does not show.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub fn span_level(mut self, level: LevelFilter) -> Self {
        self.span_level = level;
        self
    }

    /// The most verbose level of the events that [`crate::layer()`] counts. `INFO` unless set: a more verbose one
    /// switches on what dependencies say at that level, and the service pays for it.
    #[cfg(feature = "tracing")]
    #[must_use]
    pub fn event_level(mut self, level: LevelFilter) -> Self {
        self.event_level = level;
        self
    }

    /// How many bytes are allocated, on average, between two samples for heap profiles: 512 KiB unless set, as in Go. 0
    /// takes none.
    ///
    /// What an allocation costs beside is the same for every interval. A smaller one tells rare and small allocations
    /// apart sooner, for half a microsecond to some microseconds a sample.
    #[must_use]
    pub fn heap_sample_interval(mut self, bytes: u64) -> Self {
        self.heap_sample_interval = Some(bytes);
        self
    }

    /// Bytes of memory for what the flight recorder remembers: 48 MiB unless set, at most 1 GiB. 0 is off.
    ///
    /// A record takes 32 bytes. There is one for each poll of a task, and three for a span that is entered once. The memory is
    /// resident as soon as it was filled once.
    #[must_use]
    pub fn recorder_size(mut self, bytes: u64) -> Self {
        self.recorder_size = Some(bytes);
        self
    }

    /// The folder that the flight recorder writes what it remembers to, when a request or a poll was slow, after a panic, and
    /// when it is asked to ([`crate::FlightRecorder::dump`]). It is not made.
    ///
    /// At most one dump in ten seconds is written without being asked for, and at most 20 files or 256 MiB are kept: those
    /// whose names begin with `flight-`. Where one cannot be written, a line on stderr says why.
    #[must_use]
    pub fn dump_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.dump_folder = Some(folder.into());
        self
    }

    /// How long a request (a span with a field `route`) may take before the flight recorder writes a dump. Zero is off. It
    /// needs a [`dump_folder`](Self::dump_folder).
    #[must_use]
    pub fn slow_request(mut self, limit: Duration) -> Self {
        self.slow_request = Some(limit);
        self
    }

    /// How long one poll of a task may take before the flight recorder writes a dump, while the poll goes on and with the
    /// stack of the thread that it holds. Zero is off. It needs a [`dump_folder`](Self::dump_folder).
    #[must_use]
    pub fn slow_poll(mut self, limit: Duration) -> Self {
        self.slow_poll = Some(limit);
        self
    }

    /// Writes the time spent in each span to this file, as folded stacks for a flame graph: a line each time that a thread
    /// enters or leaves a span, with the nanoseconds since the last time, so it grows as long as the process runs. What the
    /// file has before is gone. The last lines are written when the process ends by itself or by `exit`.
    ///
    /// [`crate::layer()`] writes it, if it is made after the installation.
    #[must_use]
    pub fn trace_flame(mut self, file: impl Into<PathBuf>) -> Self {
        self.trace_flame = Some(file.into());
        self
    }

    /// Whether the agent answers, from the first [`crate::start`] or [`crate::Diagnostics::listen`] on: the pages on a Unix
    /// socket that this user alone can open, for `rops`. On unless set, on Linux.
    ///
    /// The socket is `PID.sock` in the folder `rops` of `$XDG_RUNTIME_DIR`, or in `/tmp/rops-UID` where that is not set or is
    /// not this user's; `PID.json` beside it says what the process is. Both are removed when the process ends by itself or
    /// by `exit`.
    #[must_use]
    pub fn agent(mut self, yes: bool) -> Self {
        self.agent = Some(yes);
        self
    }

    /// Where the agent answers over TCP too, in the protocol of Go's gops, for its clients. Port 0 takes any free port. It
    /// must be a loopback address: everybody on this machine can ask there.
    #[must_use]
    pub fn agent_tcp(mut self, address: SocketAddr) -> Self {
        self.agent_tcp = Some(address);
        self
    }

    /// The version of the program, which the agent tells: `version(env!("CARGO_PKG_VERSION"))`.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }
}

impl Default for Options {
    fn default() -> Self {
        Self::DEFAULT
    }
}
