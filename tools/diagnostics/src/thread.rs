//! The diagnostics' own threads.

use std::io;
use std::thread::{Builder, JoinHandle};

use crate::sampling::heap;

/// Starts a thread on which nothing is logged, neither by us nor by what we use, and whose memory is in no heap
/// profile.
///
/// The service's subscriber writes where the service wants. When nobody reads there any more, whoever logs stands
/// still, and that is when the diagnostics are needed.
pub(crate) fn spawn(
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<JoinHandle<()>> {
    let work = move || without_log(|| heap::left_out(work));
    Builder::new().name(name.into()).spawn(work)
}

/// Does the work, and logs nothing of it, neither ours nor that of what we use: on the thread of whoever asks, too, what is
/// registered with tokio is logged by mio where somebody has switched on its feature.
pub(crate) fn without_log<T>(work: impl FnOnce() -> T) -> T {
    // This one, unlike a `NoSubscriber` of our own, is not in `tracing`'s list of subscribers. One in the list that
    // wants nothing would have every place in the code that logs ask again each time.
    #[cfg(feature = "tracing")]
    let _nobody = tracing::dispatcher::set_default(&tracing::Dispatch::none());
    work()
}
