//! Numbers for what lives as long as the program and has a name: the places where tasks are spawned, and the call sites of
//! spans. A record has room for a number, and whoever reads it asks here.
#![allow(unsafe_code)]

use std::panic::Location;
use std::ptr;
use std::sync::atomic::{AtomicU64, Ordering};

use super::record::Name;

/// Places or call sites that are told apart; a power of two. The rest come together.
const MOST: usize = 4096;

/// Places that are looked at for one number.
const PROBES: usize = 64;

/// Addresses, found by their hash. The number of one is where it stands, counted from 1.
struct Table([AtomicU64; MOST]);

impl Table {
    #[inline]
    fn number(&self, address: u64) -> Name {
        // By the golden ratio, whose product has good upper bits.
        let hash = address.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let first = (hash >> (u64::BITS - MOST.trailing_zeros())) as usize;
        for slot in (first..first + PROBES).map(|slot| slot % MOST) {
            let found = self.0[slot].load(Ordering::Relaxed);
            if found == address || (found == 0 && self.put(slot, address)) {
                return Name(slot as u16 + 1);
            }
        }
        Name::UNKNOWN
    }

    /// Whether that address stands there now.
    #[cold]
    fn put(&self, slot: usize, address: u64) -> bool {
        let put = self.0[slot].compare_exchange(0, address, Ordering::Relaxed, Ordering::Relaxed);
        put.is_ok() || put == Err(address)
    }

    fn address(&self, Name(number): Name) -> Option<usize> {
        let slot = usize::from(number).checked_sub(1)?;
        match self.0.get(slot)?.load(Ordering::Relaxed) {
            0 => None,
            address => Some(address as usize),
        }
    }
}

static PLACES: Table = Table([const { AtomicU64::new(0) }; MOST]);

/// The number of a place in the source.
#[inline]
pub(crate) fn of_place(place: &'static Location<'static>) -> Name {
    PLACES.number(ptr::from_ref(place).expose_provenance() as u64)
}

/// The place with that number, if there was room for it.
pub(crate) fn place(name: Name) -> Option<&'static Location<'static>> {
    // SAFETY: the table is filled from such references alone, in the function above.
    PLACES
        .address(name)
        .map(|address| unsafe { &*ptr::with_exposed_provenance(address) })
}

#[cfg(feature = "tracing")]
mod sites {
    use tracing::Metadata;

    use super::*;

    static SITES: Table = Table([const { AtomicU64::new(0) }; MOST]);

    /// The number of a span's call site.
    #[inline]
    pub(crate) fn of_site(site: &'static Metadata<'static>) -> Name {
        SITES.number(ptr::from_ref(site).expose_provenance() as u64)
    }

    /// The name of the span that is opened there, and the file and line.
    pub(crate) fn site_texts(name: Name) -> Option<(String, String)> {
        // SAFETY: the table is filled from such references alone, in the function above.
        let site: &Metadata<'_> = unsafe { &*ptr::with_exposed_provenance(SITES.address(name)?) };
        let place = match (site.file(), site.line()) {
            (Some(file), Some(line)) => format!("{file}:{line}"),
            _ => site.target().to_owned(),
        };
        Some((site.name().to_owned(), place))
    }
}

#[cfg(not(feature = "tracing"))]
mod sites {
    use super::*;

    pub(crate) fn site_texts(_name: Name) -> Option<(String, String)> {
        None
    }
}

#[cfg(feature = "tracing")]
pub(crate) use sites::of_site;
pub(crate) use sites::site_texts;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_one_number_and_is_found_by_it() {
        let (here, there) = (Location::caller(), Location::caller());
        assert_eq!(of_place(here), of_place(here));
        assert_ne!(of_place(here), of_place(there));
        assert_eq!(place(of_place(there)), Some(there));
        assert_eq!(place(Name::UNKNOWN), None);
    }

    #[test]
    fn what_has_no_room_is_further_ones() {
        static TABLE: Table = Table([const { AtomicU64::new(0) }; MOST]);
        let table = &TABLE;
        let numbers: Vec<_> = (1..=2 * MOST as u64)
            .map(|address| table.number(address * 8))
            .collect();
        let further = numbers
            .iter()
            .filter(|&&number| number == Name::UNKNOWN)
            .count();
        assert!(further >= MOST, "{further}");
        for (address, &number) in (1..).zip(&numbers) {
            let expected = (number != Name::UNKNOWN).then_some(address * 8);
            assert_eq!(table.address(number), expected);
        }
    }
}
