//! All of tokio's runtime hooks, ours and the caller's. They are in one place because tokio means to change them.

use std::fmt;
use std::sync::atomic::{AtomicU8, Ordering};

#[cfg(tokio_unstable)]
use tokio::runtime::TaskMeta;
use tokio::runtime::{Builder, Handle, RuntimeFlavor};

use crate::recorder;
#[cfg(tokio_unstable)]
use crate::sampling::tasks;
use crate::watch;

type OnThread = Box<dyn Fn() + Send + Sync>;
#[cfg(tokio_unstable)]
type OnTask = Box<dyn Fn(&TaskMeta<'_>) + Send + Sync>;

/// A caller's own closures for tokio's hooks, to be registered with the diagnostics' by [`hook()`].
///
/// tokio keeps one function per hook, and a later one replaces an earlier one without a word: what is set
/// on the builder itself would switch the diagnostics off, or be switched off by them.
///
/// There are eight, and each method here is named as tokio's own: [`on_thread_start`](Self::on_thread_start),
/// [`on_thread_stop`](Self::on_thread_stop), [`on_thread_park`](Self::on_thread_park) and
/// [`on_thread_unpark`](Self::on_thread_unpark); and, in a build with `--cfg tokio_unstable`, `on_task_spawn`,
/// `on_before_task_poll`, `on_after_task_poll` and `on_task_terminate`. Setting one twice keeps the last.
#[derive(Default)]
pub struct Hooks {
    thread_start: Option<OnThread>,
    thread_stop: Option<OnThread>,
    thread_park: Option<OnThread>,
    thread_unpark: Option<OnThread>,
    #[cfg(tokio_unstable)]
    task_spawn: Option<OnTask>,
    #[cfg(tokio_unstable)]
    before_task_poll: Option<OnTask>,
    #[cfg(tokio_unstable)]
    after_task_poll: Option<OnTask>,
    #[cfg(tokio_unstable)]
    task_terminate: Option<OnTask>,
}

/// A method that keeps the caller's closure for the hook of the same name.
macro_rules! setters {
    ($($(#[$doc:meta])+ $method:ident: $field:ident($($task:ty)?);)+) => {$(
        $(#[$doc])+
        #[must_use]
        pub fn $method(mut self, call: impl Fn($($task)?) + Send + Sync + 'static) -> Self {
            self.$field = Some(Box::new(call));
            self
        }
    )+};
}

impl Hooks {
    /// No closures: only the diagnostics' own are registered.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    setters! {
        /// Called on each thread that the runtime starts, workers and blocking ones.
        on_thread_start: thread_start();
        /// Called on each such thread before it ends.
        on_thread_stop: thread_stop();
        /// Called on a worker before it waits for something to do.
        on_thread_park: thread_park();
        /// Called on a worker after it has waited.
        on_thread_unpark: thread_unpark();
    }

    #[cfg(tokio_unstable)]
    setters! {
        /// Called when a task is spawned, on the thread that spawns it. Not called for `spawn_blocking`.
        on_task_spawn: task_spawn(&TaskMeta<'_>);
        /// Called before each poll of a task.
        on_before_task_poll: before_task_poll(&TaskMeta<'_>);
        /// Called after each poll of a task.
        on_after_task_poll: after_task_poll(&TaskMeta<'_>);
        /// Called when a task has ended. tokio calls it for `spawn_blocking` and for each worker too, although it never
        /// called `on_task_spawn` for those.
        on_task_terminate: task_terminate(&TaskMeta<'_>);
    }
}

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hooks").finish_non_exhaustive()
    }
}

/// Registers the diagnostics' hooks, and the caller's in `hooks`, with a runtime that somebody else is about to build.
/// It works before and after [`crate::install()`], and without it.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// let mut builder = tokio::runtime::Builder::new_multi_thread();
/// diagnostics::hook(&mut builder, diagnostics::Hooks::new().on_thread_start(|| { /* the caller's */ }));
/// let runtime = builder.enable_all().build()?;
/// # drop(runtime);
/// # Ok(())
/// # }
/// ```
///
/// Set no hook on the builder itself, before or after: tokio keeps the last one only.
///
/// A multi-threaded runtime is watched from its first thread to its last. A `current_thread` runtime has no thread of
/// its own: it is watched from the first time that it has nothing to do, by a task which waits there until the
/// runtime is dropped. That task is in no count of the diagnostics, but the caller's closures for tasks see it.
pub fn hook(builder: &mut Builder, hooks: Hooks) {
    watch::hooked();
    builder.on_thread_start({
        let callers = hooks.thread_start;
        move || {
            watch::thread_starts();
            callers.iter().for_each(|call| call());
        }
    });
    builder.on_thread_stop({
        let callers = hooks.thread_stop;
        move || {
            callers.iter().for_each(|call| call());
            watch::thread_stops();
        }
    });
    builder.on_thread_park({
        let callers = hooks.thread_park;
        let flavor = Flavor::default();
        move || {
            if flavor.is_current_thread() {
                watch::current_thread_parks();
            }
            recorder::parks();
            callers.iter().for_each(|call| call());
        }
    });
    builder.on_thread_unpark({
        let callers = hooks.thread_unpark;
        move || {
            recorder::unparks();
            callers.iter().for_each(|call| call());
        }
    });
    #[cfg(tokio_unstable)]
    {
        tasks::hooked();
        if recorder::wants_ready_times() {
            builder.track_task_schedule_latency();
        }
        let callers = hooks.task_spawn;
        builder.on_task_spawn(move |task| {
            if watch::task_spawned() {
                tasks::spawned(task.id(), task.spawned_at());
                recorder::spawned(task.id(), task.spawned_at());
            }
            callers.iter().for_each(|call| call(task));
        });
        let callers = hooks.before_task_poll;
        builder.on_before_task_poll(move |task| {
            tasks::poll_begins(task.id(), task.spawned_at());
            recorder::poll_begins(task.id(), task.spawned_at(), task.schedule_latency());
            callers.iter().for_each(|call| call(task));
        });
        let callers = hooks.after_task_poll;
        builder.on_after_task_poll(move |task| {
            callers.iter().for_each(|call| call(task));
            let took = recorder::poll_ends(task.id());
            tasks::poll_ends(task.id(), took);
        });
        let callers = hooks.task_terminate;
        builder.on_task_terminate(move |task| {
            tasks::ended(task.id());
            recorder::ended(task.id());
            callers.iter().for_each(|call| call(task));
        });
    }
}

/// Which kind of runtime a builder builds. The builder does not tell; the runtime does, once it runs. Kept, since
/// asking takes a handle, whose count all workers would fight for each time that they park.
#[derive(Default)]
struct Flavor(AtomicU8);

impl Flavor {
    const CURRENT_THREAD: u8 = 1;
    const OTHER: u8 = 2;

    fn is_current_thread(&self) -> bool {
        match self.0.load(Ordering::Relaxed) {
            Self::CURRENT_THREAD => true,
            Self::OTHER => false,
            _ => {
                let Ok(handle) = Handle::try_current() else {
                    return false;
                };
                let current = handle.runtime_flavor() == RuntimeFlavor::CurrentThread;
                let flavor = if current {
                    Self::CURRENT_THREAD
                } else {
                    Self::OTHER
                };
                self.0.store(flavor, Ordering::Relaxed);
                current
            }
        }
    }
}
