//! A timer on a thread's CPU clock, which sends SIGPROF to that thread.
#![allow(unsafe_code)]

use std::mem::{self, MaybeUninit};
use std::time::Duration;
use std::{io, ptr};

use crate::sampling::clock::Clock;

/// Expires again and again, until it is dropped or its thread has ended.
pub(super) struct Timer(libc::timer_t);

// SAFETY: a timer's id is a number that all threads of the process may use.
unsafe impl Send for Timer {}

impl Timer {
    /// The first expiry is after `first` of the thread's processor time, then there is one after each `period`. The
    /// signal carries `value`.
    ///
    /// # Errors
    /// `EAGAIN` when the user's limit of pending signals is reached, `EINVAL` when the thread has ended.
    pub(super) fn start(
        tid: libc::pid_t,
        value: usize,
        first: Duration,
        period: Duration,
    ) -> io::Result<Self> {
        // SAFETY: all zeros is a valid `sigevent`.
        let mut event: libc::sigevent = unsafe { mem::zeroed() };
        event.sigev_notify = libc::SIGEV_THREAD_ID;
        event.sigev_notify_thread_id = tid;
        event.sigev_signo = libc::SIGPROF;
        event.sigev_value.sival_ptr = ptr::without_provenance_mut(value);
        let mut id = MaybeUninit::<libc::timer_t>::uninit();
        // SAFETY: both pointers are valid during the call.
        if unsafe { libc::timer_create(Clock::of_thread(tid).0, &mut event, id.as_mut_ptr()) } != 0
        {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the call has succeeded, so the id is there.
        let timer = Self(unsafe { id.assume_init() });
        let times = libc::itimerspec {
            it_value: timespec(first),
            it_interval: timespec(period),
        };
        // SAFETY: the timer exists, and the times are valid.
        match unsafe { libc::timer_settime(timer.0, 0, &times, ptr::null_mut()) } {
            0 => Ok(timer),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        // SAFETY: this is the timer's only owner.
        unsafe { libc::timer_delete(self.0) };
    }
}

/// Both parts fit: a profile takes minutes at most.
fn timespec(duration: Duration) -> libc::timespec {
    // SAFETY: all zeros is a valid `timespec`; some have padding, so that it cannot be written as a literal.
    let mut time: libc::timespec = unsafe { mem::zeroed() };
    time.tv_sec = duration.as_secs() as libc::time_t;
    time.tv_nsec = duration.subsec_nanos().into();
    time
}
