//! The counts and the flight recorder under all orders that the memory model allows, and not only those that this machine shows.
//!
//! What the library compiles with the standard library's atomics is compiled here with loom's. It is not done by
//! `--cfg loom`, which tokio takes for its own.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU64, AtomicUsize, Ordering, fence};
use loom::thread;

#[path = "../src/slots/bitmap.rs"]
mod bitmap;
#[path = "../src/recorder/chunk.rs"]
mod chunk;
#[path = "../src/slots/slot.rs"]
mod slot;

use chunk::{Chunk, RECORD, Stamp, Writer};
use slot::{Counted, Slot, sum};

fn new_slot() -> Slot {
    Slot {
        mallocs: AtomicU64::new(0),
        frees: AtomicU64::new(0),
        reallocs: AtomicU64::new(0),
        allocated_bytes: AtomicU64::new(0),
        freed_bytes: AtomicU64::new(0),
    }
}

/// Two slots and the shared one.
struct Table {
    slots: [Slot; 2],
    used: AtomicUsize,
    shared: Slot,
}

impl Table {
    fn new(used: usize) -> Arc<Self> {
        Arc::new(Self {
            slots: [new_slot(), new_slot()],
            used: AtomicUsize::new(used),
            shared: new_slot(),
        })
    }

    /// What a reader finds at any moment.
    fn read(&self) -> Counted {
        let counted = sum(&self.slots, &self.used, &self.shared);
        assert!(
            counted.frees <= counted.mallocs && counted.freed_bytes <= counted.allocated_bytes,
            "more was released than allocated: {counted:?}"
        );
        counted
    }

    /// A reader beside those who count. It comes last: loom runs the threads in the order in which they came, and
    /// looks for other orders where a load finds another thread's store. Where a store comes after a load of the
    /// same thread, as whoever counts does it, loom forgets an earlier load of another one.
    fn read_beside(table: &Arc<Self>) -> thread::JoinHandle<Counted> {
        let table = Arc::clone(table);
        thread::spawn(move || table.read())
    }
}

#[test]
fn a_release_is_not_seen_without_its_allocation() {
    model(|| {
        let table = Table::new(1);
        let owner = Arc::clone(&table);
        let owner = thread::spawn(move || {
            owner.slots[0].allocated(10);
            owner.slots[0].freed(10);
        });
        Table::read_beside(&table).join().expect("it reads");
        owner.join().expect("the owner counts");
        assert_eq!(table.read().mallocs, 1);
    });
}

#[test]
fn a_reallocation_is_never_seen_as_a_release_alone() {
    model(|| {
        let table = Table::new(1);
        let owner = Arc::clone(&table);
        // Allocated before anybody else looks.
        table.slots[0].allocated(10);
        let owner = thread::spawn(move || owner.slots[0].reallocated(10, 30));
        let counted = Table::read_beside(&table).join().expect("it reads");
        assert!(
            counted.allocated_bytes - counted.freed_bytes >= 10,
            "{counted:?}"
        );
        owner.join().expect("the owner counts");
        let counted = table.read();
        assert_eq!(
            (counted.mallocs, counted.frees, counted.reallocs),
            (2, 1, 1)
        );
        assert_eq!((counted.allocated_bytes, counted.freed_bytes), (40, 10));
    });
}

/// One thread allocates in a slot that came into use just now, another one releases in a slot that a reader may have
/// looked at before.
#[test]
fn a_block_may_be_released_by_another_thread() {
    model(|| {
        let table = Table::new(1);
        let block = Arc::new(AtomicUsize::new(0));
        let maker = {
            let (table, block) = (Arc::clone(&table), Arc::clone(&block));
            thread::spawn(move || {
                table.used.fetch_max(2, Ordering::Release);
                table.slots[1].allocated(10);
                // As a channel hands it over.
                block.store(1, Ordering::Release);
            })
        };
        let user = {
            let (table, block) = (Arc::clone(&table), block);
            thread::spawn(move || {
                if block.load(Ordering::Acquire) == 1 {
                    table.slots[0].freed(10);
                }
            })
        };
        Table::read_beside(&table).join().expect("it reads");
        maker.join().expect("it counts");
        user.join().expect("it counts");
        assert_eq!(table.read().mallocs, 1);
    });
}

#[test]
fn threads_without_a_slot_share_one_in_the_same_order() {
    // Calls alone, since each counter more multiplies the orders.
    let one = |mallocs, frees| Counted {
        mallocs,
        frees,
        reallocs: 0,
        allocated_bytes: 0,
        freed_bytes: 0,
    };
    model(move || {
        let table = Table::new(0);
        let threads = [(); 2].map(|()| {
            let table = Arc::clone(&table);
            thread::spawn(move || {
                table.shared.add_shared(one(1, 0));
                table.shared.add_shared(one(0, 1));
            })
        });
        Table::read_beside(&table).join().expect("it reads");
        for thread in threads {
            thread.join().expect("it counts");
        }
        assert_eq!(table.read(), one(2, 2));
    });
}

/// All orders in which the threads may be interrupted up to twice, and in each all values that a load may see.
fn model(check: impl Fn() + Send + Sync + 'static) {
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound = Some(2);
    builder.check(check);
}

