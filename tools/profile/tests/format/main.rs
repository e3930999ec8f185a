//! Profiles are read as they were written, and what is damaged is refused with its reason.

mod any_profile;
mod large;
mod of_go;
mod refused;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use profile::Profile;
use profile::proto::{Function, Label, Line, Location, Mapping, Sample, ValueType};
use prost::Message as _;

/// A small profile with one of everything.
fn small() -> Profile {
    let texts = [
        "",
        "cpu",
        "nanoseconds",
        "app",
        "0123",
        "main",
        "main.rs",
        "thread",
    ];
    Profile {
        sample_types: vec![ValueType { kind: 1, unit: 2 }],
        samples: vec![Sample {
            location_ids: vec![1],
            values: vec![7],
            labels: vec![Label {
                key: 7,
                text: 5,
                ..Label::default()
            }],
        }],
        mappings: vec![Mapping {
            id: 1,
            start: 16,
            limit: 32,
            file: 3,
            build_id: 4,
            ..Mapping::default()
        }],
        locations: vec![Location {
            id: 1,
            mapping_id: 1,
            address: 20,
            lines: vec![Line {
                function_id: 1,
                line: 3,
                column: 1,
            }],
            is_folded: false,
        }],
        functions: vec![Function {
            id: 1,
            name: 5,
            system_name: 5,
            filename: 6,
            start_line: 2,
        }],
        strings: texts.map(str::to_owned).to_vec(),
        ..Profile::default()
    }
}

#[test]
fn ids_of_any_kind_become_places() {
    let mut profile = small();
    profile.mappings[0].id = 1 << 60;
    profile.functions[0].id = 77;
    profile.locations[0].id = u64::MAX;
    profile.locations[0].mapping_id = 1 << 60;
    profile.locations[0].lines[0].function_id = 77;
    profile.samples[0].location_ids = vec![u64::MAX];
    assert_eq!(
        Profile::decode(&profile.encode()).expect("it is whole"),
        small()
    );
}

#[test]
fn a_profile_need_not_be_compressed() {
    assert_eq!(
        Profile::decode(&small().encode_to_vec()).expect("it is whole"),
        small()
    );
    let mut best = GzEncoder::new(Vec::new(), Compression::best());
    best.write_all(&small().encode_to_vec()).expect("memory");
    assert_eq!(
        Profile::decode(&best.finish().expect("memory")).expect("it is whole"),
        small()
    );
}
