//! Where passwords are hashed: on threads of their own, so that whoever serves requests goes on meanwhile.

mod memory;

use std::{num::NonZero, sync::Arc, thread};

use anyhow::Context as _;
use tokio::sync::Semaphore;
use tracing::{Instrument as _, Span, debug_span};

use crate::error::Error;
pub use memory::Hasher;
use memory::Memory;

/// So many requests may wait for a thread; one more is answered 503.
const WAITING: usize = 1_000;

/// The threads, and those who wait for one.
#[derive(Debug)]
pub struct Hashing {
    threads: Arc<Semaphore>,
    memory: Arc<Memory>,
    /// For whoever waits or is served.
    places: Semaphore,
}

// ANCHOR: run
impl Hashing {
    /// As many threads as there are processors: more would hash no faster, and each takes
    /// 19 MiB while it does.
    pub fn new() -> Self {
        Self::with(
            thread::available_parallelism().map_or(1, NonZero::get),
            WAITING,
        )
    }

    fn with(threads: usize, waiting: usize) -> Self {
        Self {
            threads: Arc::new(Semaphore::new(threads)),
            memory: Arc::default(),
            places: Semaphore::new(threads + waiting),
        }
    }

    /// Does the work on a thread of its own, within the caller's span. It is not begun for a
    /// caller who has given up.
    ///
    /// # Errors
    /// When too many wait already, and when the work panics.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hasher) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let _place = self.places.try_acquire().map_err(|_| Error::busy())?;
        let queue = Arc::clone(&self.threads).acquire_owned();
        let thread = queue.instrument(debug_span!("hashing_queue")).await?;
        let (span, memory) = (Span::current(), Arc::clone(&self.memory));
        let done = diagnostics::spawn_blocking(move || {
            // What has begun goes on when its caller gives up: the thread is taken until then.
            let _thread = thread;
            span.in_scope(|| memory.lend(work))
        });
        Ok(done.await.context("a password was not hashed")?)
    }
}
// ANCHOR_END: run

impl Default for Hashing {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc,
    };

    use axum::{http::StatusCode, response::IntoResponse};
    use tokio::task::yield_now;

    use super::*;

    /// One thread, taken until the sender says so.
    fn one_that_is_taken(waiting: usize) -> (Arc<Hashing>, mpsc::Sender<()>) {
        let hashing = Arc::new(Hashing::with(1, waiting));
        let (end, ends) = mpsc::channel();
        let taken = Arc::clone(&hashing);
        tokio::spawn(async move { taken.run(move |_| ends.recv()).await.map(drop) });
        (hashing, end)
    }

    #[tokio::test]
    async fn who_hangs_up_while_waiting_costs_no_hash() {
        let (hashing, end) = one_that_is_taken(2);
        yield_now().await;
        let begun = Arc::new(AtomicUsize::new(0));
        let count = || {
            let begun = Arc::clone(&begun);
            move |_: &Hasher| begun.fetch_add(1, Ordering::SeqCst)
        };
        let (waiting, work) = (Arc::clone(&hashing), count());
        let waiting = tokio::spawn(async move { waiting.run(work).await.map(drop) });
        yield_now().await;
        waiting.abort();
        assert!(waiting.await.is_err_and(|error| error.is_cancelled()));
        end.send(()).unwrap();
        assert!(matches!(hashing.run(count()).await, Ok(0)));
        assert_eq!(begun.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn only_so_many_may_wait() {
        let (hashing, end) = one_that_is_taken(1);
        yield_now().await;
        let waiting = Arc::clone(&hashing);
        let waiting = tokio::spawn(async move { waiting.run(|_| ()).await });
        yield_now().await;
        let refused = hashing.run(|_| ()).await.unwrap_err().into_response();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        end.send(()).unwrap();
        assert!(matches!(waiting.await, Ok(Ok(()))));
        assert!(hashing.run(|_| ()).await.is_ok());
    }

    #[tokio::test]
    async fn a_panic_is_an_error_and_gives_the_thread_back() {
        let hashing = Hashing::with(1, 1);
        assert!(hashing.run(|_| panic!("wanted")).await.is_err());
        assert!(matches!(hashing.run(|_| 1).await, Ok(1)));
    }
}
