//! Which slots are taken: a bit for each, apart from the slots themselves, since a thread that looks for one must not
//! touch the cache lines in which others count. `tests/loom.rs` compiles this file too.

use super::{AtomicU64, Ordering};

/// Takes the first slot that is free, or none when all are taken. Taking it acquires what the former owner wrote.
pub(crate) fn claim(words: &[AtomicU64]) -> Option<usize> {
    for (index, word) in words.iter().enumerate() {
        let mut taken = word.load(Ordering::Relaxed);
        while taken != u64::MAX {
            let free = (!taken).trailing_zeros();
            let before = word.fetch_or(1 << free, Ordering::Acquire);
            if before & (1 << free) == 0 {
                return Some(index * u64::BITS as usize + free as usize);
            }
            // Another thread was faster.
            taken = before;
        }
    }
    None
}

/// Gives a slot back, with all that its owner wrote there.
pub(crate) fn release(words: &[AtomicU64], slot: usize) {
    let bits = u64::BITS as usize;
    if let Some(word) = words.get(slot / bits) {
        word.fetch_and(!(1 << (slot % bits)), Ordering::Release);
    }
}
