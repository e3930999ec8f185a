//! The runtimes that are watched, from their start to their end.
//!
//! A handle keeps its runtime's memory, and the runtime keeps its hooks. So nothing that a hook owns, and no
//! static either, may own a handle: it would stay for ever. What keeps the handle is what ends with the runtime,
//! its threads or a task in it; the list here only knows where to find it.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio::runtime::{Handle, Id};

/// Runtimes that are watched at most at the same time. A service has one or two; a program that has more sees the
/// numbers of the first ones.
const MOST_RUNTIMES: usize = 16;

static RUNTIMES: Mutex<Vec<Weak<Watched>>> = Mutex::new(Vec::new());

/// Whether a runtime ever had the hooks or was watched without them: from then on, none is a number too.
static ANY: AtomicBool = AtomicBool::new(false);

/// Tasks that the hooks saw being spawned, and those spawned in runtimes without hooks that have ended.
static SPAWNED: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// What this thread keeps, if it is one of a runtime's.
    static HELD: RefCell<Option<Arc<Watched>>> = const { RefCell::new(None) };
    /// The `current_thread` runtime that was last seen parking here, so that each further time is cheap.
    static PARKED: Cell<Option<Id>> = const { Cell::new(None) };
    /// Set while a task of ours is being spawned: nobody shall count it. The hook takes it away, and so tells
    /// that the runtime has our hooks.
    static POSTING: Cell<bool> = const { Cell::new(false) };
}

/// A runtime that exists. Its threads own this, or a task in it does.
struct Watched {
    handle: Handle,
    /// Whether the hooks count its tasks.
    hooked: AtomicBool,
    /// Tasks of ours in it.
    ours: AtomicU64,
}

impl Watched {
    fn tasks_alive(&self) -> u64 {
        let alive = self.handle.metrics().num_alive_tasks() as u64;
        alive.saturating_sub(self.ours.load(Ordering::Relaxed))
    }

    /// Tasks that no hook counted.
    fn spawned_unseen(&self) -> u64 {
        #[cfg(tokio_unstable)]
        if !self.hooked.load(Ordering::Relaxed) {
            let spawned = self.handle.metrics().spawned_tasks_count();
            // The one that is ours.
            return spawned.saturating_sub(1);
        }
        0
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        SPAWNED.fetch_add(self.spawned_unseen(), Ordering::Relaxed);
    }
}

/// What a task of ours holds: the runtime's entry in the list, until the runtime ends the task.
struct Sentinel(Arc<Watched>);

