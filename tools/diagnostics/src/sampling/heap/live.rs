//! Sampled blocks that are in use.
//!
//! Every release asks whether its block may be sampled. A counter by the address's hash answers that: 16 KiB of them,
//! which stay in the processor's first caches while the program does other things. With 1,000 sampled blocks in use,
//! one release in 16 goes on from there.
//!
//! Behind the counters an address has a bucket of eight places, and a tag of eight bits. The tags of a bucket stand in
//! one word. Only behind a tag that matches, the place itself is looked at.
//!
//! Whoever holds a block is the only one who releases it, so a place belongs to one thread at a time: to whom has
//! allocated the block until it is in, and then to whom releases it. A place is free when its tag is zero, which is
//! stored last.

use std::io;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use super::Weight;
use super::sites::Site;
use crate::sampling::mapped::Words;

/// One for each 16 places in use when the table is full.
const COUNTERS: usize = 1 << 14;

/// How many blocks there are in use whose address has this hash. What has once reached the top stays there.
static COUNTS: [AtomicU8; COUNTERS] = [const { AtomicU8::new(0) }; COUNTERS];

/// Their tags take 256 KiB. A bucket that is full refuses further blocks: with 100,000 blocks in all, which are some 50
/// GB in use at the default interval, that happens to one in 250.
const BUCKETS: usize = 1 << 15;

/// Places of a bucket: bytes of a word.
const PLACES: usize = 8;

/// Words of a place.
const ADDRESS: usize = 0;
const OBJECTS: usize = 1;
const BYTES: usize = 2;
const SITE: usize = 3;
const WORDS: usize = 4;

pub(super) struct Live {
    tags: Words,
    places: Words,
}

/// Where a block is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place(u32);

/// Where an address belongs.
struct Hashed {
    bucket: usize,
    tag: u8,
}

