//! What the signal handler does while a profile is being recorded, and what it shares with the recording thread.
//!
//! The handler finds the session through a static pointer. Whoever ends the session takes the pointer away and waits
//! until no handler is inside, before the memory goes.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use std::{io, ptr, thread};

use super::ring::{Of, Ring};
use crate::recorder::clock;
use crate::sampling::clock::Clock;
use crate::sampling::labels::Label;
use crate::sampling::mapped::Words;
use crate::sampling::stacks::signal::{self, Arrived};
use crate::sampling::stacks::{By, Tables};

/// Threads that can have a timer at the same time.
pub(super) const MOST_THREADS: usize = 4096;

/// Frames that are kept of a stack, the innermost ones.
const MOST_FRAMES: usize = 4096;

/// Words for samples that the recording thread has not fetched yet: 2 MiB. It fetches them every tenth of a second; 60
/// cores that are interrupted 250 times a second bring 60 x 25 stacks meanwhile, so each may have 170 frames.
const WORDS: usize = 1 << 18;

/// A timer that expired more often than this since its last signal has been forged.
const MOST_EXPIRIES: u32 = 1_000_000;

static CURRENT: AtomicPtr<Session> = AtomicPtr::new(ptr::null_mut());

/// Handlers that may be using what `CURRENT` points to.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// Tells the signals of this session's timers from those of an earlier one, which may still be on their way.
static SESSIONS: AtomicUsize = AtomicUsize::new(0);

pub(super) struct Session {
    number: usize,
    pub(super) tables: Tables,
    pub(super) ring: Ring,
    compare: bool,
    /// Who may use which place: the thread's number in the recording, above the kernel's number for it. Zero is nobody.
    places: Words,
    /// Where the handlers write their stacks, one after another: two for each place.
    scratch: Words,
    pub(super) counts: Counts,
}

/// What the handlers count.
#[derive(Default)]
pub(super) struct Counts {
    pub(super) taken: AtomicU64,
    pub(super) dropped: AtomicU64,
    pub(super) cut: AtomicU64,
    pub(super) compared: AtomicU64,
    pub(super) identical: AtomicU64,
    pub(super) nanoseconds: AtomicU64,
}

/// A session that the handlers can see. Dropping it hides it, and waits for those that are looking.
pub(super) struct Running(*mut Session);

impl Session {
    pub(super) fn new(tables: Tables, compare: bool) -> io::Result<Self> {
        Ok(Self {
            number: SESSIONS.fetch_add(1, Ordering::Relaxed),
            tables,
            ring: Ring::new(WORDS)?,
            compare,
            places: Words::new(MOST_THREADS)?,
            scratch: Words::new(MOST_THREADS * MOST_FRAMES * 2)?,
            counts: Counts::default(),
        })
    }

    /// From now on signals of timers that carry [`Self::value`] are samples.
    pub(super) fn run(self) -> Result<Running, signal::NotInstalled> {
        signal::install(libc::SI_TIMER, on_signal)?;
        let session = Box::into_raw(Box::new(self));
        CURRENT.store(session, Ordering::SeqCst);
        Ok(Running(session))
    }

    /// A thread may use this place from now on, and nobody else may.
    pub(super) fn assign(&self, place: usize, tid: libc::pid_t, thread: u32) {
        let owner = u64::from(thread) << 32 | tid as u64;
        self.places[place].store(owner, Ordering::Release);
    }

    /// What the timer of the thread in this place sends.
    pub(super) fn value(&self, place: usize) -> usize {
        self.number * MOST_THREADS + place
    }

    /// Takes a sample of the calling thread. In a signal handler.
    fn sample(&self, arrived: &Arrived) {
        let started = Clock::PASSING.read();
        let (number, place) = (arrived.value / MOST_THREADS, arrived.value % MOST_THREADS);
        // SAFETY: it takes no arguments.
        let tid = unsafe { libc::syscall(libc::SYS_gettid) } as u64;
        let owner = self.places[place].load(Ordering::Acquire);
        // Another process may have sent any value: only this thread's own place is used.
        if number != self.number || owner & u64::from(u32::MAX) != tid {
            return;
        }
        let (first, second) =
            self.scratch[place * MOST_FRAMES * 2..][..MOST_FRAMES * 2].split_at(MOST_FRAMES);
        let stack = self.walk(arrived, By::Rule, first);
        if self.compare {
            let all = self.walk(arrived, By::CallFrameInformation, second);
            let same = |(a, b): (&AtomicU64, &AtomicU64)| {
                a.load(Ordering::Relaxed) == b.load(Ordering::Relaxed)
            };
            let identical = stack.len() == all.len() && stack.iter().zip(all).all(same);
            self.counts.compared.fetch_add(1, Ordering::Relaxed);
            self.counts
                .identical
                .fetch_add(identical.into(), Ordering::Relaxed);
        }
        let weight = 1 + arrived.overrun.min(MOST_EXPIRIES);
        let of = Of {
            thread: owner,
            label: Label::current().into(),
            time: clock::now(),
        };
        let kept = self.ring.push(of, weight, stack);
        let count = if kept {
            &self.counts.taken
        } else {
            &self.counts.dropped
        };
        count.fetch_add(1, Ordering::Relaxed);
        if let (Some(started), Some(ended)) = (started, Clock::PASSING.read()) {
            let took = ended.saturating_sub(started).as_nanos() as u64;
            self.counts.nanoseconds.fetch_add(took, Ordering::Relaxed);
        }
    }

    fn walk<'a>(&self, arrived: &Arrived, by: By, into: &'a [AtomicU64]) -> &'a [AtomicU64] {
        let mut walk = self.tables.walk(arrived.registers, by);
        let mut frames = 0;
        for (place, address) in into.iter().zip(&mut walk) {
            place.store(address as u64, Ordering::Relaxed);
            frames += 1;
        }
        if frames == into.len() && walk.next().is_some() {
            self.counts.cut.fetch_add(1, Ordering::Relaxed);
        }
        &into[..frames]
    }
}

fn on_signal(arrived: &Arrived) {
    // In this order, and seen by all in the same order as what `drop` does below: either this sees no session, or that
    // sees this.
    INSIDE.fetch_add(1, Ordering::SeqCst);
    // SAFETY: a session that is pointed to lives as long as anybody is inside.
    if let Some(session) = unsafe { CURRENT.load(Ordering::SeqCst).as_ref() } {
        session.sample(arrived);
    }
    INSIDE.fetch_sub(1, Ordering::SeqCst);
}

impl std::ops::Deref for Running {
    type Target = Session;

    fn deref(&self) -> &Session {
        // SAFETY: it was made of a box, which only `drop` takes back.
        unsafe { &*self.0 }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        CURRENT.store(ptr::null_mut(), Ordering::SeqCst);
        // A handler takes microseconds, but its thread may have to wait for a processor.
        for _ in 0..5000 {
            if INSIDE.load(Ordering::SeqCst) == 0 {
                // SAFETY: it was made of a box. No handler is inside, and those that come now find no session.
                drop(unsafe { Box::from_raw(self.0) });
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        // A thread that was stopped in its handler (by a debugger) may go on at any time: the session stays for it.
    }
}
