//! What jemalloc tells about the heap.

use crate::{Error, slots};

/// Why there is nothing of this. The reason is the build's, or else the program's choice.
pub(super) const MISSING: &str = if cfg!(not(feature = "jemalloc")) {
    "No `sys`, `allocated`, `active`, `resident`, `mapped`, `retained` and `metadata`: this program is built without \
     diagnostics' feature `jemalloc`."
} else if cfg!(target_env = "msvc") {
    "No `sys`, `allocated`, `active`, `resident`, `mapped`, `retained` and `metadata`: jemalloc, which tells them, does \
     not build with Microsoft's compiler."
} else {
    "No `sys`, `allocated`, `active`, `resident`, `mapped`, `retained` and `metadata`: jemalloc, which tells them, is \
     not below diagnostics::Allocator."
};

/// Bytes, as jemalloc names them.
#[derive(Clone, Copy)]
pub(super) struct Heap {
    pub(super) allocated: u64,
    pub(super) active: u64,
    pub(super) resident: u64,
    pub(super) mapped: u64,
    pub(super) retained: u64,
    pub(super) metadata: u64,
}

/// None if the program's allocator is not jemalloc; a jemalloc that nobody uses would tell of an empty heap.
pub(super) fn read() -> Result<Option<Heap>, Error> {
    if slots::on_jemalloc() {
        jemalloc()
    } else {
        Ok(None)
    }
}

#[cfg(all(feature = "jemalloc", not(target_env = "msvc")))]
fn jemalloc() -> Result<Option<Heap>, Error> {
    use tikv_jemalloc_ctl::{epoch, stats};

    fn told<T>(name: &'static str, result: tikv_jemalloc_ctl::Result<T>) -> Result<T, Error> {
        result.map_err(|error| Error::Jemalloc {
            name,
            reason: error.to_string(),
        })
    }
    // jemalloc answers from a snapshot that it takes when the epoch is advanced.
    told("epoch", epoch::advance())?;
    Ok(Some(Heap {
        allocated: told("stats.allocated", stats::allocated::read())? as u64,
        active: told("stats.active", stats::active::read())? as u64,
        resident: told("stats.resident", stats::resident::read())? as u64,
        mapped: told("stats.mapped", stats::mapped::read())? as u64,
        retained: told("stats.retained", stats::retained::read())? as u64,
        metadata: told("stats.metadata", stats::metadata::read())? as u64,
    }))
}

#[cfg(not(all(feature = "jemalloc", not(target_env = "msvc"))))]
fn jemalloc() -> Result<Option<Heap>, Error> {
    Ok(None)
}
