//! What is no profile, or not a whole one.

use flate2::Compression;
use flate2::write::GzEncoder;
use profile::{Error, Profile};
use prost::Message as _;

use crate::small;

#[track_caller]
fn assert_refused(bytes: &[u8], reason: &str) {
    match Profile::decode(bytes) {
        Ok(profile) => panic!("taken for {profile:#?}"),
        Err(error) => assert_eq!(error.to_string(), reason),
    }
}

#[test]
fn what_is_no_profile_is_refused() {
    assert_refused(
        b"",
        "the profile is empty; was it cut off, or not written yet?",
    );
    let gzip_of_nothing = GzEncoder::new(Vec::new(), Compression::fast());
    let gzip_of_nothing = gzip_of_nothing.finish().expect("bytes");
    assert_refused(
        &gzip_of_nothing,
        "the profile is empty; was it cut off, or not written yet?",
    );

    for text in [
        "<!doctype html>",
        "404 page not found\n",
        "{\"samples\": []}",
    ] {
        let error = Profile::decode(text.as_bytes()).expect_err("no profile");
        assert!(matches!(error, Error::Format(_)), "{text}: {error}");
        let start = "this is no profile of the format profile.proto: ";
        assert!(error.to_string().starts_with(start), "{text}: {error}");
    }
}

#[test]
fn every_cut_of_a_compressed_profile_is_refused() {
    let whole = small().encode();
    assert_eq!(Profile::decode(&whole).expect("it is whole"), small());
    for length in 2..whole.len() {
        let error = Profile::decode(&whole[..length]).expect_err("it is cut off");
        assert!(matches!(error, Error::Gzip(_)), "{length}: {error}");
        assert!(
            error.to_string().contains("was it cut off? Take it again"),
            "{error}"
        );
    }
    let mut changed = whole.clone();
    let last = changed.len() - 8;
    changed[last] ^= 1;
    assert!(matches!(Profile::decode(&changed), Err(Error::Gzip(_))));
}

#[test]
fn several_profiles_in_one_file_are_refused() {
    let one = small().encode();
    let two = [one.clone(), one.clone()].concat();
    let reason = format!(
        "{} bytes follow after the profile; if several were put together, take them apart",
        one.len()
    );
    assert_refused(&two, &reason);

    let plain = small().encode_to_vec();
    let two = [plain.clone(), plain].concat();
    assert_refused(&two, "the profile is damaged: two mappings have the id 1");
}

#[test]
fn a_cut_or_changed_plain_profile_is_refused_or_still_a_profile() {
    let plain = small().encode_to_vec();
    for length in 0..plain.len() {
        // A cut between two fields leaves references to what is missing, or nothing that is noticed.
        if let Ok(profile) = Profile::decode(&plain[..length]) {
            assert!(profile.samples.is_empty() || profile.strings.len() == small().strings.len());
        }
    }
}

type Damage = fn(&mut Profile);

#[test]
fn each_contradiction_is_named() {
    let cases: [(&str, Damage); 12] = [
        ("sample 1 refers to location 9, which is not there", |one| {
            one.samples[0].location_ids = vec![1, 9]
        }),
        ("sample 1 refers to location 0, which is not there", |one| {
            one.samples[0].location_ids = vec![0]
        }),
        (
            "location 1 refers to mapping 2, which is not there",
            |one| one.locations[0].mapping_id = 2,
        ),
        (
            "location 1 refers to function 5, which is not there",
            |one| one.locations[0].lines[0].function_id = 5,
        ),
        ("function 1 refers to text 99, and there are 8", |one| {
            one.functions[0].name = 99
        }),
        ("mapping 1 refers to text -1, and there are 8", |one| {
            one.mappings[0].build_id = -1
        }),
        ("sample 1 refers to text 8, and there are 8", |one| {
            one.samples[0].labels[0].unit = 8
        }),
        ("a comment refers to text 10, and there are 8", |one| {
            one.comments = vec![10]
        }),
        ("the first of its texts is not empty", |one| {
            one.strings[0] = "cpu".into()
        }),
        (
            "sample 1 has 2 values, and there are 1 types of them",
            |one| one.samples[0].values.push(1),
        ),
        ("two functions have the id 1", |one| {
            one.functions.push(one.functions[0])
        }),
        ("a location has no id", |one| one.locations[0].id = 0),
    ];
    for (reason, damage) in cases {
        let mut profile = small();
        damage(&mut profile);
        assert_refused(
            &profile.encode(),
            &format!("the profile is damaged: {reason}"),
        );
    }
}
