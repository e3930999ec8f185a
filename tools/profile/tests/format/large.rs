//! Profiles that are read on all cores.

use profile::proto::Sample;
use profile::{Error, Profile};
use prost::Message as _;

use crate::small;

const SAMPLES: usize = 50_000;

/// Each sample tells which one it is.
fn large() -> Profile {
    let sample = |number: usize| Sample {
        location_ids: vec![1; 8 + number % 9],
        values: vec![-(number as i64)],
        ..small().samples[0].clone()
    };
    Profile {
        samples: (1..=SAMPLES).map(sample).collect(),
        ..small()
    }
}

#[test]
fn samples_are_read_in_their_order() {
    let bytes = large().encode_to_vec();
    assert!(bytes.len() > 1 << 20, "{} bytes", bytes.len());
    assert!(Profile::decode(&bytes).expect("it is whole") == large());
}

/// Samples first, all else among them, and then the rest of the samples.
fn mixed(between: &[u8]) -> Vec<u8> {
    let mut others = large();
    let mut first = Profile {
        samples: std::mem::take(&mut others.samples),
        ..Profile::default()
    };
    let last = Profile {
        samples: first.samples.split_off(SAMPLES / 3),
        ..Profile::default()
    };
    let parts = [first, others, last].map(|part| part.encode_to_vec());
    [&parts[0], &parts[1], between, &parts[2]].concat()
}

#[test]
fn fields_may_come_in_any_order() {
    assert!(Profile::decode(&mixed(b"")).expect("it is whole") == large());
    // Field 100 as a group with nothing in it: it is passed over, as all that is not known.
    let group = [0xa3, 0x06, 0xa4, 0x06];
    assert!(Profile::decode(&mixed(&group)).expect("it is whole") == large());
}

#[test]
fn damage_is_named() {
    let whole = large().encode_to_vec();
    let damaged = [
        // The end of a group that has not begun.
        mixed(&[0xa4, 0x06]),
        // A number for the samples.
        mixed(&[0x10, 1]),
        // A sample whose locations are a text of one byte less than it says.
        mixed(&[0x12, 3, 0x0a, 2, 1]),
        // Cut off within its last text.
        whole[..whole.len() - 1].to_vec(),
    ];
    for (number, bytes) in damaged.iter().enumerate() {
        let error = Profile::decode(bytes).expect_err("it is damaged");
        assert!(matches!(error, Error::Format(_)), "{number}: {error}");
    }
    let mut profile = large();
    profile.samples[SAMPLES - 2].location_ids[7] = 9;
    let error = Profile::decode(&profile.encode()).expect_err("there is one location");
    assert_eq!(
        error.to_string(),
        format!(
            "the profile is damaged: sample {} refers to location 9, which is not there",
            SAMPLES - 1
        )
    );
}
