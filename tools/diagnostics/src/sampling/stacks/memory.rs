//! A stack as a walk reads it, which may lead anywhere: frame pointers are ordinary registers, and may hold anything.

/// The kernel's smallest page. Where pages are larger, one is asked for more than once.
const PAGE: usize = 4096;

/// The largest frame that a walk steps over, in bytes.
const LARGEST_FRAME: usize = 1 << 20;

/// As much of a stack is read, in bytes: for each page the kernel is asked, and the thread is held meanwhile. It is twice
/// what std and tokio give a thread.
const MOST: usize = 4 << 20;

/// A stack from the place where a thread is, upwards. Only what is known to be readable is read.
///
/// What is readable is found page by page, by asking the kernel before the first read of each page: one cheap system
/// call, and a stack has few pages. Whichever stack the thread is on, its own, the alternate one for signals or one
/// that a library has made, it cannot go away while the thread stands on it, and a walk never reaches over a gap.
pub(crate) struct Stack {
    /// Words in this range can be read.
    low: usize,
    high: usize,
    /// Nothing is read from here on.
    end: usize,
}

impl Stack {
    /// The stack below whose top, at `sp`, the calling thread is.
    pub(crate) fn from(sp: usize) -> Self {
        Self {
            low: sp,
            high: sp - sp % PAGE,
            end: sp.saturating_add(MOST),
        }
    }

    /// The word at this address, if it lies on the stack.
    pub(crate) fn read(&mut self, address: usize) -> Option<usize> {
        let aligned = address.is_multiple_of(size_of::<usize>());
        let is_near = address.saturating_sub(self.high) <= LARGEST_FRAME && address < self.end;
        if address < self.low || !aligned || !is_near {
            return None;
        }
        while address >= self.high {
            if !is_readable(self.high) {
                return None;
            }
            self.high = self.high.checked_add(PAGE)?;
        }
        // SAFETY: the address is aligned, so the word lies within one page. The kernel has just read from that page,
        // and it is part of the stack that the calling thread stands on, which nobody takes away meanwhile. Other
        // threads may write there, which a volatile read of a word allows for as far as the machine is concerned.
        Some(unsafe { (address as *const usize).read_volatile() })
    }
}

/// Whether the page can be read: the kernel reads from it, and refuses what it was asked to do for another reason.
fn is_readable(page: usize) -> bool {
    const NOTHING_TO_DO: libc::c_int = -1;
    const BYTES_OF_A_SET: usize = 8;
    // SAFETY: `rt_sigprocmask` reads a set of signals at an address, and reports one that it cannot read (EFAULT). It
    // changes nothing, since there is no such thing to do (EINVAL). This is what Abseil and others do, too.
    unsafe {
        let result = libc::syscall(
            libc::SYS_rt_sigprocmask,
            NOTHING_TO_DO,
            page,
            std::ptr::null_mut::<libc::sigset_t>(),
            BYTES_OF_A_SET,
        );
        result == -1 && *libc::__errno_location() == libc::EINVAL
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_mapped_is_read_and_nothing_beyond() {
        // SAFETY: three new pages, the last of which is taken away again.
        let start = unsafe {
            let access = libc::PROT_READ | libc::PROT_WRITE;
            let kind = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS;
            let start = libc::mmap(std::ptr::null_mut(), 3 * PAGE, access, kind, -1, 0);
            assert_ne!(start, libc::MAP_FAILED);
            let last = start.cast::<u8>().add(2 * PAGE);
            assert_eq!(libc::mprotect(last.cast(), PAGE, libc::PROT_NONE), 0);
            start as usize
        };
        let mut stack = Stack::from(start + 64);
        assert_eq!(stack.read(start + 64), Some(0));
        assert_eq!(stack.read(start + 2 * PAGE - 8), Some(0));
        assert_eq!(stack.read(start + 2 * PAGE), None, "no access");
        assert_eq!(stack.read(start + 56), None, "below the top");
        assert_eq!(stack.read(start + 65), None, "no word");
        assert_eq!(stack.read(usize::MAX - 7), None);
        assert_eq!(Stack::from(8).read(8), None, "nothing is mapped there");
    }

    #[test]
    fn a_walk_ends_however_large_the_stack_is() {
        let stack = vec![0_usize; 2 * MOST / size_of::<usize>()];
        let start = stack.as_ptr() as usize;
        let mut stack = Stack::from(start);
        let steps = (start..).step_by(LARGEST_FRAME);
        let read = steps.take_while(|&address| stack.read(address).is_some());
        assert_eq!(read.count(), MOST / LARGEST_FRAME);
    }
}
