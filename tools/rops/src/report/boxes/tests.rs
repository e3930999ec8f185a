use profile::Profile;
use profile::proto::{Function, Line, Location, Sample, ValueType};

use super::*;
use crate::{Options, View};

/// Functions `a`, `b` and `c`; samples by their frames, the innermost first.
fn boxes(samples: &[(&[u64], i64)]) -> Boxes {
    let ids = || 1..=3_u64;
    let profile = Profile {
        strings: ["", "a", "b", "c", "cpu", "nanoseconds"]
            .map(str::to_owned)
            .to_vec(),
        sample_types: vec![ValueType { kind: 4, unit: 5 }],
        functions: ids()
            .map(|id| Function {
                id,
                name: id as i64,
                ..Function::default()
            })
            .collect(),
        locations: ids()
            .map(|id| Location {
                id,
                lines: vec![Line {
                    function_id: id,
                    ..Line::default()
                }],
                ..Location::default()
            })
            .collect(),
        samples: samples
            .iter()
            .map(|(frames, value)| Sample {
                location_ids: frames.to_vec(),
                values: vec![*value],
                ..Sample::default()
            })
            .collect(),
        ..Profile::default()
    };
    let (report, _) = Report::new(profile, View::Flame, &Options::default()).expect("it is one");
    report.boxes()
}

/// Each box as `depth name value/flat`.
fn told(boxes: &Boxes) -> Vec<String> {
    let Columns {
        name,
        depth,
        cum,
        flat,
        ..
    } = &boxes.columns;
    let amount = |place: u32| &boxes.amounts[place as usize].text;
    (0..name.len())
        .map(|at| {
            let name = &boxes.names[name[at] as usize];
            format!(
                "{} {name} {}/{}",
                depth[at],
                amount(cum[at]),
                amount(flat[at])
            )
        })
        .collect()
}

#[test]
fn what_one_box_called_comes_after_it_the_largest_first() {
    let boxes = boxes(&[
        (&[2, 1], 10),
        (&[1], 1),
        (&[1, 3, 1], 30),
        (&[2, 1], 5),
        (&[3], 7),
        (&[], 9),
    ]);
    let expected = [
        "0 everything 53ns/0",
        "1 a 46ns/1ns",
        "2 c 30ns/0",
        "3 a 30ns/30ns",
        "2 b 15ns/15ns",
        "1 c 7ns/7ns",
    ];
    assert_eq!(told(&boxes), expected);
    assert!(!boxes.is_difference && boxes.columns.before.is_empty());
    assert_eq!(boxes.names.len(), 4);
}

#[test]
fn a_difference_has_both_sides() {
    let boxes = boxes(&[(&[2, 1], 10), (&[2, 1], -15), (&[3], -4)]);
    assert!(boxes.is_difference);
    let text = |column: &[u32]| -> Vec<&str> {
        column
            .iter()
            .map(|&place| boxes.amounts[place as usize].text.as_str())
            .collect()
    };
    assert_eq!(
        told(&boxes),
        [
            "0 everything 10ns/0",
            "1 a 10ns/0",
            "2 b 10ns/-5ns",
            "1 c 0/-4ns"
        ]
    );
    assert_eq!(text(&boxes.columns.before), ["19ns", "15ns", "15ns", "4ns"]);
    assert_eq!(
        text(&boxes.columns.change),
        ["-9ns", "-5ns", "-5ns", "-4ns"]
    );
}
