//! Values in the same units, or to the same sums.

use anyhow::bail;
use profile::Profile;
use profile::proto::ValueType;

use super::types::check_same;
use crate::{texts, units};

/// Brings all profiles' values, and what lies between two samples, to the finest unit of each.
pub(super) fn to_common_units(profiles: &mut [Profile]) -> anyhow::Result<()> {
    if profiles.len() < 2 {
        return Ok(());
    }
    let periods = profiles
        .iter()
        .map(|profile| kind_and_unit(profile, &profile.period_type.unwrap_or_default()));
    let period = finest(&periods.collect::<Vec<_>>())?.to_owned();
    let mut finest_units = Vec::new();
    for index in 0..profiles[0].sample_types.len() {
        let types = profiles
            .iter()
            .map(|profile| kind_and_unit(profile, &profile.sample_types[index]));
        finest_units.push(finest(&types.collect::<Vec<_>>())?.to_owned());
    }
    for profile in &mut *profiles {
        let mut factors = Vec::new();
        for (index, unit) in finest_units.iter().enumerate() {
            let own = profile.text(profile.sample_types[index].unit);
            factors.push(units::scale(1, own, unit).0);
            profile.sample_types[index].unit = texts::add(profile, unit);
        }
        multiply(profile, &factors);
    }
    for profile in profiles {
        let Some(of) = profile.period_type else {
            continue;
        };
        profile.period = units::scale(profile.period, profile.text(of.unit), &period).0 as i64;
        let unit = texts::add(profile, &period);
        profile.period_type = Some(ValueType { unit, ..of });
    }
    Ok(())
}

fn kind_and_unit<'p>(profile: &'p Profile, of: &ValueType) -> (&'p str, &'p str) {
    (profile.text(of.kind), profile.text(of.unit))
}

/// The finest unit of types that are the same.
fn finest<'p>(types: &[(&'p str, &'p str)]) -> anyhow::Result<&'p str> {
    let (kind, mut finest) = types[0];
    // `sample` and `samples` are the same.
    let singular = |kind: &'p str| kind.strip_suffix('s').unwrap_or(kind);
    for &(other, unit) in &types[1..] {
        if singular(kind) != singular(other) || !units::are_convertible(finest, unit) {
            bail!("the profiles measure different things: {kind}/{finest} and {other}/{unit}");
        }
        if units::scale(1, unit, finest).0 < 1.0 {
            finest = unit;
        }
    }
    Ok(finest)
}

/// Multiplies each of the values by its own factor. Samples where nothing is left of them go away.
fn multiply(profile: &mut Profile, factors: &[f64]) {
    if factors.iter().all(|&factor| factor == 1.0) {
        return;
    }
    profile.samples.retain_mut(|sample| {
        let mut keep = false;
        for (value, &factor) in sample.values.iter_mut().zip(factors) {
            if factor != 1.0 {
                *value = (*value as f64 * factor).round() as i64;
                keep |= *value != 0;
            }
        }
        keep
    });
}

/// Turns the sign of all values.
pub fn negate(profile: &mut Profile) {
    let factors = vec![-1.0; profile.sample_types.len()];
    multiply(profile, &factors);
}

/// Brings the sums of all values to those of another profile.
///
/// # Errors
/// When the two measure different things.
pub fn normalize(profile: &mut Profile, base: &Profile) -> anyhow::Result<()> {
    check_same(profile, base)?;
    let sum = |profile: &Profile, index: usize| {
        let values = profile.samples.iter().map(|sample| sample.values[index]);
        values.fold(0, i64::wrapping_add)
    };
    let factor = |index: usize| match sum(profile, index) {
        0 => 0.0,
        own => sum(base, index) as f64 / own as f64,
    };
    let factors: Vec<f64> = (0..profile.sample_types.len()).map(factor).collect();
    multiply(profile, &factors);
    Ok(())
}
