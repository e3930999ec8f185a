//! The stack of another thread of this process, taken by that thread in a signal handler.
#![allow(unsafe_code)]

use std::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use std::{fs, io, ptr, thread};

use super::signal::{self, Arrived};
use super::{By, Tables};
use crate::sampling::mapped::Words;

/// Frames that are kept, the innermost ones.
const MOST_FRAMES: usize = 512;

/// How long a thread may take to answer. One that waits in the kernel for a disk does not.
const PATIENCE: Duration = Duration::from_millis(50);

static CURRENT: AtomicPtr<Request> = AtomicPtr::new(ptr::null_mut());

/// Handlers that may be using what `CURRENT` points to.
static INSIDE: AtomicUsize = AtomicUsize::new(0);

/// Tells the signal of this request from that of an earlier one, which may still be on its way.
static REQUESTS: AtomicUsize = AtomicUsize::new(0);

/// What walks need. Made once, since it takes longer than whoever asks may have: the code in the program stays where it
/// is, and a library that is loaded later may hide a caller.
static TABLES: OnceLock<Tables> = OnceLock::new();

/// Prepares what takes time, for whoever will be in a hurry.
pub(crate) fn prepare() {
    TABLES.get_or_init(Tables::of_this_process);
}

struct Request {
    number: usize,
    tid: u64,
    stack: Words,
    /// How many frames the stack has, plus 1; 0 until it was taken.
    taken: AtomicU64,
}

/// The addresses on the stack of a thread, the innermost first; all but the first are return addresses minus one.
///
/// # Errors
///
/// Why there are none, in words: that somebody else handles the signal, or in what the thread waits.
pub(crate) fn of_thread(tid: u64) -> Result<Vec<usize>, String> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    signal::install(libc::SI_QUEUE, on_signal).map_err(|error| match error {
        signal::NotInstalled::Taken => "the program handles SIGPROF itself".into(),
        signal::NotInstalled::Refused(error) => format!("no handler for SIGPROF: {error}"),
    })?;
    prepare();
    let number = REQUESTS.fetch_add(1, Ordering::Relaxed);
    let request = Box::new(Request {
        number,
        tid,
        stack: Words::new(MOST_FRAMES).map_err(|error| format!("no memory: {error}"))?,
        taken: AtomicU64::new(0),
    });
    let request = Shown(Box::into_raw(request));
    CURRENT.store(request.0, Ordering::SeqCst);
    send(tid, number).map_err(|error| format!("the thread takes no signal: {error}"))?;
    let until = Instant::now() + PATIENCE;
    loop {
        // SAFETY: it was made of a box, which only `drop` takes back.
        let request = unsafe { &*request.0 };
        if let Some(frames) = request.taken.load(Ordering::Acquire).checked_sub(1) {
            let stack = request.stack[..frames as usize].iter();
            return Ok(stack
                .map(|word| word.load(Ordering::Relaxed) as usize)
                .collect());
        }
        if Instant::now() >= until {
            return Err(waits_in(tid));
        }
        thread::sleep(Duration::from_millis(1));
    }
}

/// A request that handlers can see, until this is dropped.
struct Shown(*mut Request);

impl Drop for Shown {
    fn drop(&mut self) {
        CURRENT.store(ptr::null_mut(), Ordering::SeqCst);
        for _ in 0..1000 {
            if INSIDE.load(Ordering::SeqCst) == 0 {
                // SAFETY: it was made of a box. No handler is inside, and those that come now find no request.
                drop(unsafe { Box::from_raw(self.0) });
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
        // A thread that was stopped in its handler may go on at any time: the request stays for it.
    }
}

fn on_signal(arrived: &Arrived) {
    // In this order, and seen by all in the same order as what `drop` does.
    INSIDE.fetch_add(1, Ordering::SeqCst);
    // SAFETY: a request that is pointed to lives as long as anybody is inside.
    if let Some(request) = unsafe { CURRENT.load(Ordering::SeqCst).as_ref() } {
        request.answer(arrived);
    }
    INSIDE.fetch_sub(1, Ordering::SeqCst);
}

impl Request {
    /// In a signal handler.
    fn answer(&self, arrived: &Arrived) {
        // SAFETY: it takes no arguments.
        let tid = unsafe { libc::syscall(libc::SYS_gettid) } as u64;
        let is_new = self.taken.load(Ordering::Relaxed) == 0;
        if arrived.value != self.number || tid != self.tid || !is_new {
            return;
        }
        let Some(tables) = TABLES.get() else { return };
        let mut frames = 0;
        let walk = tables.walk(arrived.registers, By::Rule);
        for (place, address) in self.stack.iter().zip(walk) {
            place.store(address as u64, Ordering::Relaxed);
            frames += 1;
        }
        self.taken.store(frames + 1, Ordering::Release);
    }
}

/// What `rt_tgsigqueueinfo` wants: the start of Linux's `siginfo_t` on 64 bits.
#[repr(C)]
struct Information {
    signal: libc::c_int,
    errno: libc::c_int,
    code: libc::c_int,
    padding: libc::c_int,
    pid: libc::pid_t,
    uid: libc::uid_t,
    value: usize,
    rest: [u64; 12],
}

fn send(tid: u64, number: usize) -> io::Result<()> {
    const { assert!(size_of::<Information>() == 128) };
    // SAFETY: it reads one `siginfo_t`. A process may queue any information for its own threads.
    let sent = unsafe {
        let pid = libc::getpid();
        let information = Information {
            signal: libc::SIGPROF,
            errno: 0,
            code: libc::SI_QUEUE,
            padding: 0,
            pid,
            uid: libc::getuid(),
            value: number,
            rest: [0; 12],
        };
        libc::syscall(
            libc::SYS_rt_tgsigqueueinfo,
            pid,
            tid as libc::pid_t,
            libc::SIGPROF,
            ptr::from_ref(&information),
        )
    };
    match sent {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// What the kernel says about a thread that does not answer.
fn waits_in(tid: u64) -> String {
    let read = |file: &str| {
        fs::read_to_string(format!("/proc/self/task/{tid}/{file}")).unwrap_or_default()
    };
    let stat = read("stat");
    // After the name, which may have anything in it but is in brackets.
    let state = stat
        .rsplit_once(") ")
        .and_then(|(_, rest)| rest.chars().next());
    let place = read("wchan");
    let place = match place.trim_end() {
        "" | "0" => String::new(),
        place => format!(" in {place}"),
    };
    match state {
        Some('D') => format!("the thread waits in the kernel{place}, where it takes no signal"),
        Some(state) => {
            format!("the thread did not answer within {PATIENCE:?}; its state is {state}{place}")
        }
        None => "the thread has ended".into(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn tid() -> u64 {
        // SAFETY: it takes no arguments.
        unsafe { libc::syscall(libc::SYS_gettid) as u64 }
    }

    #[test]
    fn a_thread_that_works_or_sleeps_has_a_stack() {
        let (tell, told) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let worker = thread::spawn(move || {
            tell.send(tid()).expect("somebody waits");
            let _ = ended.recv();
        });
        let worker_tid = told.recv().expect("a number");
        for _ in 0..20 {
            let stack = of_thread(worker_tid).expect("a stack");
            assert!(stack.len() > 3, "{stack:x?}");
        }
        drop(end);
        worker.join().expect("no panic");
        let error = of_thread(worker_tid).expect_err("it has ended");
        assert!(error.contains("takes no signal"), "{error}");
    }
}
