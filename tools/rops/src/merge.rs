//! Several profiles become one.

mod scale;
mod types;

pub use scale::{negate, normalize};

use std::collections::HashMap;

use foldhash::fast::RandomState;
use profile::proto::{Function, Label, Line, Location, Mapping, Sample, ValueType};
use profile::{Profile, Strings};

use crate::labels::{self, Value};

/// Puts profiles together, with the values that all of them have, in the finest of their units. What is the same
/// becomes one; what is 0 goes away. A single one stays as it is.
///
/// # Errors
/// When they measure different things.
pub fn merge(mut profiles: Vec<Profile>) -> anyhow::Result<Profile> {
    types::keep_common(&mut profiles)?;
    scale::to_common_units(&mut profiles)?;
    if profiles.len() == 1 {
        return Ok(profiles.remove(0));
    }
    for other in &profiles[1..] {
        types::check_same(&profiles[0], other)?;
    }
    let mut merged = merge_all(&profiles);
    // Samples may have become 0 together; what only they refer to goes with them.
    while merged.samples.iter().any(is_zero) {
        merged = merge_all(&[merged]);
    }
    Ok(merged)
}

fn is_zero(sample: &Sample) -> bool {
    sample.values.iter().all(|&value| value == 0)
}

fn merge_all(profiles: &[Profile]) -> Profile {
    let mut merger = Merger::new();
    for profile in profiles {
        merger.header(profile);
    }
    for profile in profiles {
        merger.samples(profile);
    }
    merger.merged.strings = merger.texts.into_table();
    merger.merged
}

/// A mapping of the same file, wherever it was in memory: its size in pages, its offset, its build id or else its file.
type MappingKey = (u64, u64, i64);
/// A location in it, by its address from the start of the mapping, with its lines.
type LocationKey = (u64, u64, bool, Vec<(u64, i64, i64)>);

struct Merger {
    merged: Profile,
    texts: Strings,
    samples: HashMap<(Vec<u64>, Vec<Label>), usize, RandomState>,
    locations: HashMap<LocationKey, u64, RandomState>,
    functions: HashMap<Function, u64, RandomState>,
    mappings: HashMap<MappingKey, u64, RandomState>,
}

impl Merger {
    fn new() -> Self {
        Self {
            merged: Profile::default(),
            texts: Strings::of(Vec::new()),
            samples: HashMap::default(),
            locations: HashMap::default(),
            functions: HashMap::default(),
            mappings: HashMap::default(),
        }
    }

    fn header(&mut self, profile: &Profile) {
        let Self { merged, texts, .. } = self;
        let mut text = |index: i64| texts.add(profile.text(index));
        if merged.sample_types.is_empty() {
            let mut value_type = |one: &ValueType| ValueType {
                kind: text(one.kind),
                unit: text(one.unit),
            };
            merged.sample_types = profile.sample_types.iter().map(&mut value_type).collect();
            merged.period_type = profile.period_type.as_ref().map(value_type);
            merged.drop_frames = text(profile.drop_frames);
            merged.keep_frames = text(profile.keep_frames);
        }
        if merged.time_nanos == 0 || profile.time_nanos < merged.time_nanos {
            merged.time_nanos = profile.time_nanos;
        }
        merged.duration_nanos = merged.duration_nanos.wrapping_add(profile.duration_nanos);
        if merged.period == 0 || merged.period < profile.period {
            merged.period = profile.period;
        }
        for &comment in &profile.comments {
            let comment = text(comment);
            if !merged.comments.contains(&comment) {
                merged.comments.push(comment);
            }
        }
        for (to, from) in [
            (&mut merged.default_sample_type, profile.default_sample_type),
            (&mut merged.doc_url, profile.doc_url),
        ] {
            if *to == 0 {
                *to = text(from);
            }
        }
    }

    fn samples(&mut self, profile: &Profile) {
        let mut ids = Ids {
            mappings: vec![None; profile.mappings.len()],
            locations: vec![None; profile.locations.len()],
            functions: vec![None; profile.functions.len()],
        };
        // The first mapping is the main program, whichever sample comes first.
        if self.merged.mappings.is_empty() && !profile.mappings.is_empty() {
            self.mapping(profile, 1, &mut ids);
        }
        for sample in profile.samples.iter().filter(|sample| !is_zero(sample)) {
            let locations = sample.location_ids.iter();
            let locations: Vec<u64> = locations
                .map(|&id| self.location(profile, id, &mut ids))
                .collect();
            let labels = self.labels(profile, sample);
            let next = self.merged.samples.len();
            let place = *self
                .samples
                .entry((locations.clone(), labels.clone()))
                .or_insert(next);
            if let Some(known) = self.merged.samples.get_mut(place) {
                for (to, from) in known.values.iter_mut().zip(&sample.values) {
                    *to = to.wrapping_add(*from);
                }
            } else {
                self.merged.samples.push(Sample {
                    location_ids: locations,
                    values: sample.values.clone(),
                    labels,
                });
            }
        }
    }

