//! What profiles measure, which has to be the same before they become one.

use anyhow::bail;
use profile::Profile;
use profile::proto::ValueType;

use crate::sample_types;

/// Leaves the values that all profiles have, in the order of the first.
pub(super) fn keep_common(profiles: &mut [Profile]) -> anyhow::Result<()> {
    let Some((first, others)) = profiles.split_first() else {
        bail!("there is no profile");
    };
    let in_all = |name: &&str| {
        others
            .iter()
            .all(|other| sample_types::names(other).contains(name))
    };
    let common = sample_types::names(first).into_iter().filter(in_all);
    let common: Vec<String> = common.map(str::to_owned).collect();
    if common.is_empty() && !others.is_empty() {
        bail!(
            "the profiles measure different things: {} and {}",
            sample_types::names(first).join(", "),
            sample_types::names(&others[0]).join(", ")
        );
    }
    for profile in profiles {
        let names = sample_types::names(profile);
        let places = common
            .iter()
            .filter_map(|name| names.iter().position(|other| other == name));
        let places: Vec<usize> = places.collect();
        if places.iter().copied().eq(0..names.len()) {
            continue;
        }
        let default = profile.text(profile.default_sample_type);
        if !common.iter().any(|name| name == default) {
            profile.default_sample_type = profile.sample_types[places[0]].kind;
        }
        profile.sample_types = places
            .iter()
            .map(|&place| profile.sample_types[place])
            .collect();
        for sample in &mut profile.samples {
            sample.values = places.iter().map(|&place| sample.values[place]).collect();
        }
    }
    Ok(())
}

/// Makes sure that the values of two profiles are the same ones.
pub(super) fn check_same(one: &Profile, other: &Profile) -> anyhow::Result<()> {
    let texts = |profile: &Profile, types: &[ValueType]| {
        let text =
            |one: &ValueType| format!("{}/{}", profile.text(one.kind), profile.text(one.unit));
        types.iter().map(text).collect::<Vec<_>>().join(", ")
    };
    let all = |profile: &Profile| {
        let period = profile.period_type.unwrap_or_default();
        (
            texts(profile, &profile.sample_types),
            texts(profile, &[period]),
        )
    };
    let (one, other) = (all(one), all(other));
    if one.0 != other.0 {
        bail!(
            "the profiles measure different things: {} and {}",
            one.0,
            other.0
        );
    }
    if one.1 != other.1 {
        bail!(
            "the profiles were sampled by different things: {} and {}",
            one.1,
            other.1
        );
    }
    Ok(())
}
