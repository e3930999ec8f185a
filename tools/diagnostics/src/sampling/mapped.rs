//! Memory straight from the kernel: zeroed, resident only where it was touched, and back with the kernel when it is
//! dropped.
#![allow(unsafe_code)]

use std::ops::Deref;
use std::sync::atomic::AtomicU64;
use std::{io, ptr, slice};

/// Words that may be written to from anywhere: signal handlers, the allocator.
pub(crate) struct Words {
    start: *const AtomicU64,
    length: usize,
}

// SAFETY: it owns its memory, and gives access to atomics only.
unsafe impl Send for Words {}
// SAFETY: as above.
unsafe impl Sync for Words {}

impl Words {
    pub(crate) fn new(length: usize) -> io::Result<Self> {
        // SAFETY: a new mapping, which touches nothing that exists.
        let start = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
            libc::mmap(
                ptr::null_mut(),
                length * size_of::<AtomicU64>(),
                access,
                kind,
                -1,
                0,
            )
        };
        if start == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Self {
            start: start.cast(),
            length,
        })
    }
}

impl Deref for Words {
    type Target = [AtomicU64];

    fn deref(&self) -> &[AtomicU64] {
        // SAFETY: the mapping has so many words, lives as long as this, and zeros are valid atomics.
        unsafe { slice::from_raw_parts(self.start, self.length) }
    }
}

impl Drop for Words {
    fn drop(&mut self) {
        // SAFETY: it is this mapping, whole, and nobody borrows from it any more.
        unsafe {
            libc::munmap(
                self.start.cast_mut().cast(),
                self.length * size_of::<AtomicU64>(),
            )
        };
    }
}
