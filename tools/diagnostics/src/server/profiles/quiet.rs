//! What reading debug information costs the service: processor time that nobody else wants, and memory that goes back.
#![allow(unsafe_code)]

use crate::server::memory::allocator::purge;

/// From now on the calling thread gets a tenth of a core that others want.
///
/// At the very lowest priority, 19, it would get a seventieth or less: the answer from a service that is busy on all
/// its cores would come when whoever asked has given up.
pub(super) fn low_priority() {
    const LOW: libc::c_int = 10;
    // SAFETY: it takes three numbers. 0 is the calling thread: Linux keeps priorities for each thread. Should it be
    // refused, the thread runs as others do.
    unsafe { libc::setpriority(libc::PRIO_PROCESS as _, 0, LOW) };
}

/// Gives the pages back that were freed and that the allocator keeps for what may come.
///
/// jemalloc's own thread would do it in some ten seconds, where there is one.
pub(super) fn give_memory_back() {
    if purge() {
        return;
    }
    #[cfg(target_env = "gnu")]
    // SAFETY: it may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}
