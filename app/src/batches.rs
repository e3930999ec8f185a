//! What arrives together is done together: one task takes all that waits, does it in one piece, and answers each.
//!
//! There is no timer. While one batch is under way, the next one gathers, so batches are as large as there is traffic;
//! when there is none, whoever comes is a batch alone.

use std::{mem, panic::AssertUnwindSafe, sync::Arc};

use futures_util::FutureExt as _;
use tokio::sync::{mpsc, oneshot};
use tracing::{Instrument, debug, debug_span};

use crate::error::Error;

/// So many items may wait for the batch that is under way; one more is answered 503.
const WAITING: usize = 1_000;

/// So many items are a batch at most: it must not take long.
const AT_ONCE: usize = 256;

/// What a batch's items want.
pub trait Work: Send + Sync + 'static {
    type Item: Send;
    type Answer: Send;
    /// What has been done, but for the commit.
    type Open: Send;

    /// Prepares what all of them want. If it fails, or is dropped, nothing was done.
    fn write(
        &self,
        items: Vec<Self::Item>,
    ) -> impl Future<Output = sqlx::Result<Self::Open>> + Send;

    /// Makes it last, and says what to answer to each. If it fails, it may or may not last.
    fn commit(
        &self,
        open: Self::Open,
    ) -> impl Future<Output = sqlx::Result<Vec<Self::Answer>>> + Send;
}

/// Why a batch was not done.
#[derive(Clone, Debug)]
enum Failure {
    Error(Arc<sqlx::Error>),
    /// Nothing was done. What has panicked is in the log; the next batch may be luckier.
    PanicBefore,
    PanicAtCommit,
}

type Outcome<A> = Result<A, Failure>;

/// An item, and who wants to know what has become of it.
#[derive(Debug)]
struct Waiting<I, A> {
    item: I,
    caller: oneshot::Sender<Outcome<A>>,
}

/// The way to the task that does the work. The task ends when this is dropped.
#[derive(Debug)]
pub struct Batches<I, A>(mpsc::Sender<Waiting<I, A>>);

// ANCHOR: batches
impl<I: Send + 'static, A: Send + 'static> Batches<I, A> {
    /// Starts the task. It belongs to nobody, so nobody who hangs up ends it amid a transaction.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn start<W: Work<Item = I, Answer = A>>(work: W) -> Self {
        let (queue, waiting) = mpsc::channel(WAITING);
        diagnostics::spawn(run(work, waiting));
        Self(queue)
    }

    /// Waits until the item's batch has been committed, and returns the item's own answer.
    ///
    /// # Errors
    /// When too many wait already, and when the batch fails.
    pub async fn done(&self, item: I) -> Result<A, Error> {
        let (caller, answer) = oneshot::channel();
        let waiting = Waiting { item, caller };
        self.0.try_send(waiting).map_err(|_| Error::busy())?;
        match answer.await? {
            Ok(answer) => Ok(answer),
            Err(Failure::Error(error)) => Err(error.into()),
            Err(Failure::PanicBefore) => Err(Error::busy()),
            Err(Failure::PanicAtCommit) => Err(anyhow::anyhow!("a commit has panicked").into()),
        }
    }
}

async fn run<W: Work>(work: W, mut queue: mpsc::Receiver<Waiting<W::Item, W::Answer>>) {
    let mut waiting = Vec::new();
    while queue.recv_many(&mut waiting, AT_ONCE).await > 0 {
        // Who has hung up by now wants nothing any more.
        waiting.retain(|one| !one.caller.is_closed());
        let batch = mem::take(&mut waiting).into_iter();
        let (items, callers): (Vec<_>, Vec<_>) = batch.map(|one| (one.item, one.caller)).unzip();
        if items.is_empty() {
            continue;
        }
        let span = debug_span!("batch", size = items.len());
        answer(callers, commit(&work, items).instrument(span).await);
    }
}
// ANCHOR_END: batches

// ANCHOR: commit
async fn commit<W: Work>(work: &W, items: Vec<W::Item>) -> Outcome<Vec<W::Answer>> {
    let failed = |error| Failure::Error(Arc::new(error));
    let written = AssertUnwindSafe(work.write(items)).catch_unwind().await;
    let written = written.map_err(|_| Failure::PanicBefore)?;
    let open = written.map_err(failed)?;
    let committed = AssertUnwindSafe(work.commit(open)).catch_unwind().await;
    let committed = committed.map_err(|_| Failure::PanicAtCommit)?;
    let answers = committed.map_err(failed)?;
    debug!("committed");
    Ok(answers)
}
// ANCHOR_END: commit

/// A caller who is not there any more gets no answer.
fn answer<A>(callers: Vec<oneshot::Sender<Outcome<A>>>, outcome: Outcome<Vec<A>>) {
    match outcome {
        Ok(answers) => {
            for (caller, answer) in callers.into_iter().zip(answers) {
                let _ = caller.send(Ok(answer));
            }
        }
        Err(failure) => {
            for caller in callers {
                let _ = caller.send(Err(failure.clone()));
            }
        }
    }
}

#[cfg(test)]
mod tests;
