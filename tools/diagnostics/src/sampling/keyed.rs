//! What is known of things that come and go, found by their number: open spans, tasks alive.
//!
//! A number belongs in one bucket of eight places. Small tables come first, and only what finds its buckets full there
//! goes on to a larger one: so memory is resident as far as it was ever needed at the same time.
//!
//! Whoever asks for a number has it from whom has put it in, or from somebody who has it from there. So a place is
//! found whole, though nothing here is locked.

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use super::mapped::Words;

/// Buckets of each table, a power of two: room for 4,096 numbers, 32,768, 262,144, and 2 million.
const BUCKETS: [usize; 4] = [1 << 9, 1 << 12, 1 << 15, 1 << 18];

/// Places of a bucket. Its numbers are in one line of the cache.
const PLACES: usize = 8;

/// Two numbers that are nobody's.
const FREE: u64 = 0;
const BEING_FILLED: u64 = u64::MAX;

/// `VALUES` words for each number.
pub(crate) struct Keyed<const VALUES: usize> {
    tables: [Table; BUCKETS.len()],
    /// Tables that anything was ever put into.
    used: AtomicUsize,
}

struct Table {
    keys: Words,
    values: Words,
}

impl<const VALUES: usize> Keyed<VALUES> {
    pub(crate) fn new() -> io::Result<Self> {
        let table = |buckets: usize| {
            Ok::<_, io::Error>(Table {
                keys: Words::new(buckets * PLACES)?,
                values: Words::new(buckets * PLACES * VALUES)?,
            })
        };
        let [first, second, third, fourth] = BUCKETS;
        Ok(Self {
            tables: [table(first)?, table(second)?, table(third)?, table(fourth)?],
            used: AtomicUsize::new(1),
        })
    }

    /// Whether there was room.
    pub(crate) fn insert(&self, key: u64, values: [u64; VALUES]) -> bool {
        for (number, table) in self.tables.iter().enumerate() {
            for place in table.bucket(key) {
                // What the place's last owner did there comes before.
                let taken = table.keys[place].compare_exchange(
                    FREE,
                    BEING_FILLED,
                    Ordering::Acquire,
                    Ordering::Relaxed,
                );
                if taken.is_err() {
                    continue;
                }
                for (word, value) in table.values[place * VALUES..].iter().zip(values) {
                    word.store(value, Ordering::Relaxed);
                }
                self.used.fetch_max(number + 1, Ordering::Relaxed);
                table.keys[place].store(key, Ordering::Release);
                return true;
            }
        }
        false
    }

    /// The words of a number that is in.
    #[inline]
    pub(crate) fn find(&self, key: u64) -> Option<&[AtomicU64]> {
        let (table, place) = self.place(key)?;
        Some(&table.values[place * VALUES..][..VALUES])
    }

    /// Takes a number out, and gives its words if it was in.
    pub(crate) fn remove(&self, key: u64) -> Option<[u64; VALUES]> {
        let (table, place) = self.place(key)?;
        let values = table.values_of(place);
        table.keys[place].store(FREE, Ordering::Release);
        Some(values)
    }

    #[inline]
    fn place(&self, key: u64) -> Option<(&Table, usize)> {
        let used = self.used.load(Ordering::Relaxed);
        self.tables[..used].iter().find_map(|table| {
            let mut bucket = table.bucket(key);
            let place = bucket.find(|&place| table.keys[place].load(Ordering::Acquire) == key)?;
            Some((table, place))
        })
    }

    /// Everything that is in, with its number, as it is met. What comes or goes meanwhile may be among it or not.
    pub(crate) fn all(&self) -> impl Iterator<Item = (u64, [u64; VALUES])> {
        let used = self.used.load(Ordering::Relaxed);
        self.tables[..used].iter().flat_map(|table| {
            let places = table.keys.iter().enumerate();
            places.filter_map(|(place, key)| {
                let before = key.load(Ordering::Acquire);
                if [FREE, BEING_FILLED].contains(&before) {
                    return None;
                }
                let values = table.values_of(place);
                (key.load(Ordering::Relaxed) == before).then_some((before, values))
            })
        })
    }
}

impl Table {
    fn values_of<const VALUES: usize>(&self, place: usize) -> [u64; VALUES] {
        std::array::from_fn(|value| self.values[place * VALUES + value].load(Ordering::Acquire))
    }

    #[inline]
    fn bucket(&self, key: u64) -> std::ops::Range<usize> {
        // By the golden ratio, whose product has good upper bits.
        let mixed = key.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let buckets = self.keys.len() / PLACES;
        let bucket = (mixed >> (u64::BITS - buckets.trailing_zeros())) as usize;
        bucket * PLACES..(bucket + 1) * PLACES
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn what_is_in_is_found_and_what_is_out_is_not() {
        const MANY: u64 = 100_000;
        let keyed = Keyed::<2>::new().expect("memory");
        for key in 1..=MANY {
            assert!(keyed.insert(key, [key * 2, key * 3]), "{key}");
        }
        assert_eq!(keyed.all().count(), MANY as usize);
        for key in 1..=MANY {
            let values = keyed.find(key).expect("it is in");
            assert_eq!(values.len(), 2);
            assert_eq!(values[1].load(Ordering::Relaxed), key * 3);
            assert_eq!(keyed.remove(key), Some([key * 2, key * 3]));
            assert!(keyed.find(key).is_none(), "it is out");
        }
        assert_eq!(keyed.all().count(), 0);
    }

    #[test]
    fn few_at_a_time_stay_in_the_first_table() {
        let keyed = Keyed::<1>::new().expect("memory");
        for key in 1..1_000_000u64 {
            assert!(keyed.insert(key, [key]));
            if let Some(old) = key.checked_sub(200) {
                keyed.remove(old);
            }
        }
        assert_eq!(keyed.used.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn what_many_threads_put_in_is_met_whole() {
        let keyed = Keyed::<2>::new().expect("memory");
        thread::scope(|scope| {
            let keyed = &keyed;
            let writers: Vec<_> = (0..3u64)
                .map(|thread| {
                    scope.spawn(move || {
                        for number in 1..100_000u64 {
                            let key = number * 3 + thread;
                            assert!(keyed.insert(key, [key, !key]));
                            keyed.remove(key);
                        }
                    })
                })
                .collect();
            while writers.iter().any(|writer| !writer.is_finished()) {
                for (key, [first, second]) in keyed.all() {
                    assert_eq!((first, second), (key, !key));
                }
            }
        });
        assert_eq!(keyed.all().count(), 0);
    }
}
