//! The threads of the process: found where Linux lists them, each with a timer on its clock as long as it lives.
//!
//! This is how threads are found that no runtime knows, such as those of SQLite's driver.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::time::Duration;
use std::{fs, io, mem};

use super::NoTimer;
use super::session::{MOST_THREADS, Session};
use super::timer::Timer;
use crate::sampling::clock::Clock;

/// A thread that the recording has seen. Its number is its index.
pub(super) struct Seen {
    pub(super) name: String,
    /// Its processor time since it was found. Of a thread that has ended, what it did since the last scan is not in it.
    pub(super) time: Duration,
}

/// A thread that is alive.
struct Alive {
    number: u32,
    clock: Clock,
    /// What its clock showed when it was found, and when it was last looked at.
    first: Duration,
    last: Duration,
    /// Its place in the session, and its timer.
    timer: Option<(usize, Timer)>,
    /// The scans that have first and last met it.
    found: u64,
    met: u64,
}

pub(super) struct Threads {
    period: Duration,
    random: RandomState,
    alive: HashMap<libc::pid_t, Alive>,
    seen: Vec<Seen>,
    free: Vec<usize>,
    scans: u64,
    pub(super) no_timer: NoTimer,
}

impl Threads {
    pub(super) fn new(period: Duration) -> Self {
        Self {
            period,
            random: RandomState::new(),
            alive: HashMap::new(),
            seen: Vec::new(),
            free: (0..MOST_THREADS).rev().collect(),
            scans: 0,
            no_timer: NoTimer::default(),
        }
    }

    /// Reads the clocks of the threads that are known, arms a timer for each new one, and forgets those that have
    /// ended.
    pub(super) fn scan(&mut self, session: &Session) {
        self.scans += 1;
        // Out of file descriptors, perhaps: then the next scan finds them.
        let Ok(listed) = fs::read_dir("/proc/self/task") else {
            return;
        };
        for tid in listed.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()) {
            self.meet(tid, session);
        }
        let ended: Vec<_> = self
            .alive
            .iter()
            .filter(|(_, thread)| thread.met != self.scans)
            .map(|(tid, _)| *tid)
            .collect();
        for tid in ended {
            self.end(tid, session);
        }
    }

    fn meet(&mut self, tid: libc::pid_t, session: &Session) {
        let clock = Clock::of_thread(tid);
        let Some(now) = clock.read() else {
            return;
        };
        if let Some(known) = self.alive.get_mut(&tid) {
            if known.last <= now {
                known.last = now;
                known.met = self.scans;
                // A thread names itself, and has its starter's name until then.
                if known.met == known.found + 1 {
                    rename(&mut self.seen[known.number as usize], tid);
                }
                return;
            }
            // Its clock cannot go back: this is another thread, which was given the number again.
            self.end(tid, session);
        }
        self.begin(tid, clock, now, session);
    }

    fn begin(&mut self, tid: libc::pid_t, clock: Clock, now: Duration, session: &Session) {
        let Ok(number) = u32::try_from(self.seen.len()) else {
            return;
        };
        let timer = self.arm(tid, number, session);
        self.seen.push(Seen {
            name: name(tid),
            time: Duration::ZERO,
        });
        let alive = Alive {
            number,
            clock,
            first: now,
            last: now,
            timer,
            found: self.scans,
            met: self.scans,
        };
        self.alive.insert(tid, alive);
    }

    fn arm(&mut self, tid: libc::pid_t, number: u32, session: &Session) -> Option<(usize, Timer)> {
        let Some(place) = self.free.pop() else {
            self.no_timer.other += 1;
            self.no_timer.why = Some(format!("more than {MOST_THREADS} threads at once"));
            return None;
        };
        session.assign(place, tid, number);
        // At random within the period. Otherwise short-lived threads would never be seen, and those that do the same at
        // the same time would always be seen at the same point.
        let period = self.period.as_nanos() as u64;
        let first = Duration::from_nanos(1 + self.random.hash_one((tid, number)) % period);
        match Timer::start(tid, session.value(place), first, self.period) {
            Ok(timer) => return Some((place, timer)),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.no_timer.over_limit += 1
            }
            // It has ended meanwhile.
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {}
            Err(error) => {
                self.no_timer.other += 1;
                self.no_timer.why = Some(error.to_string());
            }
        }
        self.free.push(place);
        None
    }

    fn end(&mut self, tid: libc::pid_t, session: &Session) {
        let Some(ended) = self.alive.remove(&tid) else {
            return;
        };
        self.seen[ended.number as usize].time = ended.last - ended.first;
        if let Some((place, timer)) = ended.timer {
            drop(timer);
            session.assign(place, 0, 0);
            self.free.push(place);
        }
    }

    /// Stops the timers, and tells of all threads that were seen.
    pub(super) fn finish(&mut self, session: &Session) -> Vec<Seen> {
        let tids: Vec<_> = self.alive.keys().copied().collect();
        for tid in tids {
            if let Some(alive) = self.alive.get_mut(&tid) {
                alive.last = alive.clock.read().unwrap_or_default().max(alive.last);
                rename(&mut self.seen[alive.number as usize], tid);
            }
            self.end(tid, session);
        }
        mem::take(&mut self.seen)
    }
}

/// Takes over the name that the kernel has for the thread now, if it is alive.
fn rename(seen: &mut Seen, tid: libc::pid_t) {
    let now = name(tid);
    if !now.is_empty() {
        seen.name = now;
    }
}

/// The name that the kernel has for a thread; empty if it has ended.
fn name(tid: libc::pid_t) -> String {
    let name = fs::read(format!("/proc/self/task/{tid}/comm")).unwrap_or_default();
    String::from_utf8_lossy(name.trim_ascii_end()).into_owned()
}
