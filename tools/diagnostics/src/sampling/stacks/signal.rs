//! Reaching a thread by a signal, SIGPROF, whose handler is told where the thread was.
//!
//! A handler stays once it is installed: a signal that is still on its way after the last profile would end the process
//! otherwise. From then on a SIGPROF that somebody else sends does nothing.

use std::ffi::{c_int, c_void};
use std::sync::OnceLock;
use std::{io, mem, ptr};

use super::Registers;

/// What a signal brings.
pub(crate) struct Arrived {
    /// The number that the sender gave it. Another process of the same user can pretend to be a timer, so it must be taken
    /// for no more than a number.
    pub(crate) value: usize,
    /// How often a timer has expired since, beside this once.
    pub(crate) overrun: u32,
    /// Where the thread was.
    pub(crate) registers: Registers,
}

/// Somebody else in the program handles the signal, or the kernel refuses.
#[derive(Debug)]
pub(crate) enum NotInstalled {
    Taken,
    Refused(io::Error),
}

type Receiver = fn(&Arrived);

/// One for each way in which the signal is sent.
static RECEIVERS: [(c_int, OnceLock<Receiver>); 2] = [
    (libc::SI_TIMER, OnceLock::new()),
    (libc::SI_QUEUE, OnceLock::new()),
];

/// From now on `receiver` is called with each SIGPROF that is sent with that code, on the thread that it has interrupted
/// and perhaps on the stack for signals, of which std's has 8 KiB. It must not allocate, lock, panic, or touch a
/// thread-local that is made on first use. The first call's receiver is kept.
pub(crate) fn install(code: c_int, receiver: Receiver) -> Result<(), NotInstalled> {
    for (_, receivers) in RECEIVERS.iter().filter(|(known, _)| *known == code) {
        receivers.get_or_init(|| receiver);
    }
    match current().map_err(NotInstalled::Refused)? {
        is if is == handler as *const () as usize => return Ok(()),
        libc::SIG_DFL | libc::SIG_IGN => {}
        _ => return Err(NotInstalled::Taken),
    }
    // SAFETY: all zeros is a valid `sigaction`, with an empty mask.
    let mut action: libc::sigaction = unsafe { mem::zeroed() };
    action.sa_sigaction = handler as *const () as usize;
    // What it interrupts goes on, and a thread with little room left on its stack may have given signals another one.
    action.sa_flags = libc::SA_SIGINFO | libc::SA_RESTART | libc::SA_ONSTACK;
    // SAFETY: the handler has the signature that SA_SIGINFO asks for, and does only what a handler may do.
    match unsafe { libc::sigaction(libc::SIGPROF, &action, ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(NotInstalled::Refused(io::Error::last_os_error())),
    }
}

/// Whether the handler is still the one that [`install`] has set.
pub(crate) fn is_installed() -> bool {
    current().is_ok_and(|is| is == handler as *const () as usize)
}

/// The address of the handler that the process has now.
fn current() -> io::Result<usize> {
    // SAFETY: all zeros is a valid `sigaction`, and it is only written to.
    unsafe {
        let mut action: libc::sigaction = mem::zeroed();
        match libc::sigaction(libc::SIGPROF, ptr::null(), &mut action) {
            0 => Ok(action.sa_sigaction),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// The start of Linux's `siginfo_t` on 64 bits, for a signal of a timer; the libc crate has no way to `overrun`. A signal
/// that was queued has its value in the same place, and the sender's number where a timer's overrun is.
#[repr(C)]
struct Information {
    signal: c_int,
    errno: c_int,
    code: c_int,
    padding: c_int,
    timer: c_int,
    overrun: c_int,
    value: usize,
}

extern "C" fn handler(_signal: c_int, information: *mut libc::siginfo_t, context: *mut c_void) {
    // SAFETY: `errno` is this thread's, and exists as long as the thread runs code.
    let errno = unsafe { libc::__errno_location() };
    // SAFETY: as above. What was interrupted may be about to read it.
    let kept = unsafe { *errno };
    // SAFETY: the kernel gives a handler with SA_SIGINFO a `siginfo_t` of 128 bytes, written in full.
    let information = unsafe { &*information.cast::<Information>() };
    let mut receivers = RECEIVERS
        .iter()
        .filter(|(code, _)| *code == information.code);
    if let Some(receiver) = receivers.next().and_then(|(_, receiver)| receiver.get()) {
        receiver(&Arrived {
            value: information.value,
            overrun: information.overrun.try_into().unwrap_or(0),
            // SAFETY: with SA_SIGINFO, it gives a context, too.
            registers: unsafe { Registers::interrupted(context.cast()) },
        });
    }
    // SAFETY: as above.
    unsafe { *errno = kept };
}
