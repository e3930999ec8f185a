//! Makes a profile of samples.

use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::Profile;
use crate::maps::CodeMapping;
use crate::proto::{Label, Location, Mapping, Sample, ValueType};
use crate::strings::Strings;

/// Collects samples of `N` values each. Equal stacks with equal labels become one sample, with the sums of their
/// values.
#[derive(Debug, Clone)]
pub struct Builder<const N: usize> {
    /// All but the samples and texts.
    profile: Profile,
    strings: Strings,
    /// First address, the one after the last, and id, by address.
    mapped: Vec<(u64, u64, u64)>,
    /// Ids by address.
    locations: HashMap<u64, u64>,
    samples: HashMap<Stack, usize>,
    /// Of each sample, in the order in which they were first seen.
    values: Vec<[i64; N]>,
}

/// What samples have in common that become one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Stack {
    location_ids: Vec<u64>,
    labels: Vec<Label>,
}

/// What a sample is marked with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelValue<'a> {
    /// A text, such as a thread's name. An empty one is not seen by readers of profiles.
    Text(&'a str),
    /// A number and its unit, such as `bytes`.
    Number(i64, &'a str),
}

impl<'a> From<&'a str> for LabelValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<const N: usize> Builder<N> {
    /// A profile without samples. A value's type is what is measured and its unit, as in `("cpu", "nanoseconds")`; of
    /// the mappings, the first is the main program.
    pub fn new(sample_types: [(&str, &str); N], mappings: &[CodeMapping]) -> Self {
        let mut strings = Strings::of(Vec::new());
        let mut profile = Profile::default();
        for (kind, unit) in sample_types {
            let (kind, unit) = (strings.add(kind), strings.add(unit));
            profile.sample_types.push(ValueType { kind, unit });
        }
        for (mapping, id) in mappings.iter().zip(1..) {
            profile.mappings.push(Mapping {
                id,
                start: mapping.start,
                limit: mapping.end,
                file_offset: mapping.file_offset,
                file: strings.add(&mapping.file),
                build_id: strings.add(&mapping.build_id),
                ..Mapping::default()
            });
        }
        let mapped = profile.mappings.iter();
        let mut mapped: Vec<_> = mapped.map(|one| (one.start, one.limit, one.id)).collect();
        mapped.sort_unstable();
        Self {
            profile,
            strings,
            mapped,
            locations: HashMap::new(),
            samples: HashMap::new(),
            values: Vec::new(),
        }
    }

    /// What lies between two samples, its unit, and how much of it: `("cpu", "nanoseconds")` and 10,101,010 for 99 a
    /// second.
    pub fn period(&mut self, (kind, unit): (&str, &str), period: i64) {
        let (kind, unit) = (self.strings.add(kind), self.strings.add(unit));
        self.profile.period_type = Some(ValueType { kind, unit });
        self.profile.period = period;
    }

    /// When the samples were begun to be taken, and for how long that went on.
    pub fn taken(&mut self, at: SystemTime, during: Duration) {
        let since_1970 = at.duration_since(UNIX_EPOCH).unwrap_or_default();
        self.profile.time_nanos = nanos(since_1970);
        self.profile.duration_nanos = nanos(during);
    }

    /// Adds a sentence for people; `pprof -comments` prints them.
    pub fn comment(&mut self, sentence: &str) {
        let sentence = self.strings.add(sentence);
        self.profile.comments.push(sentence);
    }

    /// The address of a page that explains the profile; pprof's pages lead to it.
    pub fn doc_url(&mut self, url: &str) {
        self.profile.doc_url = self.strings.add(url);
    }

    /// Which of the sample types is shown first, by its name. Without a word it is the last.
    pub fn default_sample_type(&mut self, kind: &str) {
        self.profile.default_sample_type = self.strings.add(kind);
    }

    /// Adds a stack, the leaf first. An address is the one to look up: return addresses less one, so that it lies in
    /// the instruction that called and not in the next one, which may be of another line.
    pub fn sample(&mut self, stack: &[u64], values: [i64; N], labels: &[(&str, LabelValue<'_>)]) {
        let location_ids = stack.iter().map(|&address| self.location(address));
        let location_ids = location_ids.collect();
        let mut labels: Vec<_> = labels
            .iter()
            .map(|&(key, value)| self.label(key, value))
            .collect();
        labels.sort_unstable();
        let stack = Stack {
            location_ids,
            labels,
        };
        let place = *self.samples.entry(stack).or_insert(self.values.len());
        match self.values.get_mut(place) {
            Some(sums) => {
                for (sum, value) in sums.iter_mut().zip(values) {
                    *sum = sum.saturating_add(value);
                }
            }
            None => self.values.push(values),
        }
    }

    fn label(&mut self, key: &str, value: LabelValue<'_>) -> Label {
        let key = self.strings.add(key);
        match value {
            LabelValue::Text(text) => Label {
                key,
                text: self.strings.add(text),
                ..Label::default()
            },
            LabelValue::Number(number, unit) => Label {
                key,
                number,
                unit: self.strings.add(unit),
                ..Label::default()
            },
        }
    }

    fn location(&mut self, address: u64) -> u64 {
        let locations = &mut self.profile.locations;
        *self.locations.entry(address).or_insert_with(|| {
            let id = locations.len() as u64 + 1;
            let before = self.mapped.partition_point(|&(start, ..)| start <= address);
            let mapping_id = match before.checked_sub(1).map(|last| self.mapped[last]) {
                Some((_, end, id)) if address < end => id,
                _ => 0,
            };
            locations.push(Location {
                id,
                mapping_id,
                address,
                ..Location::default()
            });
            id
        })
    }

    /// The profile, still without functions and lines: [`crate::Symbolizer`] adds them.
    pub fn build(self) -> Profile {
        let mut profile = self.profile;
        let mut samples = vec![Sample::default(); self.values.len()];
        for (stack, place) in self.samples {
            samples[place] = Sample {
                location_ids: stack.location_ids,
                values: self.values[place].to_vec(),
                labels: stack.labels,
            };
        }
        profile.samples = samples;
        profile.strings = self.strings.into_table();
        profile
    }
}

/// In nanoseconds, for as long as 292 years.
fn nanos(duration: Duration) -> i64 {
    i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)
}
