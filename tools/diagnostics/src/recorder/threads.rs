//! What is recorded of a thread: its number and its name, as the kernel has them.
#![allow(unsafe_code)]

use super::chunk::Writer;

/// Of the calling thread.
pub(super) fn this() -> Writer {
    let mut name = [0u8; 16];
    // SAFETY: it takes no arguments.
    let number = unsafe { libc::syscall(libc::SYS_gettid) };
    // SAFETY: it writes at most 16 bytes.
    unsafe { libc::prctl(libc::PR_GET_NAME, name.as_mut_ptr()) };
    let (first, second) = name.split_at(8);
    let word = |bytes: &[u8]| u64::from_le_bytes(bytes.try_into().unwrap_or_default());
    [number as u64, word(first), word(second)]
}

/// A thread that has recorded something.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Thread {
    pub(crate) number: u64,
    pub(crate) name: String,
}

impl From<Writer> for Thread {
    fn from([number, first, second]: Writer) -> Self {
        let name = [first.to_le_bytes(), second.to_le_bytes()].concat();
        let length = name
            .iter()
            .position(|&byte| byte == 0)
            .unwrap_or(name.len());
        Self {
            number,
            name: String::from_utf8_lossy(&name[..length]).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_known_by_its_name() {
        let named = |name: &str| {
            let builder = std::thread::Builder::new().name(name.into());
            let told = builder.spawn(|| Thread::from(this())).expect("a thread");
            told.join().expect("no panic")
        };
        assert_eq!(named("short").name, "short");
        assert_eq!(
            named("longer-than-the-kernel-keeps").name,
            "longer-than-the"
        );
        assert_ne!(named("one").number, named("one").number);
    }
}
