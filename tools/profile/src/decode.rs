//! Reads a profile and makes sure that all it refers to is there.

use std::collections::HashMap;
use std::fmt::Display;
use std::io::Read as _;
use std::mem;

use flate2::bufread::GzDecoder;
use prost::{DecodeError, Message};

use crate::fields::Fields;
use crate::proto::{Sample, ValueType};
use crate::{Error, Profile, budget, cores};

/// A profile of a hundred thousand deep stacks has a twentieth of it.
const MOST_BYTES: u64 = 1 << 30;

/// Smaller ones are read before a thread has begun.
const LARGE: usize = 1 << 20;

impl Profile {
    /// Reads a profile, gzipped or not. Ids are made to count from 1 in the order of their list.
    ///
    /// # Errors
    /// When the bytes are no profile, not a whole one, more than one, or one that contradicts itself.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        let mut profile = if bytes.starts_with(&[0x1f, 0x8b]) {
            read(&gunzip(bytes, MOST_BYTES)?)?
        } else {
            read(bytes)?
        };
        profile.check_texts()?;
        let locations = profile.count_ids()?;
        // They are looked at together with what they refer to.
        let mut samples = mem::take(&mut profile.samples);
        profile.check_samples(&mut samples, &locations)?;
        profile.samples = samples;
        Ok(profile)
    }

    /// Every text that is referred to is there, but for those of samples.
    fn check_texts(&self) -> Result<(), Error> {
        if self.strings.first().is_some_and(|first| !first.is_empty()) {
            return Err(inconsistent("the first of its texts is not empty"));
        }
        let of_type = |one: &ValueType, whose: &dyn Display| {
            self.check_text(one.kind, whose)
                .and_then(|()| self.check_text(one.unit, whose))
        };
        for one in &self.sample_types {
            of_type(one, &"a sample type")?;
        }
        if let Some(one) = &self.period_type {
            of_type(one, &"the period")?;
        }
        for one in &self.mappings {
            for text in [one.file, one.build_id] {
                self.check_text(text, &format_args!("mapping {}", one.id))?;
            }
        }
        for one in &self.functions {
            for text in [one.name, one.system_name, one.filename] {
                self.check_text(text, &format_args!("function {}", one.id))?;
            }
        }
        for &comment in &self.comments {
            self.check_text(comment, &"a comment")?;
        }
        for text in [self.drop_frames, self.keep_frames] {
            self.check_text(text, &"what frames to drop or keep")?;
        }
        self.check_text(self.default_sample_type, &"the default sample type")?;
        self.check_text(self.doc_url, &"the link to its documentation")
    }

    fn check_text(&self, text: i64, whose: &dyn Display) -> Result<(), Error> {
        // Without a table, the one text that there is is the empty one.
        let texts = self.strings.len().max(1);
        match usize::try_from(text) {
            Ok(index) if index < texts => Ok(()),
            _ => Err(inconsistent(format_args!(
                "{whose} refers to text {text}, and there are {texts}"
            ))),
        }
    }

    /// Every sample has a value for each type, and its texts and locations are there.
    fn check_samples(&self, samples: &mut [Sample], locations: &Ids) -> Result<(), Error> {
        let size = cores::part_of(samples.len());
        let parts = samples.chunks_mut(size).enumerate();
        let checked = cores::at_once(parts, |(part, samples)| {
            let mut numbered = samples.iter_mut().zip(part * size + 1..);
            numbered.try_for_each(|(sample, number)| self.check_sample(sample, number, locations))
        });
        checked.into_iter().collect()
    }

    fn check_sample(
        &self,
        sample: &mut Sample,
        number: usize,
        locations: &Ids,
    ) -> Result<(), Error> {
        let (values, types) = (sample.values.len(), self.sample_types.len());
        if values != types || types == 0 {
            return Err(inconsistent(format_args!(
                "sample {number} has {values} values, and there are {types} types of them"
            )));
        }
        for label in &sample.labels {
            for text in [label.key, label.text, label.unit] {
                self.check_text(text, &format_args!("sample {number}"))?;
            }
        }
        for id in &mut sample.location_ids {
            locations.replace(id, format_args!("sample {number}"))?;
        }
        Ok(())
    }

    /// What mappings, functions and locations refer to is there, and an id becomes its place in the list, from 1. Gives
    /// those of the locations.
    fn count_ids(&mut self) -> Result<Ids, Error> {
        let mappings = Ids::count("mapping", self.mappings.iter_mut().map(|one| &mut one.id))?;
        let functions = Ids::count("function", self.functions.iter_mut().map(|one| &mut one.id))?;
        for location in &mut self.locations {
            let old = location.id;
            if location.mapping_id != 0 {
                mappings.replace(&mut location.mapping_id, format_args!("location {old}"))?;
            }
            for line in &mut location.lines {
                functions.replace(&mut line.function_id, format_args!("location {old}"))?;
            }
        }
        Ids::count("location", self.locations.iter_mut().map(|one| &mut one.id))
    }
}

/// The ids of one list as the file has them, and what becomes of them.
struct Ids {
    what: &'static str,
    /// Empty if they count from 1 already, as most writers have them.
    new: HashMap<u64, u64>,
    count: u64,
}