    /// Texts first, by keys; the values of one key keep their order.
    fn labels(&mut self, profile: &Profile, sample: &Sample) -> Vec<Label> {
        let said = sample
            .labels
            .iter()
            .filter(|label| labels::value(profile, label) != Value::Nothing);
        let mut said: Vec<&Label> = said.collect();
        said.sort_by_key(|label| (label.text == 0, profile.text(label.key)));
        let mut text = |index: i64| self.texts.add(profile.text(index));
        let label = |label: &Label| Label {
            key: text(label.key),
            text: text(label.text),
            number: if label.text == 0 { label.number } else { 0 },
            unit: if label.text == 0 { text(label.unit) } else { 0 },
        };
        said.into_iter().map(label).collect()
    }

    fn location(&mut self, profile: &Profile, id: u64, ids: &mut Ids) -> u64 {
        let place = id as usize - 1;
        if let Some(new) = ids.locations[place] {
            return new;
        }
        let location = &profile.locations[place];
        let (mapping_id, moved) = match location.mapping_id {
            0 => (0, 0),
            mapping => self.mapping(profile, mapping, ids),
        };
        let lines = location.lines.iter().map(|line| Line {
            function_id: self.function(profile, line.function_id, ids),
            ..*line
        });
        let lines: Vec<Line> = lines.collect();
        let address = location.address.wrapping_add(moved);
        let start = self
            .merged
            .mapping(mapping_id)
            .map_or(0, |mapping| mapping.start);
        let key = (
            address.wrapping_sub(start),
            mapping_id,
            location.is_folded,
            lines
                .iter()
                .map(|line| (line.function_id, line.line, line.column))
                .collect(),
        );
        let next = self.merged.locations.len() as u64 + 1;
        let new = *self.locations.entry(key).or_insert(next);
        if new == next {
            self.merged.locations.push(Location {
                id: new,
                mapping_id,
                address,
                lines,
                is_folded: location.is_folded,
            });
        }
        ids.locations[place] = Some(new);
        new
    }

    fn function(&mut self, profile: &Profile, id: u64, ids: &mut Ids) -> u64 {
        let place = id as usize - 1;
        if let Some(new) = ids.functions[place] {
            return new;
        }
        let function = profile.functions[place];
        let mut text = |index: i64| self.texts.add(profile.text(index));
        let function = Function {
            id: 0,
            name: text(function.name),
            system_name: text(function.system_name),
            filename: text(function.filename),
            start_line: function.start_line,
        };
        let next = self.merged.functions.len() as u64 + 1;
        let new = *self.functions.entry(function).or_insert(next);
        if new == next {
            self.merged.functions.push(Function {
                id: new,
                ..function
            });
        }
        ids.functions[place] = Some(new);
        new
    }

    /// The new id, and how far addresses move.
    fn mapping(&mut self, profile: &Profile, id: u64, ids: &mut Ids) -> (u64, u64) {
        let place = id as usize - 1;
        let mapping = &profile.mappings[place];
        let moved = |start: u64| start.wrapping_sub(mapping.start);
        if let Some(new) = ids.mappings[place] {
            return (new, moved(self.merged.mappings[new as usize - 1].start));
        }
        let (file, build_id) = (
            self.texts.add(profile.text(mapping.file)),
            self.texts.add(profile.text(mapping.build_id)),
        );
        let size = mapping
            .limit
            .wrapping_sub(mapping.start)
            .wrapping_add(0xfff)
            & !0xfff;
        let key = (
            size,
            mapping.file_offset,
            if build_id == 0 { file } else { build_id },
        );
        let next = self.merged.mappings.len() as u64 + 1;
        let new = *self.mappings.entry(key).or_insert(next);
        if new == next {
            self.merged.mappings.push(Mapping {
                id: new,
                file,
                build_id,
                ..mapping.clone()
            });
        }
        ids.mappings[place] = Some(new);
        (new, moved(self.merged.mappings[new as usize - 1].start))
    }
}

/// What the ids of one profile became.
struct Ids {
    mappings: Vec<Option<u64>>,
    locations: Vec<Option<u64>>,
    functions: Vec<Option<u64>>,
}
