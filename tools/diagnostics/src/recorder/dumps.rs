//! Dumps that are written without being asked for: after a slow request, during a slow poll, after a panic.
//!
//! Whoever notices says so and goes on. A thread of its own writes, one dump in each interval, and the oldest go when there
//! are too many.
#![cfg_attr(
    not(feature = "tracing"),
    allow(dead_code, reason = "there are no requests")
)]

mod folder;
mod stuck;

use std::io;
use std::panic;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use self::folder::Folder;
use super::clock::{self, Scale};
use super::polls;
use super::timeline::Why;
use crate::sampling::labels::Label;
use crate::sampling::stacks::remote;
use crate::{listening, thread};

/// After a dump, further reasons are passed over for so long.
const INTERVAL: Duration = Duration::from_secs(10);

/// How long a thread that panics waits for its dump, where the panic ends the process.
const PATIENCE: Duration = Duration::from_secs(5);

static SETTINGS: OnceLock<Settings> = OnceLock::new();

struct Settings {
    folder: Folder,
    slow_request: Option<Duration>,
    slow_poll: Option<Duration>,
}

/// The longest request that is none to dump for, in ticks; as soon as it is known what a tick is.
static SLOW_REQUEST: AtomicU64 = AtomicU64::new(u64::MAX);

/// From now on dumps go there. For each limit, none and zero are off.
pub(crate) fn start(folder: PathBuf, slow_request: Option<Duration>, slow_poll: Option<Duration>) {
    let is_on = |limit: &Duration| !limit.is_zero();
    let settings = Settings {
        folder: Folder(folder),
        slow_request: slow_request.filter(is_on),
        slow_poll: slow_poll.filter(is_on),
    };
    // They are installed once.
    if SETTINGS.set(settings).is_err() {
        return;
    }
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |told| {
        before(told);
        let sentence = told.to_string();
        let done = ask(|| Why::new(sentence));
        if cfg!(panic = "abort") {
            let until = Instant::now() + PATIENCE;
            while done.is_some_and(|done| !done.load(Ordering::Acquire)) && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }));
}

/// A request has taken so many ticks.
#[inline]
pub(super) fn request_took(ticks: u64, route: impl FnOnce() -> Option<Label>) {
    if ticks > SLOW_REQUEST.load(Ordering::Relaxed) {
        request_was_slow(ticks, route());
    }
}

#[cold]
fn request_was_slow(ticks: u64, route: Option<Label>) {
    ask(|| {
        let took = Duration::from_nanos(Scale::now().duration(ticks));
        let route = route.map_or_else(String::new, |route| format!(" {route}"));
        Why::new(format!("the request{route} took {took:.3?}"))
    });
}

/// How often polls are looked at, if at all.
pub(super) fn watch_every() -> Option<Duration> {
    let slow_poll = SETTINGS.get()?.slow_poll?;
    Some((slow_poll / 4).clamp(Duration::from_millis(1), Duration::from_millis(20)))
}

/// Looks for a poll that takes too long. `told` are the polls that were found before.
pub(super) fn watch(told: &mut Vec<(u64, u64)>) {
    let Some(slow_poll) = SETTINGS.get().and_then(|settings| settings.slow_poll) else {
        return;
    };
    // Before it is needed: once, and then it costs nothing.
    remote::prepare();
    let scale = Scale::now();
    let (now, longest) = (clock::now(), scale.ticks(slow_poll.as_nanos() as u64));
    let mut stuck = Vec::new();
    for poll in polls::running() {
        if now.saturating_sub(poll.since) > longest {
            stuck.push((poll.thread, poll.since));
            if !told.contains(&(poll.thread, poll.since)) {
                let took = Duration::from_nanos(scale.duration(now.saturating_sub(poll.since)));
                ask(|| stuck::why(&poll, took));
            }
        }
    }
    *told = stuck;
}

/// What a tick is, is known better and better.
pub(super) fn learn(scale: &Scale) {
    if let Some(limit) = SETTINGS.get().and_then(|settings| settings.slow_request) {
        let nanoseconds = u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX);
        SLOW_REQUEST.store(scale.ticks(nanoseconds), Ordering::Relaxed);
    }
}

/// Has a dump written, unless there was one lately. Gives what tells when it is there.
fn ask(why: impl FnOnce() -> Why) -> Option<&'static AtomicBool> {
    static LAST: Mutex<Option<Instant>> = Mutex::new(None);
    static DONE: AtomicBool = AtomicBool::new(true);
    let settings = SETTINGS.get().filter(|_| super::now().is_some())?;
    {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_some_and(|last| last.elapsed() < INTERVAL) || !DONE.load(Ordering::Acquire) {
            return None;
        }
        *last = Some(Instant::now());
        DONE.store(false, Ordering::Release);
    }
    let why = why();
    let write = move || {
        if let Err(error) = settings.folder.write(&why) {
            warn(settings, &error);
        }
        DONE.store(true, Ordering::Release);
    };
    if let Err(error) = thread::spawn("diagnostics-dmp", write) {
        warn(settings, &error);
        DONE.store(true, Ordering::Release);
    }
    Some(&DONE)
}

fn warn(settings: &Settings, error: &io::Error) {
    let folder = settings.folder.0.display();
    listening::warn(&format!(
        "no dump of the flight recorder in {folder}: {error}"
    ));
}

/// Writes a dump, whenever the last one was.
pub(crate) fn write(why: &str) -> io::Result<PathBuf> {
    let Some(settings) = SETTINGS.get() else {
        return Err(io::Error::new(
            io::ErrorKind::NotFound,
            "no `dump_folder` is set",
        ));
    };
    if super::now().is_none() {
        return Err(io::Error::other("the recorder is off"));
    }
    settings.folder.write(&Why::new(why.into()))
}