impl Ids {
    fn count<'a>(
        what: &'static str,
        ids: impl Iterator<Item = &'a mut u64>,
    ) -> Result<Self, Error> {
        let mut new = HashMap::new();
        let mut count = 0;
        for id in ids {
            count += 1;
            if *id == 0 {
                return Err(inconsistent(format_args!("a {what} has no id")));
            }
            if new.is_empty() {
                if *id == count {
                    continue;
                }
                new = (1..count).map(|same| (same, same)).collect();
            }
            if new.insert(*id, count).is_some() {
                return Err(inconsistent(format_args!("two {what}s have the id {id}")));
            }
            *id = count;
        }
        Ok(Self { what, new, count })
    }

    fn replace(&self, id: &mut u64, whose: impl Display) -> Result<(), Error> {
        let new = if self.new.is_empty() {
            (1..=self.count).contains(id).then_some(*id)
        } else {
            self.new.get(id).copied()
        };
        *id = new.ok_or_else(|| {
            let what = self.what;
            inconsistent(format_args!(
                "{whose} refers to {what} {id}, which is not there"
            ))
        })?;
        Ok(())
    }
}

fn inconsistent(what: impl Display) -> Error {
    Error::Inconsistent(what.to_string())
}

fn read(bytes: &[u8]) -> Result<Profile, Error> {
    if bytes.is_empty() {
        return Err(Error::Empty);
    }
    if bytes.len() as u64 > MOST_BYTES {
        return Err(Error::TooLarge(MOST_BYTES));
    }
    budget::check(bytes)?;
    let profile = match bytes.len() {
        ..LARGE => Message::decode(bytes),
        _ => read_on_all_cores(bytes),
    };
    profile.map_err(|error| Error::Format(error.to_string()))
}

/// Samples are nearly all of a large profile, and none needs another one.
fn read_on_all_cores(bytes: &[u8]) -> Result<Profile, DecodeError> {
    /// The key of [`Profile::samples`]: number 2, and the kind that has a length.
    const SAMPLE: u8 = 2 << 3 | 2;
    let (mut fields, mut samples, mut others) = (Fields(bytes), Vec::new(), Vec::new());
    loop {
        let before = fields.0;
        match fields.next() {
            Some(field) if before[0] == SAMPLE => samples.push(field.bytes),
            Some(_) => others.extend_from_slice(&before[..before.len() - fields.0.len()]),
            None => {
                // It is the end, or what is damaged, and then prost says how.
                others.extend_from_slice(before);
                break;
            }
        }
    }
    let mut profile = <Profile as Message>::decode(others.as_slice())?;
    let mut read = vec![Sample::default(); samples.len()];
    let size = cores::part_of(samples.len());
    let parts = samples.chunks(size).zip(read.chunks_mut(size));
    let done = cores::at_once(parts, |(samples, read)| {
        samples.iter().zip(read).try_for_each(|(bytes, sample)| {
            for field in Fields(bytes) {
                match field.number {
                    1 => sample.location_ids.reserve_exact(field.numbers() as usize),
                    2 => sample.values.reserve_exact(field.numbers() as usize),
                    _ => {}
                }
            }
            sample.merge(*bytes)
        })
    });
    done.into_iter().collect::<Result<(), DecodeError>>()?;
    // What comes after something damaged is among the others; most often there is none.
    read.append(&mut profile.samples);
    profile.samples = read;
    Ok(profile)
}

/// The one gzip member that the bytes are.
fn gunzip(bytes: &[u8], most: u64) -> Result<Vec<u8>, Error> {
    let mut gzip = GzDecoder::new(bytes);
    let mut plain = Vec::new();
    let read = gzip.by_ref().take(most + 1).read_to_end(&mut plain);
    if read.map_err(Error::Gzip)? as u64 > most {
        return Err(Error::TooLarge(most));
    }
    match gzip.into_inner().len() {
        0 => Ok(plain),
        more => Err(Error::BytesAfter(more)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::Label;

    #[test]
    fn on_all_cores_the_same_is_read_and_refused() {
        let profile = Profile {
            samples: vec![
                Sample {
                    location_ids: vec![1, 300],
                    values: vec![-1],
                    labels: vec![Label::default()],
                };
                3
            ],
            strings: vec![String::new(), "cpu".into()],
            period: 7,
            ..Profile::default()
        };
        // Samples, all else, and samples.
        let bytes = [profile.encode_to_vec(), profile.encode_to_vec()].concat();
        let mut read = 0;
        for place in 0..bytes.len() {
            for value in 0..=u8::MAX {
                let mut bytes = bytes.clone();
                bytes[place] = value;
                let expected = <Profile as Message>::decode(bytes.as_slice()).ok();
                read += u32::from(expected.is_some());
                assert_eq!(
                    read_on_all_cores(&bytes).ok(),
                    expected,
                    "{value} at {place}"
                );
            }
        }
        assert!(read > 5000, "{read}");
    }

    #[test]
    fn what_unpacks_to_too_much_is_refused_before_it_is_unpacked() {
        let profile = Profile {
            strings: vec![String::new(), "a".repeat(1 << 20)],
            ..Profile::default()
        };
        let packed = profile.encode();
        assert!(packed.len() < 8 << 10);
        let Err(error) = gunzip(&packed, 1 << 20) else {
            panic!("it is a little more than 1 MiB");
        };
        assert_eq!(
            error.to_string(),
            "the profile has more than 1 MiB, which no profile needs"
        );
    }
}
