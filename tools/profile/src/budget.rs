//! How much memory a profile takes, told before it is read: a few bytes of a file can be many of memory.

use std::mem::size_of;

use crate::Error;
use crate::fields::{Field, Fields};
use crate::proto::{Function, Label, Line, Location, Mapping, Sample};

/// Twice what a profile of two hundred megabytes takes.
const MOST_MEMORY: u64 = 2 << 30;

/// No byte of a file takes more in memory: an empty label has two, and an empty sample.
const MOST_PER_BYTE: u64 = 44;

/// Refuses what takes too much memory. Damaged bytes are no matter here.
///
/// # Errors
/// When it is more than 2 GiB.
pub(crate) fn check(bytes: &[u8]) -> Result<(), Error> {
    check_below(bytes, MOST_MEMORY)
}

fn check_below(bytes: &[u8], most: u64) -> Result<(), Error> {
    if bytes.len() as u64 * MOST_PER_BYTE <= most || memory(bytes) <= most {
        return Ok(());
    }
    Err(Error::TooMuchMemory(most))
}

/// What the lists of a profile take, and the texts.
fn memory(bytes: &[u8]) -> u64 {
    let of = |field: Field<'_>| match field.number {
        2 => size_of::<Sample>() as u64 + list(field, &[1, 2], (3, size_of::<Label>())),
        3 => size_of::<Mapping>() as u64,
        4 => size_of::<Location>() as u64 + list(field, &[], (4, size_of::<Line>())),
        5 => size_of::<Function>() as u64,
        6 => size_of::<String>() as u64 + field.bytes.len() as u64,
        _ => field.numbers() * size_of::<u64>() as u64,
    };
    Fields(bytes).map(of).sum()
}

/// What the lists in a message take: of numbers, and of messages of one size.
fn list(message: Field<'_>, numbers: &[u64], messages: (u64, usize)) -> u64 {
    let of = |field: Field<'_>| match field.number {
        number if numbers.contains(&number) => field.numbers() * size_of::<u64>() as u64,
        number if number == messages.0 => messages.1 as u64,
        _ => 0,
    };
    Fields(message.bytes).map(of).sum()
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;
    use crate::Profile;

    #[test]
    fn memory_is_known_before_it_is_taken() {
        let sample = Sample {
            location_ids: vec![1, 1 << 40],
            values: vec![-1],
            labels: vec![Label::default(); 3],
        };
        let profile = Profile {
            samples: vec![sample; 10],
            locations: vec![Location {
                lines: vec![Line::default(); 2],
                ..Location::default()
            }],
            strings: vec!["12345".into()],
            ..Profile::default()
        };
        let samples = 10 * (size_of::<Sample>() + 3 * 8 + 3 * size_of::<Label>());
        let locations = size_of::<Location>() + 2 * size_of::<Line>();
        let all = samples + locations + size_of::<String>() + 5;
        assert_eq!(memory(&profile.encode_to_vec()), all as u64);
    }

    #[test]
    fn many_small_things_are_refused() {
        // A hundred thousand samples of two bytes each.
        let bytes = [0x12, 0].repeat(100_000);
        assert!(check_below(&bytes, 100_000 * size_of::<Sample>() as u64).is_ok());
        let error = check_below(&bytes, 1 << 20).expect_err("it is more than 1 MiB");
        assert_eq!(
            error.to_string(),
            "the profile would take more than 1 MiB of memory, which no profile needs"
        );
    }

    #[test]
    fn damaged_bytes_end_it() {
        for bytes in [&[0xff; 12][..], &[0x12, 9, 1], &[0x0b], &[0x12]] {
            assert_eq!(memory(bytes), 0, "{bytes:?}");
        }
    }
}
