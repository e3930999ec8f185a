//! What stands in for the flight recorder in builds that have none: what the hooks and the layer tell, nobody hears.

use std::io;

#[cfg(tokio_unstable)]
pub(crate) use of_tasks::{ended, poll_begins, poll_ends, spawned};

#[cfg(tokio_unstable)]
mod of_tasks {
    use std::panic::Location;
    use std::time::Duration;

    use tokio::task::Id;

    pub(crate) fn spawned(_task: Id, _place: &'static Location<'static>) {}
    pub(crate) fn poll_begins(
        _task: Id,
        _place: &'static Location<'static>,
        _ready: Option<Duration>,
    ) {
    }
    pub(crate) fn poll_ends(_task: Id) -> Option<u64> {
        None
    }
    pub(crate) fn ended(_task: Id) {}
}

pub(crate) fn parks() {}
pub(crate) fn unparks() {}

pub(crate) fn blocking_asked() {}
pub(crate) fn blocking_begins(_asked: ()) {}

pub(crate) fn task() -> Option<u64> {
    None
}

pub(crate) fn woken(_task: u64) {}

pub(crate) const IS_BUILT: bool = false;

/// Nothing is taken where there is no recorder.
pub(crate) const DEFAULT_SIZE: u64 = 0;

pub(crate) fn size() -> usize {
    0
}

pub(crate) fn resize(bytes: u64) -> io::Result<()> {
    match bytes {
        0 => Ok(()),
        _ => Err(unsupported()),
    }
}

#[cfg(tokio_unstable)]
pub(crate) fn wants_ready_times() -> bool {
    false
}

fn unsupported() -> io::Error {
    let reason = if cfg!(feature = "profile") {
        "it needs Linux on x86-64 or aarch64"
    } else {
        "this program is built without diagnostics' feature `profile`"
    };
    io::Error::new(io::ErrorKind::Unsupported, reason)
}

pub(crate) mod timeline {
    use std::convert::Infallible;
    use std::io::{self, Write};
    use std::time::Duration;

    pub(crate) fn remembered(
        _out: &mut dyn Write,
        _most: u64,
        _last: Duration,
        _why: Option<&Infallible>,
    ) -> io::Result<()> {
        Err(super::unsupported())
    }
}

pub(crate) mod dumps {
    use std::io;
    use std::path::PathBuf;
    use std::time::Duration;

    pub(crate) fn start(
        _folder: PathBuf,
        _slow_request: Option<Duration>,
        _slow_poll: Option<Duration>,
    ) {
    }

    pub(crate) fn write(_why: &str) -> io::Result<PathBuf> {
        Err(super::unsupported())
    }
}