/// By the golden ratio, whose product has good upper bits.
#[inline]
fn mixed(address: usize) -> u64 {
    (address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[inline]
fn counter(address: usize) -> &'static AtomicU8 {
    &COUNTS[(mixed(address) >> (u64::BITS - COUNTERS.trailing_zeros())) as usize]
}

fn count(address: usize, change: impl Fn(u8) -> u8) {
    let change = |count: u8| (count < u8::MAX).then(|| change(count));
    let _ = counter(address).fetch_update(Ordering::Relaxed, Ordering::Relaxed, change);
}

impl Hashed {
    #[inline]
    fn of(address: usize) -> Self {
        let mixed = mixed(address);
        Self {
            bucket: (mixed >> (u64::BITS - BUCKETS.trailing_zeros())) as usize,
            tag: ((mixed >> 32) as u8).max(1),
        }
    }
}

/// The highest bit of each byte that is `tag`. Above the first one there may be bits too many.
#[inline]
fn matching(tags: u64, tag: u8) -> u64 {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = LOW << 7;
    let zero_where_equal = tags ^ (u64::from(tag) * LOW);
    zero_where_equal.wrapping_sub(LOW) & !zero_where_equal & HIGH
}

/// Whether the block at this address may be sampled.
#[inline]
pub(super) fn may_have(address: usize) -> bool {
    counter(address).load(Ordering::Relaxed) != 0
}

impl Live {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {
            tags: Words::new(BUCKETS)?,
            places: Words::new(BUCKETS * PLACES * WORDS)?,
        })
    }

    fn place(&self, place: Place) -> &[AtomicU64] {
        &self.places[place.0 as usize * WORDS..][..WORDS]
    }

    /// Whether there was room.
    pub(super) fn insert(&self, address: usize, site: Site, weight: Weight) -> bool {
        let Hashed { bucket, tag } = Hashed::of(address);
        let mut tags = self.tags[bucket].load(Ordering::Relaxed);
        let place = loop {
            let free = matching(tags, 0).trailing_zeros() / 8;
            if free as usize == PLACES {
                return false;
            }
            let taken = tags | u64::from(tag) << (free * 8);
            // What the place's last owner did there comes before.
            match self.tags[bucket].compare_exchange_weak(
                tags,
                taken,
                Ordering::Acquire,
                Ordering::Relaxed,
            ) {
                Ok(_) => break Place((bucket * PLACES) as u32 + free),
                Err(now) => tags = now,
            }
        };
        let words = self.place(place);
        words[OBJECTS].store(weight.objects, Ordering::Relaxed);
        words[BYTES].store(weight.bytes, Ordering::Relaxed);
        words[SITE].store(site.into(), Ordering::Relaxed);
        words[ADDRESS].store(address as u64, Ordering::Release);
        count(address, |count| count + 1);
        true
    }

    /// Finds a block, and makes it unfindable. Its place stays taken.
    pub(super) fn take_out(&self, address: usize) -> Option<Place> {
        let Hashed { bucket, tag } = Hashed::of(address);
        let mut matches = matching(self.tags[bucket].load(Ordering::Relaxed), tag);
        while matches != 0 {
            let place = Place((bucket * PLACES) as u32 + matches.trailing_zeros() / 8);
            let key = &self.place(place)[ADDRESS];
            if key.load(Ordering::Acquire) == address as u64 {
                key.store(0, Ordering::Relaxed);
                count(address, |count| count - 1);
                return Some(place);
            }
            matches &= matches - 1;
        }
        None
    }

    /// The block is found again.
    pub(super) fn put_back(&self, place: Place, address: usize) {
        self.place(place)[ADDRESS].store(address as u64, Ordering::Release);
        count(address, |count| count + 1);
    }

    /// Others may have the place of what was taken out. This is what was there.
    pub(super) fn give_back(&self, place: Place) -> (Site, Weight) {
        let words = self.place(place);
        let weight = Weight {
            objects: words[OBJECTS].load(Ordering::Relaxed),
            bytes: words[BYTES].load(Ordering::Relaxed),
        };
        let site = Site::from(words[SITE].load(Ordering::Relaxed));
        let (bucket, byte) = (place.0 as usize / PLACES, place.0 as usize % PLACES);
        // The last thing: whoever takes the place now sees that it has no address.
        self.tags[bucket].fetch_and(!(0xff << (byte * 8)), Ordering::Release);
        (site, weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEIGHT: Weight = Weight {
        objects: 3,
        bytes: 5,
    };

    #[test]
    fn what_is_in_is_found_once_and_what_is_out_is_not() {
        let live = Live::new().expect("memory");
        let addresses: Vec<_> = (1..=50_000usize).map(|n| n * 64).collect();
        for (number, &address) in addresses.iter().enumerate() {
            let site = Site::from(number as u64);
            assert!(live.insert(address, site, WEIGHT), "{number}");
            assert!(may_have(address));
        }
        assert!(live.take_out(32).is_none());
        for (number, &address) in addresses.iter().enumerate() {
            let place = live.take_out(address).expect("it is in");
            assert!(live.take_out(address).is_none(), "it is out");
            if number % 2 == 0 {
                live.put_back(place, address);
                assert_eq!(live.take_out(address).map(|p| p.0), Some(place.0));
            }
            assert_eq!(live.give_back(place), (Site::from(number as u64), WEIGHT));
        }
        assert!(
            live.tags
                .iter()
                .all(|word| word.load(Ordering::Relaxed) == 0)
        );
    }

    #[test]
    fn a_full_bucket_refuses_until_a_place_is_given_back() {
        let live = Live::new().expect("memory");
        let same = Hashed::of(64).bucket;
        let mut alike = (1..)
            .map(|n| n * 64)
            .filter(|a| Hashed::of(*a).bucket == same);
        let first: Vec<_> = alike.by_ref().take(PLACES).collect();
        let next = alike.next().expect("endless");
        for address in &first {
            assert!(live.insert(*address, Site::from(7), WEIGHT));
        }
        assert!(!live.insert(next, Site::from(7), WEIGHT));
        let place = live.take_out(first[3]).expect("it is in");
        assert!(
            !live.insert(next, Site::from(7), WEIGHT),
            "it may come back"
        );
        live.give_back(place);
        assert!(live.insert(next, Site::from(7), WEIGHT));
    }
}
