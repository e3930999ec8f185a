//! Who wakes whom: tokio has no hook for it, so a waker of ours stands before its own.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use pin_project_lite::pin_project;
use tokio::task::JoinHandle;
use tower_layer::Layer;
use tower_service::Service;

use crate::recorder;

pin_project! {
    /// A future whose wakes are recorded, by [`spawn`] or [`wakes`].
    #[derive(Debug)]
    pub struct Woken<F> {
        #[pin]
        future: F,
        // Made when it is first polled while the recorder is on.
        telling: Option<Arc<Telling>>,
    }
}

/// Tells the recorder who wakes a task, and then wakes it.
#[derive(Debug)]
struct Telling {
    /// The task that is woken; 0 is none, such as what `block_on` polls.
    task: u64,
    /// tokio's own. The task may have moved since.
    waker: Mutex<Waker>,
}

impl Wake for Telling {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        recorder::woken(self.task);
        let waker = self.waker.lock().unwrap_or_else(PoisonError::into_inner);
        waker.wake_by_ref();
    }
}

impl<F: Future> Future for Woken<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let this = self.project();
        let Some(task) = recorder::task() else {
            return this.future.poll(context);
        };
        let telling = this.telling.get_or_insert_with(|| {
            let waker = Mutex::new(context.waker().clone());
            Arc::new(Telling { task, waker })
        });
        telling
            .waker
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(context.waker());
        let waker = Waker::from(Arc::clone(telling));
        this.future.poll(&mut Context::from_waker(&waker))
    }
}

/// `tokio::spawn`, for a task whose wakes the flight recorder keeps: which task has woken it, and when.
///
/// It costs an allocation when the task is first polled, and some tens of nanoseconds for each poll and each wake. Without
/// the recorder it costs nothing.
///
/// # Panics
///
/// Outside of a tokio runtime, as `tokio::spawn` does.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(Woken {
        future,
        telling: None,
    })
}

/// A layer for a tower service, such as an axum router: the flight recorder keeps who wakes its requests. For tasks, see
/// [`spawn`].
///
#[cfg_attr(feature = "http", doc = "```")]
#[cfg_attr(not(feature = "http"), doc = "```text")]
/// # use axum::{Router, routing::get};
/// let app: Router = Router::new()
///     .route("/", get(async || "hello"))
///     .layer(diagnostics::wakes());
/// ```
#[must_use]
pub fn wakes() -> Wakes {
    Wakes { _made: () }
}

/// The layer that [`wakes`] makes.
#[derive(Debug, Clone, Copy)]
pub struct Wakes {
    _made: (),
}

impl<S> Layer<S> for Wakes {
    type Service = Waking<S>;

    fn layer(&self, inner: S) -> Waking<S> {
        Waking { inner }
    }
}

/// A service whose requests' wakes are recorded, by [`wakes`].
#[derive(Debug, Clone, Copy)]
pub struct Waking<S> {
    inner: S,
}

impl<S: Service<R>, R> Service<R> for Waking<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = Woken<S::Future>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: R) -> Woken<S::Future> {
        Woken {
            future: self.inner.call(request),
            telling: None,
        }
    }
}
