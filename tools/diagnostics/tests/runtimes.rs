//! Runtimes with the hooks: each is watched as long as it exists, and nothing of it stays.
//!
//! What is counted belongs to the process, so the tests take turns.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diagnostics::{Diagnostics, Hooks, RuntimeStats, hook};
use tokio::runtime::{Builder, Runtime};

/// The turn of one test, and the handle.
fn turn() -> (MutexGuard<'static, ()>, Diagnostics) {
    static TURN: Mutex<()> = Mutex::new(());
    static INSTALLED: Mutex<Option<Diagnostics>> = Mutex::new(None);
    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let mut installed = INSTALLED.lock().unwrap_or_else(PoisonError::into_inner);
    let diagnostics =
        installed.get_or_insert_with(|| diagnostics::install().expect("a first installation"));
    (turn, *diagnostics)
}

/// Waits until the statistics are as expected; the limit only keeps a failure from hanging.
fn settled(diagnostics: Diagnostics, expected: impl Fn(&RuntimeStats) -> bool) -> RuntimeStats {
    let start = Instant::now();
    loop {
        let stats = diagnostics.runtime_stats();
        if expected(&stats) {
            return stats;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{stats:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[track_caller]
fn expect(diagnostics: Diagnostics, tasks: u64, workers: u64) {
    let stats = diagnostics.runtime_stats();
    let found = (stats.tasks_alive, stats.workers);
    assert_eq!(found, (Some(tasks), Some(workers)), "{stats:?}");
}

fn built(mut builder: Builder, hooks: Hooks) -> Runtime {
    hook(&mut builder, hooks);
    builder
        .enable_all()
        .worker_threads(2)
        .build()
        .expect("a runtime")
}

#[test]
fn nothing_stays_of_a_hundred_runtimes() {
    /// Counts how many of it exist.
    struct Alive(Arc<AtomicUsize>);
    impl Alive {
        fn one_more(all: &Arc<AtomicUsize>) -> Self {
            all.fetch_add(1, Ordering::Relaxed);
            Self(Arc::clone(all))
        }
    }
    impl Drop for Alive {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::Relaxed);
        }
    }

    let (_turn, diagnostics) = turn();
    let alive = Arc::new(AtomicUsize::new(0));
    for round in 0..100 {
        let kept = Alive::one_more(&alive);
        let hooks = Hooks::new().on_thread_start(move || {
            let _ = &kept;
        });
        // Every other one is `current_thread`, which nothing but a task of ours makes known.
        let runtime = if round % 2 == 0 {
            built(Builder::new_multi_thread(), hooks)
        } else {
            built(Builder::new_current_thread(), hooks)
        };
        let task = runtime.spawn(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            tokio::task::spawn_blocking(|| ()).await
        });
        runtime.block_on(task).expect("it ends").expect("it ends");
        let workers = if round % 2 == 0 { 2 } else { 1 };
        settled(diagnostics, |stats| stats.workers == Some(workers));
        assert_eq!(alive.load(Ordering::Relaxed), 1);
        drop(runtime);
        // A thread of the runtime lets go of it just after it has told that it ends.
        settled(diagnostics, |_| alive.load(Ordering::Relaxed) == 0);
    }
    expect(diagnostics, 0, 0);
    assert_eq!(diagnostics.runtime_stats().queued, Some(0));
}

#[test]
fn more_runtimes_than_are_watched_harm_nothing() {
    let (_turn, diagnostics) = turn();
    let mut runtimes: Vec<_> = (0..20)
        .map(|_| built(Builder::new_multi_thread(), Hooks::new()))
        .collect();
    settled(diagnostics, |stats| stats.workers == Some(2 * 16));
    runtimes.drain(..16).for_each(drop);
    assert!(diagnostics.runtime_stats().workers <= Some(2 * 4));
    drop(runtimes);
    let next = built(Builder::new_multi_thread(), Hooks::new());
    settled(diagnostics, |stats| stats.workers == Some(2));
    drop(next);
}

#[test]
fn a_callers_own_closures_are_called_beside_ours() {
    let (_turn, diagnostics) = turn();
    let calls: Arc<[AtomicUsize; 8]> = Arc::new([const { AtomicUsize::new(0) }; 8]);
    let call = |which: usize| {
        let calls = Arc::clone(&calls);
        move || {
            calls[which].fetch_add(1, Ordering::Relaxed);
        }
    };
    let hooks = Hooks::new()
        .on_thread_start(call(0))
        .on_thread_stop(call(1))
        .on_thread_park(call(2))
        .on_thread_unpark(call(3));
    #[cfg(tokio_unstable)]
    let hooks = {
        let task = |which| {
            let call = call(which);
            move |_: &tokio::runtime::TaskMeta<'_>| call()
        };
        hooks
            .on_task_spawn(task(4))
            .on_before_task_poll(task(5))
            .on_after_task_poll(task(6))
            .on_task_terminate(task(7))
    };
    let earlier = diagnostics.runtime_stats();
    let runtime = built(Builder::new_multi_thread(), hooks);
    let waiting: Vec<_> = (0..5)
        .map(|_| runtime.spawn(std::future::pending::<()>()))
        .collect();
    let done = runtime.spawn(async { tokio::time::sleep(Duration::from_millis(5)).await });
    runtime.block_on(done).expect("it ends");
    runtime
        .block_on(runtime.spawn_blocking(|| ()))
        .expect("it ends");

    let stats = settled(diagnostics, |stats| stats.tasks_alive == Some(5));
    assert_eq!(stats.workers, Some(2));
    if cfg!(tokio_unstable) {
        let spawned = stats.tasks_spawned.zip(earlier.tasks_spawned.or(Some(0)));
        assert_eq!(spawned.map(|(now, before)| now - before), Some(6));
    } else {
        assert_eq!(stats.tasks_spawned, None);
    }
    drop((waiting, runtime));
    let calls = calls.each_ref().map(|calls| calls.load(Ordering::Relaxed));
    // Two workers and a blocking thread.
    assert_eq!(calls[..2], [3, 3], "start, stop");
    assert!(calls[2] >= 1 && calls[3] >= 1, "park, unpark: {calls:?}");
    if cfg!(tokio_unstable) {
        assert_eq!(calls[4], 6, "spawn");
        assert!(
            calls[5] >= 6 && calls[5] == calls[6],
            "before and after a poll: {calls:?}"
        );
        // The blocking one ends too, and so do the two workers, which are blocking tasks to tokio.
        assert_eq!(calls[7], 6 + 1 + 2, "terminate");
    }
}

#[test]
fn a_current_thread_runtime_is_watched_and_our_task_in_it_not_counted() {
    let (_turn, diagnostics) = turn();
    let before = diagnostics.runtime_stats().tasks_spawned.unwrap_or(0);
    let runtime = built(Builder::new_current_thread(), Hooks::new());
    for alive in 1..=3 {
        runtime.spawn(std::future::pending::<()>());
        // Idle, so that it parks.
        runtime.block_on(async { tokio::time::sleep(Duration::from_millis(1)).await });
        expect(diagnostics, alive, 1);
        let stats = diagnostics.runtime_stats();
        if cfg!(tokio_unstable) {
            assert_eq!(stats.tasks_spawned, Some(before + alive));
        }
    }
    drop(runtime);
    assert_eq!(diagnostics.runtime_stats().workers, Some(0));
}

#[test]
fn a_runtime_that_runs_already_is_watched_by_start_until_it_ends() {
    let (_turn, diagnostics) = turn();
    let before = diagnostics.runtime_stats().tasks_spawned.unwrap_or(0);
    for (workers, mut builder) in [
        (3, Builder::new_multi_thread()),
        (1, Builder::new_current_thread()),
    ] {
        let runtime = builder
            .worker_threads(3)
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.spawn(std::future::pending::<()>());
        runtime.block_on(async {
            // Installed by then: the second call is as good as the first.
            for _ in 0..2 {
                diagnostics::start(([127, 0, 0, 1], 0).into());
            }
            tokio::spawn(std::future::pending::<()>());
        });
        expect(diagnostics, 2, workers);
        drop(runtime);
        expect(diagnostics, 0, 0);
    }
    if cfg!(tokio_unstable) {
        assert_eq!(diagnostics.runtime_stats().tasks_spawned, Some(before + 4));
    }
}

/// Hooked and started, in whichever order: each task is counted once.
#[test]
fn a_runtime_that_is_hooked_and_started_is_counted_once() {
    let (_turn, diagnostics) = turn();
    let before = diagnostics.runtime_stats().tasks_spawned.unwrap_or(0);
    for builder in [Builder::new_multi_thread(), Builder::new_current_thread()] {
        let runtime = built(builder, Hooks::new());
        runtime.block_on(async {
            diagnostics::start(([127, 0, 0, 1], 0).into());
            tokio::spawn(std::future::pending::<()>());
            tokio::time::sleep(Duration::from_millis(1)).await;
        });
        assert_eq!(
            settled(diagnostics, |stats| stats.workers >= Some(1)).tasks_alive,
            Some(1)
        );
        drop(runtime);
    }
    let stats = diagnostics.runtime_stats();
    if cfg!(tokio_unstable) {
        assert_eq!(stats.tasks_spawned, Some(before + 2));
    }
}
