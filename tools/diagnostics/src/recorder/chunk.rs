//! A chunk of records: who may write to it, and how a reader knows what it has read whole.
//!
//! One thread at a time writes to a chunk. It *attaches* to it before, and *detaches* from it when it may have nothing to
//! write for a while; then whoever needs a chunk may take this one, with what is in it. So a thread that is idle or has
//! ended holds none. Each time that a chunk is taken it gets a new *stamp*, and a filling is known by its stamp.
//!
//! What keeps this right is the order of these few loads and stores, so `tests/loom.rs` compiles this file a second time
//! with atomics that try out all that the memory model allows. Hence they come from `super`.

use super::{AtomicU64, Ordering, fence};

/// Words of a record: 32 bytes.
pub(super) const RECORD: usize = 4;

/// Words before the first record. They are one line of the cache.
const HEAD: usize = 8;

/// The stamp of who has it, and in the last bit whether it is attached.
const OWNER: usize = 0;
/// The stamp of what is in it, and in the last bits how many records.
const FILLED: usize = 1;
/// Who fills it, in three words.
const WRITER: usize = 2;

const ATTACHED: u64 = 1;
const COUNT_BITS: u32 = 16;
const COUNT: u64 = (1 << COUNT_BITS) - 1;

/// Which filling of a chunk. It is never the same twice, and never 0.
pub(super) type Stamp = u64;

/// What tells the thread that fills a chunk: its number, and 16 bytes of its name.
pub(super) type Writer = [u64; 3];

/// Words of which the first [`HEAD`] are the head, and the rest records.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'a>(pub(super) &'a [AtomicU64]);

/// What was read of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Filling {
    pub(super) stamp: Stamp,
    /// Records in it, those read before too.
    pub(super) records: usize,
    pub(super) writer: Writer,
}

impl Chunk<'_> {
    /// How many records have room in so many words.
    pub(super) const fn room(words: usize) -> usize {
        (words - HEAD) / RECORD
    }

    /// Attaches the caller, whoever had the chunk before, unless that one is attached now. Gives how many records are lost
    /// by it.
    pub(super) fn take(self, stamp: Stamp, writer: Writer) -> Option<u64> {
        let owner = self.0[OWNER].load(Ordering::Relaxed);
        if owner & ATTACHED != 0 {
            return None;
        }
        self.own(owner, stamp)?;
        let lost = self.0[FILLED].load(Ordering::Relaxed) & COUNT;
        self.0[FILLED].store(stamp << COUNT_BITS, Ordering::Relaxed);
        // Whoever reads a word that is written from here on, and looks at the stamp after that, sees the new one.
        fence(Ordering::Release);
        for (word, value) in self.0[WRITER..].iter().zip(writer) {
            word.store(value, Ordering::Relaxed);
        }
        Some(lost)
    }

    /// Attaches the caller again, who has detached with this stamp. Not if somebody has taken the chunk since.
    pub(super) fn attach(self, stamp: Stamp) -> bool {
        self.own(stamp << 1, stamp).is_some()
    }

    /// What the former owner wrote comes before what the new one writes.
    fn own(self, owner: u64, stamp: Stamp) -> Option<u64> {
        let new = stamp << 1 | ATTACHED;
        let owned =
            self.0[OWNER].compare_exchange(owner, new, Ordering::Acquire, Ordering::Relaxed);
        owned.ok()
    }

    /// For who is attached.
    #[inline]
    pub(super) fn detach(self, stamp: Stamp) {
        self.0[OWNER].store(stamp << 1, Ordering::Release);
    }

    /// Adds a record after `before` others. For who is attached.
    #[inline]
    pub(super) fn write(self, stamp: Stamp, before: usize, record: [u64; RECORD]) {
        let start = HEAD + before * RECORD;
        for (word, value) in self.0[start..start + RECORD].iter().zip(record) {
            word.store(value, Ordering::Relaxed);
        }
        let filled = stamp << COUNT_BITS | (before as u64 + 1);
        self.0[FILLED].store(filled, Ordering::Release);
    }

    /// The stamp and the number of records now.
    pub(super) fn filled(self) -> (Stamp, usize) {
        let filled = self.0[FILLED].load(Ordering::Acquire);
        (filled >> COUNT_BITS, (filled & COUNT) as usize)
    }

    /// Hands all records to `each` but the first `skip`, and says whether they were whole. If not, somebody has taken the
    /// chunk meanwhile, and nothing that `each` got is worth anything.
    pub(super) fn read(self, skip: usize, mut each: impl FnMut([u64; RECORD])) -> Option<Filling> {
        let (stamp, records) = self.filled();
        let load = |place: usize| self.0[place].load(Ordering::Relaxed);
        let writer = [load(WRITER), load(WRITER + 1), load(WRITER + 2)];
        for record in skip..records {
            let start = HEAD + record * RECORD;
            each([
                load(start),
                load(start + 1),
                load(start + 2),
                load(start + 3),
            ]);
        }
        fence(Ordering::Acquire);
        let after = self.0[FILLED].load(Ordering::Relaxed);
        (after >> COUNT_BITS == stamp).then_some(Filling {
            stamp,
            records,
            writer,
        })
    }
}
