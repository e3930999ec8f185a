use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use axum::{http::StatusCode, response::IntoResponse};
use tokio::{sync::Semaphore, task::yield_now};

use super::*;

/// Doubles numbers, and does with some numbers what a database does on a bad day.
#[derive(Clone, Default)]
struct Doubling(Arc<Inner>);

struct Inner {
    batches: Mutex<Vec<Vec<u32>>>,
    begun: AtomicUsize,
    /// A permit for each batch that may be written.
    may_write: Semaphore,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            batches: Mutex::default(),
            begun: AtomicUsize::new(0),
            may_write: Semaphore::new(Semaphore::MAX_PERMITS),
        }
    }
}

const FAILS: u32 = 1_001;
const PANICS: u32 = 1_002;
const COMMIT_FAILS: u32 = 1_003;
const COMMIT_PANICS: u32 = 1_004;

impl Doubling {
    fn batches(&self) -> Vec<Vec<u32>> {
        self.0.batches.lock().unwrap().clone()
    }
}

impl Work for Doubling {
    type Item = u32;
    type Answer = u32;
    type Open = Vec<u32>;

    async fn write(&self, items: Vec<u32>) -> sqlx::Result<Vec<u32>> {
        self.0.begun.fetch_add(1, Ordering::SeqCst);
        self.0.may_write.acquire().await.unwrap().forget();
        assert!(!items.contains(&PANICS), "wanted");
        if items.contains(&FAILS) {
            return Err(sqlx::Error::PoolTimedOut);
        }
        Ok(items)
    }

    async fn commit(&self, items: Vec<u32>) -> sqlx::Result<Vec<u32>> {
        assert!(!items.contains(&COMMIT_PANICS), "wanted");
        if items.contains(&COMMIT_FAILS) {
            return Err(sqlx::Error::PoolTimedOut);
        }
        let answers = items.iter().map(|item| 2 * item).collect();
        self.0.batches.lock().unwrap().push(items);
        Ok(answers)
    }
}

fn start() -> (Doubling, Arc<Batches<u32, u32>>) {
    let work = Doubling::default();
    (work.clone(), Arc::new(Batches::start(work)))
}

/// A batch of one is under way until `may_write` gets permits.
async fn held_up() -> (Doubling, Arc<Batches<u32, u32>>) {
    let (work, batches) = start();
    work.0.may_write.forget_permits(usize::MAX);
    spawn(&batches, 0);
    while work.0.begun.load(Ordering::SeqCst) == 0 {
        yield_now().await;
    }
    (work, batches)
}

fn spawn(
    batches: &Arc<Batches<u32, u32>>,
    item: u32,
) -> tokio::task::JoinHandle<Result<u32, Error>> {
    let batches = Arc::clone(batches);
    tokio::spawn(async move { batches.done(item).await })
}

/// Lets other tasks go on until so many items wait.
async fn until_waiting(batches: &Batches<u32, u32>, items: usize) {
    while WAITING - batches.0.capacity() < items {
        yield_now().await;
    }
}

async fn status(batches: &Batches<u32, u32>, item: u32) -> StatusCode {
    match batches.done(item).await {
        Ok(_) => StatusCode::OK,
        Err(error) => error.into_response().status(),
    }
}

#[tokio::test]
async fn who_comes_alone_is_done_at_once() {
    let (work, batches) = start();
    for item in 1..=3 {
        assert_eq!(batches.done(item).await.unwrap(), 2 * item);
    }
    assert_eq!(work.batches(), [[1], [2], [3]]);
}

#[tokio::test]
async fn what_arrives_meanwhile_is_one_batch_in_its_order_and_each_gets_its_answer() {
    let (work, batches) = held_up().await;
    let callers: Vec<_> = (1..=300).map(|item| spawn(&batches, item)).collect();
    until_waiting(&batches, 300).await;
    work.0.may_write.add_permits(3);
    for (caller, item) in callers.into_iter().zip(1..) {
        assert_eq!(caller.await.unwrap().unwrap(), 2 * item);
    }
    let first = (1..=256).collect::<Vec<_>>();
    let second = (257..=300).collect::<Vec<_>>();
    assert_eq!(work.batches(), [vec![0], first, second]);
}

#[tokio::test]
async fn who_hangs_up_while_waiting_is_left_out() {
    let (work, batches) = held_up().await;
    let callers: Vec<_> = (1..=3).map(|item| spawn(&batches, item)).collect();
    until_waiting(&batches, 3).await;
    callers[1].abort();
    yield_now().await;
    work.0.may_write.add_permits(1);
    batches_end(&batches, &work).await;
    assert_eq!(work.batches(), [vec![0], vec![1, 3, 7]]);
}

#[tokio::test]
async fn who_hangs_up_amid_a_batch_ends_nothing() {
    let (work, batches) = start();
    work.0.may_write.forget_permits(usize::MAX);
    let caller = spawn(&batches, 1);
    while work.0.begun.load(Ordering::SeqCst) == 0 {
        yield_now().await;
    }
    caller.abort();
    let _ = caller.await;
    work.0.may_write.add_permits(1);
    batches_end(&batches, &work).await;
    assert_eq!(work.batches(), [[1], [7]]);
}

/// Waits until all batches so far are done, with one more.
async fn batches_end(batches: &Batches<u32, u32>, work: &Doubling) {
    work.0.may_write.add_permits(1);
    assert_eq!(batches.done(7).await.unwrap(), 14);
}

#[tokio::test]
async fn only_so_many_may_wait() {
    let (work, batches) = held_up().await;
    let callers: Vec<_> = (0..1_000).map(|item| spawn(&batches, item)).collect();
    until_waiting(&batches, 1_000).await;
    assert_eq!(status(&batches, 5).await, StatusCode::SERVICE_UNAVAILABLE);
    work.0.may_write.add_permits(10);
    for caller in callers {
        assert!(caller.await.unwrap().is_ok());
    }
    assert_eq!(status(&batches, 5).await, StatusCode::OK);
}

#[tokio::test]
async fn a_batch_that_fails_spoils_no_other() {
    let (work, batches) = start();
    for (item, expected) in [
        (FAILS, StatusCode::INTERNAL_SERVER_ERROR),
        // Nothing was done, so it may be asked for again; and nobody knows what became of a commit that failed.
        (PANICS, StatusCode::SERVICE_UNAVAILABLE),
        (COMMIT_FAILS, StatusCode::INTERNAL_SERVER_ERROR),
        (COMMIT_PANICS, StatusCode::INTERNAL_SERVER_ERROR),
    ] {
        assert_eq!(status(&batches, item).await, expected, "{item}");
        assert_eq!(status(&batches, 1).await, StatusCode::OK, "after {item}");
    }
    assert_eq!(work.batches(), [[1], [1], [1], [1]]);
}
