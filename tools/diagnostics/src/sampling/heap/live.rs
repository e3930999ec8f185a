//! Sampled blocks that are in use.
//!
//! An address has a bucket of eight places, and a tag of eight bits. The tags of a bucket stand in one word: whether an
//! address may be sampled is one load and a few instructions, and wrong once in some thousand times. That is what every
//! release pays. Only behind a tag that matches, the place itself is looked at.
//!
//! Whoever holds a block is the only one who releases it, so a place belongs to one thread at a time: to whom has
//! allocated the block until it is in, and then to whom releases it. A place is free when its tag is zero, which is
//! stored last.
#![allow(unsafe_code)]

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use super::Weight;
use super::sites::Site;
use crate::sampling::mapped::Words;

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

/// The tags, as the fast way finds them: nothing until there is a sampler.
static TAGS: AtomicPtr<AtomicU64> = AtomicPtr::new(ptr::null_mut());

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

impl Hashed {
    #[inline]
    fn of(address: usize) -> Self {
        // By the golden ratio, whose product has good upper bits.
        let mixed = (address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
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
    let tags = TAGS.load(Ordering::Relaxed);
    if tags.is_null() {
        return false;
    }
    let hashed = Hashed::of(address);
    // SAFETY: it points to `BUCKETS` atomic words, which are mapped for as long as the process lives, and zero from the
    // start: whoever knows the pointer may read them, whatever else of the sampler it can see yet.
    let tags = unsafe { &*tags.add(hashed.bucket) }.load(Ordering::Relaxed);
    matching(tags, hashed.tag) != 0
}

impl Live {
    /// The one of the process.
    pub(super) fn new() -> io::Result<Self> {
        let live = Self::apart()?;
        TAGS.store(live.tags.as_ptr().cast_mut(), Ordering::Release);
        Ok(live)
    }

    fn apart() -> io::Result<Self> {
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
                return Some(place);
            }
            matches &= matches - 1;
        }
        None
    }

    /// The block is found again.
    pub(super) fn put_back(&self, place: Place, address: usize) {
        self.place(place)[ADDRESS].store(address as u64, Ordering::Release);
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
        let live = Live::apart().expect("memory");
        let addresses: Vec<_> = (1..=50_000usize).map(|n| n * 64).collect();
        for (number, &address) in addresses.iter().enumerate() {
            let site = Site::from(number as u64);
            assert!(live.insert(address, site, WEIGHT), "{number}");
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
        let live = Live::apart().expect("memory");
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
