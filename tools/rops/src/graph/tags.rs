//! What the labels of a node's samples say.

use std::collections::{BTreeMap, HashSet};

use profile::Profile;

use super::{Node, Sum, TagFormat, Values};
use crate::labels::Labels;
use crate::places::Places;

/// One value of labels, and what its samples used.
#[derive(Debug, Clone, Default)]
pub struct Tag {
    /// How it is written.
    pub name: String,
    /// The number, if it is one.
    pub value: i64,
    /// Its unit.
    pub unit: String,
    /// What the node itself used in these samples.
    pub flat: Sum,
    /// The same with what it called.
    pub cum: Sum,
}

impl Tag {
    fn add(&mut self, sum: Sum, is_flat: bool) {
        let to = if is_flat {
            &mut self.flat
        } else {
            &mut self.cum
        };
        to.add(sum);
    }
}

/// The tags of a node.
#[derive(Debug, Clone, Default)]
pub struct Tags {
    /// By all texts of a sample in one.
    pub texts: BTreeMap<String, Tag>,
    /// Numbers by the texts that they came with, and then by how they are written.
    pub numbers: BTreeMap<String, BTreeMap<String, Tag>>,
}

impl Tags {
    fn all(&self) -> impl Iterator<Item = &Tag> {
        let numbers = self.numbers.values().flat_map(BTreeMap::values);
        self.texts.values().chain(numbers)
    }

    /// How many have a value of the node itself.
    pub fn count_flat(&self) -> usize {
        self.all().filter(|tag| tag.flat.value != 0).count()
    }

    /// Takes away those below a value.
    pub fn trim(&mut self, cutoff: i64) {
        let reaches = |tag: &Tag| {
            [tag.flat, tag.cum]
                .iter()
                .any(|sum| sum.value.wrapping_abs() >= cutoff)
        };
        self.texts.retain(|_, tag| reaches(tag));
        for numbers in self.numbers.values_mut() {
            numbers.retain(|_, tag| reaches(tag));
        }
    }
}

/// Sorts tags, the heaviest first.
pub fn sort<'t>(tags: impl IntoIterator<Item = &'t Tag>, by_flat: bool) -> Vec<&'t Tag> {
    let mut tags: Vec<&Tag> = tags.into_iter().collect();
    let weight = |tag: &Tag| {
        let (flat, cum) = (tag.flat.value.wrapping_abs(), tag.cum.value.wrapping_abs());
        (if by_flat { 0 } else { cum }, flat)
    };
    tags.sort_by(|one, other| {
        weight(other)
            .cmp(&weight(one))
            .then_with(|| one.name.cmp(&other.name))
    });
    tags
}

/// Gives nodes their tags.
pub(super) fn count(
    nodes: &mut [Node],
    profile: &Profile,
    places: &Places<'_>,
    (values, format): (Values, &dyn TagFormat),
    kept: Option<&[bool]>,
) {
    for sample in &profile.samples {
        let sum = values.of(&sample.values);
        if sum == Sum::default() || sample.labels.is_empty() {
            continue;
        }
        let labels = OfSample::new(&Labels::of(profile, sample), format);
        let locations = sample.location_ids.iter();
        let rows = locations.flat_map(|&location| places.of_location(location));
        let is_kept = |row: u32| kept.is_none_or(|kept| kept[row as usize]);
        let mut seen = HashSet::new();
        for (place, &row) in rows.enumerate() {
            if !is_kept(row) {
                continue;
            }
            let tags = &mut nodes[row as usize].tags;
            if place == 0 {
                labels.add(tags, sum, true);
            }
            // In recursion it counts once.
            if seen.insert(row) {
                labels.add(tags, sum, false);
            }
        }
    }
}

/// The labels of one sample, as nodes count them. Of numbers only `bytes` say anything in a picture.
struct OfSample {
    joined: String,
    bytes: Vec<Tag>,
}

impl OfSample {
    fn new(labels: &Labels<'_>, format: &dyn TagFormat) -> Self {
        let bytes = labels.numbers.get("bytes").into_iter().flatten();
        Self {
            joined: labels.joined(),
            bytes: bytes
                .map(|&(value, _)| Tag {
                    name: format.text(value),
                    value,
                    unit: format.unit().to_owned(),
                    ..Tag::default()
                })
                .collect(),
        }
    }

    fn add(&self, tags: &mut Tags, sum: Sum, is_flat: bool) {
        if !self.joined.is_empty() {
            let name = || Tag {
                name: self.joined.clone(),
                ..Tag::default()
            };
            let tag = tags.texts.entry(self.joined.clone()).or_insert_with(name);
            tag.add(sum, is_flat);
        }
        if self.bytes.is_empty() {
            return;
        }
        let numbers = tags.numbers.entry(self.joined.clone()).or_default();
        for one in &self.bytes {
            let tag = numbers
                .entry(one.name.clone())
                .or_insert_with(|| one.clone());
            tag.add(sum, is_flat);
        }
    }
}
