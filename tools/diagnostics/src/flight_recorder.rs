//! The flight recorder, for programs.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use crate::Error;
use crate::recorder::{self, timeline};
use crate::sampling::heap;

/// The process's flight recorder: it remembers what tasks, spans and workers did in the last seconds. Go's
/// `runtime/trace.FlightRecorder`.
///
/// It is on from [`install`](crate::install()) on, unless [`Options::recorder_size`](crate::Options::recorder_size) is 0.
#[must_use]
pub fn flight_recorder() -> FlightRecorder {
    FlightRecorder {
        _of_the_process: (),
    }
}

/// What [`flight_recorder`] gives. Copies are the same.
#[derive(Debug, Clone, Copy)]
pub struct FlightRecorder {
    _of_the_process: (),
}

impl FlightRecorder {
    /// Gives it so many bytes of memory, at most 1 GiB; it starts if it was off, and stops with 0. What it remembers stays
    /// as far as there is room, and memory that is too much goes back to the operating system.
    ///
    /// A runtime that was built while it was off does not tell how long tasks are ready before they are polled.
    ///
    /// # Errors
    ///
    /// [`Error::Recorder`] when the operating system gives no memory or no thread, or this build has no recorder.
    pub fn resize(self, bytes: u64) -> Result<(), Error> {
        heap::left_out(|| recorder::resize(bytes)).map_err(Error::Recorder)
    }

    /// Bytes of memory that it may take; 0 is off.
    #[must_use]
    pub fn size(self) -> u64 {
        recorder::size() as u64
    }

    /// Writes what it remembers of the last seconds as Trace Event JSON, which Perfetto, speedscope and chrome://tracing
    /// read, in several times the bytes that it has itself. It blocks the calling thread for at least 50 ms; the service goes on.
    ///
    /// # Errors
    ///
    /// What `out` says.
    pub fn write_to(self, out: &mut dyn Write, last: Duration) -> io::Result<()> {
        timeline::remembered(out, u64::MAX, last, None)
    }

    /// Writes all that it remembers into a file of the dump folder, with the reason, and gives its path. It blocks the
    /// calling thread until the file is there. The oldest dumps go when there are more than 20, or 256 MiB.
    ///
    /// # Errors
    ///
    /// [`Error::Dump`] when no folder is set ([`Options::dump_folder`](crate::Options::dump_folder)), it cannot be written
    /// to, or the recorder is off.
    pub fn dump(self, why: &str) -> Result<PathBuf, Error> {
        recorder::dumps::write(why).map_err(Error::Dump)
    }
}
