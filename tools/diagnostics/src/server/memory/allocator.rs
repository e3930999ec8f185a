//! The commands to jemalloc and to libc's allocator.
#![allow(unsafe_code)]

use super::{Decay, Time, keeps};
use crate::slots;

/// jemalloc gives the pages back that were freed and that it keeps for what may come. Whether it is the allocator.
pub(in crate::server) fn purge() -> bool {
    if !slots::on_jemalloc() {
        return false;
    }
    #[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
    // SAFETY: the name ends in zero. It is a command without an argument, for all arenas (`MALLCTL_ARENAS_ALL` is
    // 4096); if a later jemalloc has none of that name, nothing happens.
    unsafe {
        tikv_jemalloc_sys::mallctl(
            c"arena.4096.purge".as_ptr(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            std::ptr::null_mut(),
            0,
        );
    }
    true
}

/// What jemalloc keeps, and what C libraries have freed in libc's allocator.
pub(super) fn give_back() {
    purge();
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: it may be called at any time.
    unsafe {
        libc::malloc_trim(0);
    }
}

/// What holds for new arenas, which is what holds for all of them, unless the program has made some of its own.
pub(super) fn decay() -> Result<Decay, String> {
    if let Some(reason) = keeps() {
        return Err(reason);
    }
    Ok(Decay {
        dirty_ms: Time(jemalloc::read(c"arenas.dirty_decay_ms")?),
        muzzy_ms: Time(jemalloc::read(c"arenas.muzzy_decay_ms")?),
    })
}

/// For the arenas that there are, and for later ones.
pub(super) fn set_decay(dirty: Option<Time>, muzzy: Option<Time>) -> Result<(), String> {
    for (kind, time) in [("dirty", dirty), ("muzzy", muzzy)] {
        let Some(Time(milliseconds)) = time else {
            continue;
        };
        jemalloc::write(&format!("arenas.{kind}_decay_ms"), milliseconds)?;
        for arena in 0..jemalloc::arenas()? {
            // An arena that nobody has used yet is not there, and takes the value for later ones.
            let _ = jemalloc::write(&format!("arena.{arena}.{kind}_decay_ms"), milliseconds);
        }
    }
    Ok(())
}

#[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
mod jemalloc {
    use std::ffi::{CStr, CString};

    use tikv_jemalloc_ctl::raw;

    pub(super) fn read(name: &CStr) -> Result<isize, String> {
        // SAFETY: the values of these names are of the type `ssize_t`.
        let value = unsafe { raw::read(name.to_bytes_with_nul()) };
        value.map_err(|error| format!("jemalloc does not tell {name:?}: {error}"))
    }

    pub(super) fn write(name: &str, milliseconds: isize) -> Result<(), String> {
        let failed = |error: String| format!("jemalloc does not set {name}: {error}");
        let text = CString::new(name).map_err(|error| failed(error.to_string()))?;
        // SAFETY: as above.
        let written = unsafe { raw::write(text.as_bytes_with_nul(), milliseconds) };
        written.map_err(|error| failed(error.to_string()))
    }

    pub(super) fn arenas() -> Result<u32, String> {
        tikv_jemalloc_ctl::arenas::narenas::read().map_err(|error| error.to_string())
    }
}

#[cfg(not(all(feature = "jemalloc", not(target_env = "msvc"))))]
mod jemalloc {
    use std::ffi::CStr;

    pub(super) fn read(_name: &CStr) -> Result<isize, String> {
        Err("this program has no jemalloc".into())
    }

    pub(super) fn write(_name: &str, _milliseconds: isize) -> Result<(), String> {
        Err("this program has no jemalloc".into())
    }

    pub(super) fn arenas() -> Result<u32, String> {
        Ok(0)
    }
}
