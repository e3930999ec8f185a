//! The kernel's clocks: of a thread, of the process, of the time that passes.
#![allow(unsafe_code)]

use std::mem::MaybeUninit;
use std::time::Duration;

/// A clock that the kernel keeps.
#[derive(Clone, Copy)]
pub(crate) struct Clock(pub(crate) libc::clockid_t);

impl Clock {
    /// The processor time of all threads of the process, ended ones too.
    pub(crate) const PROCESS: Self = Self(libc::CLOCK_PROCESS_CPUTIME_ID);

    /// The calling thread's processor time.
    pub(crate) const THIS_THREAD: Self = Self(libc::CLOCK_THREAD_CPUTIME_ID);

    /// The time that passes. Cheap: it needs no system call.
    pub(crate) const PASSING: Self = Self(libc::CLOCK_MONOTONIC);

    /// The same, exact to the kernel's ticks, a few milliseconds, and cheaper still.
    pub(crate) const TICKING: Self = Self(libc::CLOCK_MONOTONIC_COARSE);

    /// The processor time of a thread of this process. How Linux makes the clock's number of the thread's is fixed by
    /// its interface (`CPUCLOCK_PERTHREAD_MASK`, `CPUCLOCK_SCHED` in its `posix-timers.h`), and libcs rely on it.
    pub(crate) fn of_thread(tid: libc::pid_t) -> Self {
        const PER_THREAD: libc::clockid_t = 4;
        const SCHEDULED: libc::clockid_t = 2;
        Self((!tid << 3) | PER_THREAD | SCHEDULED)
    }

    /// None if the thread has ended. May be called in a signal handler.
    pub(crate) fn read(self) -> Option<Duration> {
        let mut time = MaybeUninit::<libc::timespec>::uninit();
        // SAFETY: it writes one `timespec`, and reports a clock that does not exist.
        if unsafe { libc::clock_gettime(self.0, time.as_mut_ptr()) } != 0 {
            return None;
        }
        // SAFETY: it has written it.
        let time = unsafe { time.assume_init() };
        Some(Duration::new(
            time.tv_sec.try_into().ok()?,
            time.tv_nsec.try_into().ok()?,
        ))
    }
}
