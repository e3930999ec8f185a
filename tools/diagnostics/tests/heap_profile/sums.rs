//! What is in a profile, as pprof tells it line by line, and as it stands there.

use std::process::Command;

use profile::Profile;

use crate::pprof::report;

/// Objects and bytes of the lines of a function that have a text in the source, with all that was called there. `of` is
/// `alloc` or `inuse`.
#[track_caller]
pub fn line(pprof: &Command, profile: &[u8], of: &str, function: &str, text: &str) -> [f64; 2] {
    ["objects", "space"].map(|what| {
        let index = format!("-sample_index={of}_{what}");
        let arguments = [index.as_str(), "-list", function, "-unit=B"];
        let listed = report(pprof, &arguments, profile);
        let lines = listed.lines().filter(|line| line.contains(text));
        let sums: Vec<_> = lines
            .filter_map(|line| number(line.split_whitespace().nth(1)?))
            .collect();
        assert!(!sums.is_empty(), "no line with {text:?}:\n{listed}");
        sums.iter().sum()
    })
}

/// A number as pprof prints it; `.` is nothing.
fn number(printed: &str) -> Option<f64> {
    if printed == "." {
        return Some(0.0);
    }
    printed.trim_end_matches('B').parse().ok()
}

pub fn decoded(bytes: &[u8]) -> Profile {
    Profile::decode(bytes).expect("a profile")
}

/// The names of all functions of a stack, the innermost first.
pub fn functions<'a>(profile: &'a Profile, sample: &'a profile::proto::Sample) -> Vec<&'a str> {
    let locations = sample.location_ids.iter();
    let lines = locations
        .filter_map(|&id| profile.location(id))
        .flat_map(|one| &one.lines);
    let functions = lines.filter_map(|line| profile.function(line.function_id));
    functions
        .map(|function| profile.text(function.name))
        .collect()
}

/// The four sums of all stacks that a function is part of.
pub fn sums(profile: &Profile, function: &str) -> [i64; 4] {
    let mut sums = [0; 4];
    for sample in &profile.samples {
        if functions(profile, sample)
            .iter()
            .any(|name| name.ends_with(function))
        {
            for (sum, value) in sums.iter_mut().zip(&sample.values) {
                *sum += value;
            }
        }
    }
    sums
}
