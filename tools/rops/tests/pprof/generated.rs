//! Profiles that nobody thought of.

use std::env;

use fastrand::Rng;

use crate::both::Both;
use crate::generator::{Kind, profile};

/// How many profiles are compared. `ROPS_PROFILES=1000` compares more of them, by hand.
fn count() -> u64 {
    let asked = env::var("ROPS_PROFILES").ok();
    asked.and_then(|count| count.parse().ok()).unwrap_or(40)
}

const OPTIONS: &[&str] = &[
    "-cum",
    "-nodefraction=0",
    "-nodefraction=0.2",
    "-edgefraction=0.1",
    "-nodecount=3",
    "-nodecount=7",
    "-trim=false",
    "-functions",
    "-filefunctions",
    "-files",
    "-lines",
    "-addresses",
    "-noinlines",
    "-showcolumns",
    "-mean",
    "-focus=main|shop",
    "-ignore=runtime",
    "-hide=main",
    "-show=main|runtime",
    "-show_from=main",
    "-prune_from=shop",
    "-focus=no such",
    "-tagfocus=main",
    "-tagfocus=thread=main,worker",
    "-tagfocus=4b:1kb",
    "-tagignore=latency=:3s",
    "-tagshow=thread",
    "-taghide=bytes",
    "-unit=ms",
    "-unit=kb",
    "-unit=auto",
    "-divide_by=7",
    "-sample_index=0",
    "-relative_percentages",
    "-drop_negative",
    "-compact_labels",
    "-source_path=/x/shop",
    "-trim_path=/build",
];

const GRANULARITIES: &[&str] = &[
    "-functions",
    "-filefunctions",
    "-files",
    "-lines",
    "-addresses",
];

/// Some that do not exclude each other.
fn options(random: &mut Rng) -> Vec<&'static str> {
    let count = random.usize(0..4);
    let mut chosen: Vec<&str> = random
        .choose_multiple(OPTIONS, count)
        .into_iter()
        .copied()
        .collect();
    let name = |option: &str| match GRANULARITIES.contains(&option) {
        true => "granularity".to_owned(),
        false => option.split('=').next().unwrap_or_default().to_owned(),
    };
    let mut seen = Vec::new();
    chosen.retain(|option| {
        let name = name(option);
        let is_new = !seen.contains(&name);
        seen.push(name);
        is_new
    });
    chosen
}

#[test]
fn one_profile() {
    let Some(both) = Both::needed() else { return };
    for seed in 0..count() {
        let mut has_negative = false;
        let profile = profile(seed, |random| {
            let kind = Kind::any(random);
            has_negative = kind.has_negative;
            kind
        });
        let path = both.write(&format!("{seed}.pb.gz"), &profile);
        let mut random = Rng::with_seed(seed);
        for view in [
            "-top",
            "-tree",
            "-peek=main|Cart|0",
            "-traces",
            "-tags",
            "-raw",
            "-list=main|shop",
            "-dot",
        ] {
            let options = options(&mut random);
            both.agree(&[&[view][..], &options, &[&path]].concat(), has_negative);
        }
    }
}

#[test]
fn two_profiles() {
    let Some(both) = Both::needed() else { return };
    for seed in 0..count() / 2 {
        // The same seed has the same types; fewer samples make another profile of them.
        let of = |less: usize| {
            profile(seed, |random| {
                let kind = Kind::any(random);
                Kind {
                    samples: kind.samples.saturating_sub(less),
                    ..kind
                }
            })
        };
        let (old, new) = (
            both.write("old.pb.gz", &of(0)),
            both.write("new.pb.gz", &of(5)),
        );
        let mut random = Rng::with_seed(seed);
        for together in [
            &["-base", &old][..],
            &["-diff_base", &old],
            &["-normalize", "-base", &old],
            &[&old],
        ] {
            for view in ["-top", "-tree", "-tags", "-traces", "-raw", "-dot"] {
                let options = options(&mut random);
                both.agree(&[&[view][..], &options, together, &[&new]].concat(), true);
            }
        }
    }
}

#[test]
fn two_profiles_in_other_units() {
    let Some(both) = Both::needed() else { return };
    for seed in 0..count() / 4 {
        let old = profile(seed, Kind::any);
        let mut new = old.clone();
        for text in &mut new.strings {
            match text.as_str() {
                "nanoseconds" => *text = "microseconds".into(),
                "bytes" => *text = "kilobytes".into(),
                _ => {}
            }
        }
        // Also in another order, and without one of several.
        new.sample_types.reverse();
        new.sample_types.truncate(3);
        for sample in &mut new.samples {
            sample.values.reverse();
            sample.values.truncate(3);
        }
        let (old, new) = (both.write("old.pb.gz", &old), both.write("new.pb.gz", &new));
        for together in [
            &["-base", &old, &new][..],
            &["-diff_base", &new, &old],
            &[&old, &new],
        ] {
            for view in ["-top", "-tree", "-tags", "-raw"] {
                both.agree(&[&[view], together].concat(), true);
            }
        }
    }
}

#[test]
fn a_large_profile() {
    let Some(both) = Both::needed() else { return };
    let large = Kind {
        functions: 3_000,
        locations: 9_000,
        samples: 100_000,
        depth: 10,
        has_negative: false,
        has_lines: true,
        has_labels: false,
    };
    let path = both.write("large.pb.gz", &profile(1, |_| large));
    for options in [&["-top", "-cum"][..], &["-tree", "-lines"], &["-dot"]] {
        both.agree(&[options, &[&path]].concat(), false);
    }
}
