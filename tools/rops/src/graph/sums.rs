//! Nodes without edges.

use profile::Profile;
use profile::cores::{at_once, part_of};
use profile::proto::Sample;

use super::{Sum, Values};
use crate::places::Places;

/// What each row used itself, and together with what it called.
pub fn sums(profile: &Profile, places: &Places<'_>, values: Values) -> Vec<(Sum, Sum)> {
    let samples = profile.samples.chunks(part_of(profile.samples.len()));
    let mut parts = at_once(samples, |part| of(part, places, values)).into_iter();
    let mut all = parts.next().unwrap_or_else(|| of(&[], places, values));
    for part in parts {
        for (all, part) in all.iter_mut().zip(part) {
            all.0.add(part.0);
            all.1.add(part.1);
        }
    }
    all
}

fn of(samples: &[Sample], places: &Places<'_>, values: Values) -> Vec<(Sum, Sum)> {
    #[derive(Clone, Default)]
    struct Row {
        sums: (Sum, Sum),
        seen: u32,
    }
    let mut rows = vec![Row::default(); places.all.len()];
    for (sample, number) in samples.iter().zip(1_u32..) {
        let sum = values.of(&sample.values);
        let mut leaf = None;
        for &location in sample.location_ids.iter().rev() {
            for &row in places.of_location(location).iter().rev() {
                let of = &mut rows[row as usize];
                if of.seen != number {
                    of.seen = number;
                    of.sums.1.add(sum);
                }
                leaf = Some(row);
            }
        }
        if let Some(leaf) = leaf {
            rows[leaf as usize].sums.0.add(sum);
        }
    }
    rows.into_iter().map(|row| row.sums).collect()
}