/// A word in which only the last two bits are free.
fn two_left() -> Arc<[AtomicU64; 1]> {
    Arc::new([AtomicU64::new(u64::MAX >> 2)])
}

#[test]
fn two_threads_never_own_one_slot() {
    model(|| {
        let words = two_left();
        let threads = [(); 2].map(|()| {
            let words = Arc::clone(&words);
            thread::spawn(move || bitmap::claim(&*words))
        });
        let mut claimed = threads.map(|thread| thread.join().expect("it claims"));
        claimed.sort();
        assert_eq!(claimed, [Some(62), Some(63)]);
        assert_eq!(bitmap::claim(&*words), None);
        bitmap::release(&*words, 62);
        assert_eq!(bitmap::claim(&*words), Some(62));
    });
}

/// Owners come and go, and each goes on from what the one before it had counted: an owner that does not see it would
/// write over it.
#[test]
fn no_count_is_lost_when_a_slot_changes_hands() {
    model(|| {
        let words = two_left();
        let slots = Arc::new([new_slot(), new_slot()]);
        let threads = [(); 2].map(|()| {
            let (words, slots) = (Arc::clone(&words), Arc::clone(&slots));
            thread::spawn(move || {
                let index = bitmap::claim(&*words).expect("there are two");
                slots[index - 62].allocated(10);
                bitmap::release(&*words, index);
            })
        });
        for thread in threads {
            thread.join().expect("it counts");
        }
        let mallocs: u64 = slots.iter().map(|slot| slot.read().mallocs).sum();
        assert_eq!(mallocs, 2);
    });
}

/// Words for one record, with the first stamp's owner attached.
fn attached() -> Arc<[AtomicU64; 12]> {
    let words: Arc<[AtomicU64; 12]> = Arc::new(std::array::from_fn(|_| AtomicU64::new(0)));
    assert_eq!(Chunk::room(words.len()), 1);
    assert_eq!(Chunk(&*words).take(1, Writer::default()), Some(0));
    words
}

/// A record that tells its stamp in each word.
fn write(chunk: Chunk<'_>, stamp: Stamp) {
    chunk.write(stamp, 0, [stamp; RECORD]);
    chunk.detach(stamp);
}

/// Whatever a reader meets while a chunk changes hands is of the filling that it names, or it is told.
#[test]
fn no_reader_takes_a_torn_record_for_a_whole_one() {
    model(|| {
        let words = attached();
        let owner = {
            let words = Arc::clone(&words);
            thread::spawn(move || write(Chunk(&*words), 1))
        };
        let thief = {
            let words = Arc::clone(&words);
            thread::spawn(move || {
                let taken = Chunk(&*words).take(2, [2; 3]);
                if taken.is_some() {
                    write(Chunk(&*words), 2);
                }
                taken
            })
        };
        let read = |words: &[AtomicU64]| {
            let mut records = Vec::new();
            let filling = Chunk(words).read(0, |record| records.push(record));
            if let Some(filling) = filling {
                assert_eq!(filling.records, records.len());
                assert!(
                    records
                        .iter()
                        .all(|record| *record == [filling.stamp; RECORD]),
                    "{records:?}"
                );
                let writer = if filling.stamp == 2 {
                    [2; 3]
                } else {
                    Writer::default()
                };
                assert!(
                    records.is_empty() || filling.writer == writer,
                    "{filling:?}"
                );
            }
            filling
        };
        let reader = {
            let words = Arc::clone(&words);
            thread::spawn(move || read(&*words))
        };
        reader.join().expect("it reads");
        owner.join().expect("it writes");
        let taken = thief.join().expect("it writes, or not");
        let filling = read(&*words).expect("nobody writes any more");
        let stamp = if taken.is_some() { 2 } else { 1 };
        assert_eq!((filling.stamp, filling.records), (stamp, 1));
        assert!(taken.is_none_or(|lost| lost == 1));
    });
}

/// Who has detached may attach again, unless somebody has taken the chunk: one of the two.
#[test]
fn a_chunk_has_one_owner() {
    model(|| {
        let words = attached();
        Chunk(&*words).detach(1);
        let inside = Arc::new(AtomicUsize::new(0));
        let enter = |inside: &AtomicUsize| {
            assert_eq!(
                inside.fetch_add(1, Ordering::Relaxed),
                0,
                "two write at once"
            );
            inside.fetch_sub(1, Ordering::Relaxed);
        };
        let owner = {
            let (words, inside) = (Arc::clone(&words), Arc::clone(&inside));
            thread::spawn(move || {
                let attached = Chunk(&*words).attach(1);
                if attached {
                    enter(&inside);
                    Chunk(&*words).detach(1);
                }
                attached
            })
        };
        let thief = {
            let words = Arc::clone(&words);
            thread::spawn(move || {
                let taken = Chunk(&*words).take(2, Writer::default()).is_some();
                if taken {
                    enter(&inside);
                }
                taken
            })
        };
        let (attached, taken) = (
            owner.join().expect("no panic"),
            thief.join().expect("no panic"),
        );
        assert!(attached || taken);
    });
}