impl Sentinel {
    /// Waits in the runtime until that ends.
    fn post(watched: Arc<Watched>) {
        watched.ours.fetch_add(1, Ordering::Relaxed);
        let sentinel = Self(Arc::clone(&watched));
        POSTING.set(true);
        watched.handle.spawn(async move {
            let _sentinel = sentinel;
            std::future::pending::<()>().await;
        });
        let seen = !POSTING.replace(false);
        watched.hooked.store(seen, Ordering::Relaxed);
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        self.0.ours.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The entry of a runtime in the list: the one that is there, or a new one as long as there is room.
fn entry(handle: Handle) -> Option<Arc<Watched>> {
    // Released after the lock: with the last handle goes what a caller's closures own, which may do anything.
    let alive: Vec<_>;
    let mut runtimes = RUNTIMES.lock().unwrap_or_else(PoisonError::into_inner);
    runtimes.retain(|known| known.strong_count() > 0);
    alive = runtimes
        .iter()
        .filter_map(Weak::upgrade)
        .collect::<Vec<_>>();
    let known = alive.iter().find(|known| known.handle.id() == handle.id());
    if known.is_some() || runtimes.len() >= MOST_RUNTIMES {
        return known.map(Arc::clone);
    }
    let watched = Arc::new(Watched {
        handle,
        hooked: AtomicBool::new(true),
        ours: AtomicU64::new(0),
    });
    runtimes.push(Arc::downgrade(&watched));
    ANY.store(true, Ordering::Relaxed);
    Some(watched)
}

/// The hooks are registered with a runtime.
pub(crate) fn hooked() {
    ANY.store(true, Ordering::Relaxed);
}

/// A thread of a hooked runtime keeps that runtime's entry.
pub(crate) fn thread_starts() {
    if let Ok(handle) = Handle::try_current() {
        let watched = entry(handle);
        HELD.with_borrow_mut(|held| *held = watched);
    }
}

pub(crate) fn thread_stops() {
    let _ended = HELD.with_borrow_mut(Option::take);
}

/// Whether the task that is being spawned is one of the service's. Asked once for each.
#[cfg(tokio_unstable)]
pub(crate) fn task_spawned() -> bool {
    let of_the_service = !POSTING.replace(false);
    if of_the_service {
        SPAWNED.fetch_add(1, Ordering::Relaxed);
    }
    of_the_service
}

/// A hooked `current_thread` runtime has nothing to do. It runs on whichever thread calls `block_on`, which no hook
/// sees begin or end, so a task in it has to keep its entry.
pub(crate) fn current_thread_parks() {
    if let Ok(handle) = Handle::try_current()
        && PARKED.replace(Some(handle.id())) != Some(handle.id())
    {
        post_once(handle);
    }
}

/// Watches the runtime inside which this is called, if there is one and it is not watched yet.
pub(crate) fn current_runtime() {
    if let Ok(handle) = Handle::try_current() {
        let known = |watched: &Arc<Watched>| watched.handle.id() == handle.id();
        if !runtimes().iter().flatten().any(known) {
            post_once(handle);
        }
    }
}

fn post_once(handle: Handle) {
    if let Some(watched) = entry(handle)
        && watched.ours.load(Ordering::Relaxed) == 0
    {
        Sentinel::post(watched);
    }
}

/// The runtimes that exist. It allocates nothing: the flight recorder asks ten times a second, and its allocations would be
/// among the service's.
fn runtimes() -> [Option<Arc<Watched>>; MOST_RUNTIMES] {
    let runtimes = RUNTIMES.lock().unwrap_or_else(PoisonError::into_inner);
    std::array::from_fn(|place| runtimes.get(place).and_then(Weak::upgrade))
}

/// Handles of the runtimes that exist. Each keeps its runtime's memory until it is dropped.
#[cfg(all(
    feature = "taskdump",
    feature = "profile",
    tokio_unstable,
    target_os = "linux"
))]
pub(crate) fn handles() -> Vec<Handle> {
    let runtimes = runtimes();
    let runtimes = runtimes.iter().flatten();
    runtimes.map(|watched| watched.handle.clone()).collect()
}

/// What the runtimes tell together.
pub(crate) struct Totals {
    pub(crate) tasks_alive: u64,
    pub(crate) tasks_spawned: Option<u64>,
    pub(crate) workers: u64,
    pub(crate) queued: u64,
    /// Threads for blocking work, and work that waits for one.
    pub(crate) blocking: Option<(u64, u64)>,
}

/// What the runtimes tell that exist now; none if none was ever watched.
pub(crate) fn totals() -> Option<Totals> {
    if !ANY.load(Ordering::Relaxed) {
        return None;
    }
    let runtimes = runtimes();
    let total = |of: fn(&Watched) -> u64| {
        let runtimes = runtimes.iter().flatten();
        runtimes.map(|watched| of(watched)).sum::<u64>()
    };
    let spawned = SPAWNED.load(Ordering::Relaxed) + total(Watched::spawned_unseen);
    Some(Totals {
        tasks_alive: total(Watched::tasks_alive),
        tasks_spawned: cfg!(tokio_unstable).then_some(spawned),
        workers: total(|watched| watched.handle.metrics().num_workers() as u64),
        queued: total(|watched| watched.handle.metrics().global_queue_depth() as u64),
        #[cfg(tokio_unstable)]
        blocking: Some((
            total(|watched| watched.handle.metrics().num_blocking_threads() as u64),
            total(|watched| watched.handle.metrics().blocking_queue_depth() as u64),
        )),
        #[cfg(not(tokio_unstable))]
        blocking: None,
    })
}
