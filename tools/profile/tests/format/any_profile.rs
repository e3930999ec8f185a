//! Profiles that nobody thought of.

use profile::Profile;
use profile::proto::{Function, Label, Line, Location, Mapping, Sample, ValueType};
use proptest::collection::vec;
use proptest::prelude::*;
use prost::Message as _;

use crate::small;

prop_compose! {
    fn any_profile()(
        strings in vec(".{0,12}", 0..12),
        sample_types in vec((0..12_i64, 0..12_i64), 1..4),
    )(
        texts in Just(strings.len() as i64 + 1),
        strings in Just(strings),
        mappings in vec(any::<(u64, u64, u64, [bool; 4])>(), 0..3),
        functions in vec(any::<[i64; 4]>(), 1..6),
        locations in vec((any::<u64>(), any::<u64>(), vec(any::<(u64, i64, i64)>(), 0..4), any::<bool>()), 1..8),
        samples in vec((vec(any::<u64>(), 0..9), vec(any::<i64>(), sample_types.len()), vec(any::<[i64; 4]>(), 0..3)), 0..9),
        sample_types in Just(sample_types),
        numbers in any::<[i64; 3]>(),
        comments in vec(any::<i64>(), 0..3),
        refers in any::<[i64; 6]>(),
        has_period in any::<bool>(),
    ) -> Profile {
        let text = |any: i64| any.rem_euclid(texts);
        let value_type = |(kind, unit): (i64, i64)| ValueType { kind: text(kind), unit: text(unit) };
        let (all_mappings, all_functions, all_locations) =
            (mappings.len() as u64, functions.len() as u64, locations.len() as u64);
        Profile {
            sample_types: sample_types.into_iter().map(value_type).collect(),
            samples: samples.into_iter().map(|(ids, values, labels)| Sample {
                location_ids: ids.into_iter().map(|any| any % all_locations + 1).collect(),
                values,
                labels: labels.into_iter().map(|[key, string, number, unit]| Label {
                    key: text(key), text: text(string), number, unit: text(unit),
                }).collect(),
            }).collect(),
            mappings: mappings.into_iter().zip(1..).map(|((start, limit, file_offset, has), id)| Mapping {
                id, start, limit, file_offset, file: text(start as i64), build_id: text(limit as i64),
                has_functions: has[0], has_filenames: has[1], has_line_numbers: has[2], has_inline_frames: has[3],
            }).collect(),
            locations: locations.into_iter().zip(1..).map(|((mapping, address, lines, is_folded), id)| Location {
                id, mapping_id: mapping % (all_mappings + 1), address, is_folded,
                lines: lines.into_iter().map(|(function, line, column)| Line {
                    function_id: function % all_functions + 1, line, column,
                }).collect(),
            }).collect(),
            functions: functions.into_iter().zip(1..).map(|([name, system_name, filename, start_line], id)| Function {
                id, name: text(name), system_name: text(system_name), filename: text(filename), start_line,
            }).collect(),
            strings: [String::new()].into_iter().chain(strings).collect(),
            drop_frames: text(refers[0]),
            keep_frames: text(refers[1]),
            time_nanos: numbers[0],
            duration_nanos: numbers[1],
            period_type: has_period.then(|| value_type((refers[2], refers[3]))),
            period: numbers[2],
            comments: comments.into_iter().map(text).collect(),
            default_sample_type: text(refers[4]),
            doc_url: text(refers[5]),
        }
    }
}

proptest! {
    #[test]
    fn what_was_written_is_read(profile in any_profile()) {
        prop_assert_eq!(Profile::decode(&profile.encode()).expect("it is whole"), profile);
    }

    #[test]
    fn no_bytes_are_taken_badly(bytes in vec(any::<u8>(), 0..300), at in any::<prop::sample::Index>()) {
        let _ = Profile::decode(&bytes);
        let mut plain = small().encode_to_vec();
        let at = at.index(plain.len());
        plain[at] = *bytes.first().unwrap_or(&0);
        if let Ok(profile) = Profile::decode(&plain) {
            prop_assert_eq!(Profile::decode(&profile.encode()).expect("it is whole"), profile);
        }
    }
}
