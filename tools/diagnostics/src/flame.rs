//! The time in each span as folded stacks, which flame graphs are drawn from: `tracing-flame`, flushed when the process
//! ends.
#![allow(unsafe_code)]

use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing::Subscriber;
use tracing_flame::{FlameLayer, FlushGuard};
use tracing_subscriber::registry::LookupSpan;

use crate::Error;

/// The file, until a layer writes to it.
static FILE: Mutex<Option<File>> = Mutex::new(None);

static WRITTEN: OnceLock<FlushGuard<BufWriter<File>>> = OnceLock::new();

/// The next layer will write there. What the file has now is gone.
pub(crate) fn create(path: &Path) -> Result<(), Error> {
    let file = File::create(path).map_err(|reason| Error::TraceFlame {
        path: path.to_owned(),
        reason,
    })?;
    *FILE.lock().unwrap_or_else(PoisonError::into_inner) = Some(file);
    Ok(())
}

/// The layer that writes to the file, if one is asked for.
pub(crate) fn layer<S>() -> Option<FlameLayer<S, BufWriter<File>>>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let file = FILE.lock().unwrap_or_else(PoisonError::into_inner).take()?;
    let layer = FlameLayer::new(BufWriter::new(file));
    if WRITTEN.set(layer.flush_on_drop()).is_ok() {
        // SAFETY: the function may be called at the end of the process. Should there be no room for it, the file's last
        // lines are missing.
        unsafe { libc::atexit(flush) };
    }
    Some(layer)
}

extern "C" fn flush() {
    // Nobody is left to tell that the disk is full.
    let _ = WRITTEN.get().map(FlushGuard::flush);
}
