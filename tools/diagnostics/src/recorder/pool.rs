//! The chunks that all threads take theirs from: a fixed number, handed out in turn, so that the oldest goes first.
#![allow(unsafe_code)]

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::chunk::{Chunk, Filling, RECORD, Stamp, Writer};
use crate::sampling::mapped::Words;

/// Words of a chunk: 16 KiB, 510 records.
const CHUNK: usize = 2048;

pub(super) const RECORDS: usize = Chunk::room(CHUNK);

pub(super) const CHUNK_BYTES: usize = CHUNK * size_of::<u64>();

/// The largest pool: 1 GiB. So much address space is reserved; memory is resident where a chunk was filled.
const MOST: usize = 1 << 16;

/// Chunks that are tried before a record is dropped: all of them would have to be attached, which as many threads at
/// work in the same moment would take.
const TRIES: usize = 256;

pub(super) struct Pool {
    words: Words,
    /// Chunks that may be taken. 0 is off.
    size: AtomicUsize,
    /// All from this one on were never taken.
    used: AtomicUsize,
    /// How many chunks were handed out.
    turns: AtomicU64,
    /// Records that were there and gave way to later ones.
    overwritten: AtomicU64,
    /// Records for which there was no chunk.
    dropped: AtomicU64,
}

/// What was read of a pool.
pub(super) struct Read {
    pub(super) index: usize,
    pub(super) filling: Filling,
    pub(super) records: Vec<[u64; RECORD]>,
}

