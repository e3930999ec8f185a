//! Work that blocks a thread.

use tokio::task::JoinHandle;

use crate::recorder;

/// `tokio::task::spawn_blocking`, for work that the flight recorder keeps: how long it has waited for a thread, how long it
/// took, and who has asked for it. Of other blocking work tokio tells the end alone.
///
/// # Panics
///
/// Outside of a tokio runtime, as `tokio::task::spawn_blocking` does.
#[track_caller]
pub fn spawn_blocking<F, R>(work: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let asked = recorder::blocking_asked();
    tokio::task::spawn_blocking(move || {
        let _until_it_ends = recorder::blocking_begins(asked);
        work()
    })
}
