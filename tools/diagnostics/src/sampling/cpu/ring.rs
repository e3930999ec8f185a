//! Samples on their way from many signal handlers to one reader, without locks.
//!
//! A handler reserves room by moving `head`, fills it, and writes the record's first word last; a record whose first
//! word is zero is not complete yet. The reader clears what it has read, and gives it back by moving `tail`. When there
//! is no room, the sample is dropped.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::sampling::mapped::Words;

pub(super) struct Ring {
    words: Words,
    /// Where the next record will be, in words since the start; it never falls.
    head: AtomicU64,
    /// Where the first record is that has not been read.
    tail: AtomicU64,
}

/// A sample as the handler leaves it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) of: Of,
    /// At least 1.
    pub(super) weight: u32,
    pub(super) stack: Vec<usize>,
}

/// What a sample is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Of {
    /// The thread's number in the recording, above the kernel's number for it.
    pub(super) thread: u64,
    pub(super) label: u64,
    /// When it was taken, in the flight recorder's ticks.
    pub(super) time: u64,
}

/// Words of a record before its addresses.
const HEAD: u64 = 4;

impl Ring {
    /// `words` is a power of two.
    pub(super) fn new(words: usize) -> io::Result<Self> {
        debug_assert!(words.is_power_of_two());
        Ok(Self {
            words: Words::new(words)?,
            head: AtomicU64::new(0),
            tail: AtomicU64::new(0),
        })
    }

    fn word(&self, position: u64) -> &AtomicU64 {
        &self.words[position as usize & (self.words.len() - 1)]
    }

    /// Whether there was room. For signal handlers.
    pub(super) fn push(&self, of: Of, weight: u32, stack: &[AtomicU64]) -> bool {
        let length = HEAD + stack.len() as u64;
        let mut head = self.head.load(Ordering::Relaxed);
        loop {
            // What the reader has cleared is seen cleared.
            let tail = self.tail.load(Ordering::Acquire);
            if (head + length).saturating_sub(tail) > self.words.len() as u64 {
                return false;
            }
            let moved = self.head.compare_exchange_weak(
                head,
                head + length,
                Ordering::Relaxed,
                Ordering::Relaxed,
            );
            match moved {
                Ok(_) => break,
                Err(now) => head = now,
            }
        }
        for (position, word) in (head + 1..).zip([of.thread, of.label, of.time]) {
            self.word(position).store(word, Ordering::Relaxed);
        }
        for (position, address) in (head + HEAD..).zip(stack) {
            let address = address.load(Ordering::Relaxed);
            self.word(position).store(address, Ordering::Relaxed);
        }
        let first = (stack.len() as u64) << 32 | u64::from(weight.max(1));
        self.word(head).store(first, Ordering::Release);
        true
    }

    /// Takes the oldest record, if it is complete. For one reader.
    pub(super) fn pop(&self) -> Option<Record> {
        let tail = self.tail.load(Ordering::Relaxed);
        let first = self.word(tail).load(Ordering::Acquire);
        if first == 0 {
            return None;
        }
        let take = |position| self.word(position).swap(0, Ordering::Relaxed);
        let end = tail + HEAD + (first >> 32);
        let record = Record {
            of: Of {
                thread: take(tail + 1),
                label: take(tail + 2),
                time: take(tail + 3),
            },
            weight: first as u32,
            stack: (tail + HEAD..end)
                .map(|position| take(position) as usize)
                .collect(),
        };
        take(tail);
        self.tail.store(end, Ordering::Release);
        Some(record)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::thread;

    use super::*;

    fn of(thread: u64, label: u64) -> Of {
        Of {
            thread,
            label,
            time: !label,
        }
    }

    fn stack(addresses: impl IntoIterator<Item = u64>) -> Vec<AtomicU64> {
        addresses.into_iter().map(AtomicU64::new).collect()
    }

    #[test]
    fn what_has_no_room_is_refused_and_what_was_read_makes_room() {
        let ring = Ring::new(16).expect("memory");
        for round in 0..100 {
            assert!(ring.pop().is_none());
            assert!(ring.push(of(1, round), 7, &stack([round, 0, 3])));
            assert!(ring.push(of(2, 0), 1, &stack([5; 5])));
            assert!(!ring.push(of(3, 0), 1, &stack([])), "16 words are taken");
            let first = Record {
                of: of(1, round),
                weight: 7,
                stack: vec![round as usize, 0, 3],
            };
            assert_eq!(ring.pop(), Some(first));
            assert!(ring.push(of(3, 0), 1, &stack([])));
            assert_eq!(ring.pop().map(|record| record.of.thread), Some(2));
            assert_eq!(ring.pop().map(|record| record.stack.len()), Some(0));
        }
    }

    #[test]
    fn records_of_many_threads_arrive_whole_and_once() {
        const EACH: u64 = 20_000;
        let ring = Ring::new(256).expect("memory");
        let (done, mut seen) = (AtomicBool::new(false), [0; 3]);
        thread::scope(|scope| {
            let writers: Vec<_> = (0..3)
                .map(|thread| {
                    let ring = &ring;
                    scope.spawn(move || {
                        (0..EACH)
                            .filter(|i| {
                                ring.push(of(thread, 0), 1, &stack((0..i % 60).map(|_| thread + 1)))
                            })
                            .count()
                    })
                })
                .collect();
            let reader = scope.spawn(|| {
                loop {
                    let last = done.load(Ordering::Acquire);
                    while let Some(record) = ring.pop() {
                        let own = record.of.thread as usize + 1;
                        assert!(
                            record.stack.iter().all(|address| *address == own),
                            "{record:?}"
                        );
                        seen[record.of.thread as usize] += 1;
                    }
                    if last {
                        return seen;
                    }
                    thread::yield_now();
                }
            });
            let pushed: Vec<_> = writers
                .into_iter()
                .map(|w| w.join().expect("no panic"))
                .collect();
            done.store(true, Ordering::Release);
            assert_eq!(reader.join().expect("no panic").to_vec(), pushed);
        });
    }
}