impl Pool {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            words: Words::new(MOST * CHUNK)?,
            size: AtomicUsize::new(0),
            used: AtomicUsize::new(0),
            turns: AtomicU64::new(0),
            overwritten: AtomicU64::new(0),
            dropped: AtomicU64::new(0),
        })
    }

    #[inline]
    pub(super) fn chunk(&self, index: usize) -> Chunk<'_> {
        Chunk(&self.words[index * CHUNK..(index + 1) * CHUNK])
    }

    /// Whether a chunk may still be written to.
    #[inline]
    pub(super) fn has(&self, index: usize) -> bool {
        index < self.size.load(Ordering::Relaxed)
    }

    /// The oldest chunk that nobody is attached to, for the caller to fill.
    pub(super) fn take(&self, writer: Writer) -> Option<(usize, Stamp)> {
        let size = self.size.load(Ordering::Relaxed);
        for _ in 0..size.min(TRIES) {
            let turn = self.turns.fetch_add(1, Ordering::Relaxed);
            let (index, stamp) = (turn as usize % size, turn + 1);
            if let Some(lost) = self.chunk(index).take(stamp, writer) {
                self.overwritten.fetch_add(lost, Ordering::Relaxed);
                self.used.fetch_max(index + 1, Ordering::Relaxed);
                return Some((index, stamp));
            }
        }
        None
    }

    pub(super) fn drop_one(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Bytes of all chunks that may be taken.
    pub(super) fn size(&self) -> usize {
        self.size.load(Ordering::Relaxed) * CHUNK_BYTES
    }

    /// Records overwritten and dropped since the start.
    pub(super) fn lost(&self) -> (u64, u64) {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        (load(&self.overwritten), load(&self.dropped))
    }

    /// Records that are there.
    pub(super) fn present(&self) -> u64 {
        let used = 0..self.used.load(Ordering::Relaxed);
        used.map(|index| self.chunk(index).filled().1 as u64).sum()
    }

    /// From now on there are chunks of so many bytes together, at most 1 GiB. Those that are too many are given back as
    /// soon as nobody is attached to them ([`Self::trim`]).
    pub(super) fn resize(&self, bytes: u64) {
        let chunks = bytes.div_ceil(CHUNK_BYTES as u64).min(MOST as u64);
        self.size.store(chunks as usize, Ordering::Relaxed);
        self.trim();
    }

    /// Gives back the memory of chunks that the pool no longer has.
    pub(super) fn trim(&self) {
        let size = self.size.load(Ordering::Relaxed);
        // Before they go, so that who takes one of them meanwhile, because the pool was larger when he looked, says so again.
        let used = self.used.fetch_min(size, Ordering::Relaxed);
        for index in size..used {
            let chunk = self.chunk(index);
            let stamp = self.turns.fetch_add(1, Ordering::Relaxed) + 1;
            match chunk.take(stamp, Writer::default()) {
                Some(lost) => {
                    self.overwritten.fetch_add(lost, Ordering::Relaxed);
                    self.clear(index);
                }
                None => {
                    self.used.fetch_max(index + 1, Ordering::Relaxed);
                }
            }
        }
    }

    /// For who is attached: afterwards it is nobody's, and as if it had never been taken.
    fn clear(&self, index: usize) {
        const PAGE: usize = 4096;
        let start = self.words[index * CHUNK..].as_ptr().cast_mut().cast::<u8>();
        // The page with the head comes last: as soon as it is zero, somebody may take the chunk.
        for (offset, length) in [(PAGE, CHUNK_BYTES - PAGE), (0, PAGE)] {
            // SAFETY: it is a part of the mapping, on pages of its own, and zeros are valid atomics.
            unsafe { libc::madvise(start.add(offset).cast(), length, libc::MADV_DONTNEED) };
        }
    }

    /// What is in the chunks beyond what `seen` tells of the chunk with that index: its stamp and the number of records.
    pub(super) fn read(&self, mut seen: impl FnMut(usize) -> (Stamp, usize)) -> Vec<Read> {
        let used = self.used.load(Ordering::Relaxed);
        let mut all = Vec::new();
        for index in 0..used {
            let chunk = self.chunk(index);
            let (stamp, count) = chunk.filled();
            let (seen_stamp, seen_count) = seen(index);
            let skip = if stamp == seen_stamp { seen_count } else { 0 };
            if stamp == 0 || count <= skip {
                continue;
            }
            let mut records = Vec::with_capacity(count - skip);
            // It may be taken by another one between the two looks: then it is not this filling that is read.
            let filling = chunk.read(skip, |record| records.push(record));
            if let Some(filling) = filling.filter(|filling| filling.stamp == stamp) {
                all.push(Read {
                    index,
                    filling,
                    records,
                });
            }
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn the_oldest_goes_first_and_who_is_attached_keeps_his() {
        let pool = Pool::new().expect("memory");
        assert_eq!(pool.take(Writer::default()), None);
        pool.resize(3 * CHUNK_BYTES as u64);
        let taken: Vec<_> = (0..3)
            .map(|_| pool.take(Writer::default()).expect("a chunk"))
            .collect();
        assert_eq!(pool.take(Writer::default()), None, "all are attached");
        let (index, stamp) = taken[1];
        pool.chunk(index).write(stamp, 0, [7; RECORD]);
        pool.chunk(index).detach(stamp);
        assert!(pool.chunk(index).attach(stamp), "nobody has taken it");
        pool.chunk(index).detach(stamp);
        let (same, newer) = pool.take(Writer::default()).expect("the one that is free");
        assert_eq!((same, pool.lost()), (index, (1, 0)));
        assert!(newer > stamp && !pool.chunk(index).attach(stamp));
    }

    #[test]
    fn what_is_too_much_is_given_back() {
        let pool = Pool::new().expect("memory");
        pool.resize(100 * CHUNK_BYTES as u64);
        let taken: Vec<_> = (0..100)
            .map(|_| pool.take(Writer::default()).expect("a chunk"))
            .collect();
        for &(index, stamp) in &taken {
            pool.chunk(index).write(stamp, 0, [1; RECORD]);
            if index != 70 {
                pool.chunk(index).detach(stamp);
            }
        }
        pool.resize(10 * CHUNK_BYTES as u64);
        let read = |pool: &Pool| pool.read(|_| (0, 0)).len();
        assert_eq!(read(&pool), 11, "and the one that somebody is attached to");
        pool.chunk(70).detach(taken[70].1);
        pool.trim();
        assert_eq!((read(&pool), pool.lost().0), (10, 90));
        assert!(!pool.chunk(70).attach(taken[70].1), "it is gone");
        pool.resize(u64::MAX);
        assert_eq!(pool.size(), 1 << 30);
    }

    #[test]
    fn what_was_read_before_is_not_read_again() {
        let pool = Pool::new().expect("memory");
        pool.resize(CHUNK_BYTES as u64);
        let (index, stamp) = pool.take([1, 2, 3]).expect("a chunk");
        let chunk = pool.chunk(index);
        chunk.write(stamp, 0, [1; RECORD]);
        chunk.write(stamp, 1, [2; RECORD]);
        let read = pool.read(|_| (stamp, 1));
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].records, [[2; RECORD]]);
        assert_eq!(
            (read[0].filling.records, read[0].filling.writer),
            (2, [1, 2, 3])
        );
        assert!(pool.read(|_| (stamp, 2)).is_empty());
    }

    /// Each record says its chunk's stamp and its place, so one of another filling or of two is told.
    #[test]
    fn readers_meet_whole_records_while_chunks_change_hands() {
        let pool = Pool::new().expect("memory");
        pool.resize(8 * CHUNK_BYTES as u64);
        thread::scope(|scope| {
            let pool = &pool;
            let writers: Vec<_> = (0..3)
                .map(|_| {
                    scope.spawn(move || {
                        for _ in 0..2000 {
                            let (index, stamp) = pool.take(Writer::default()).expect("a chunk");
                            for place in 0..RECORDS {
                                let place_word = place as u64;
                                let record = [stamp, place_word, !stamp, !place_word];
                                pool.chunk(index).write(stamp, place, record);
                            }
                            pool.chunk(index).detach(stamp);
                        }
                    })
                })
                .collect();
            let mut met = 0;
            while !writers.iter().all(|writer| writer.is_finished()) {
                for read in pool.read(|_| (0, 0)) {
                    for (place, &[stamp, second, third, fourth]) in read.records.iter().enumerate()
                    {
                        assert_eq!((stamp, second), (read.filling.stamp, place as u64));
                        assert_eq!((third, fourth), (!stamp, !second));
                        met += 1;
                    }
                }
            }
            assert!(met > 0);
        });
        let (overwritten, dropped) = pool.lost();
        assert_eq!(
            (overwritten, dropped),
            (3 * 2000 * RECORDS as u64 - 8 * RECORDS as u64, 0)
        );
    }
}
