//! Reads a profile and makes sure that all it refers to is there.

use std::collections::HashMap;
use std::fmt::Display;
use std::io::Read as _;

use flate2::bufread::GzDecoder;
use prost::Message;

use crate::proto::ValueType;
use crate::{Error, Profile, budget};

/// A profile of a hundred thousand deep stacks has a twentieth of it.
const MOST_BYTES: u64 = 1 << 30;

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
        profile.check_samples()?;
        profile.count_ids()?;
        Ok(profile)
    }

    /// Every text that is referred to is there.
    fn check_texts(&self) -> Result<(), Error> {
        if self.strings.first().is_some_and(|first| !first.is_empty()) {
            return Err(inconsistent("the first of its texts is not empty"));
        }
        // Without a table, the one text that there is is the empty one.
        let texts = self.strings.len().max(1);
        let check = |text: i64, whose: &dyn Display| match usize::try_from(text) {
            Ok(index) if index < texts => Ok(()),
            _ => Err(inconsistent(format_args!(
                "{whose} refers to text {text}, and there are {texts}"
            ))),
        };
        let of_type = |one: &ValueType, whose: &dyn Display| {
            check(one.kind, whose).and_then(|()| check(one.unit, whose))
        };

        for one in &self.sample_types {
            of_type(one, &"a sample type")?;
        }
        if let Some(one) = &self.period_type {
            of_type(one, &"the period")?;
        }
        for (sample, number) in self.samples.iter().zip(1..) {
            for label in &sample.labels {
                for text in [label.key, label.text, label.unit] {
                    check(text, &format_args!("sample {number}"))?;
                }
            }
        }
        for one in &self.mappings {
            for text in [one.file, one.build_id] {
                check(text, &format_args!("mapping {}", one.id))?;
            }
        }
        for one in &self.functions {
            for text in [one.name, one.system_name, one.filename] {
                check(text, &format_args!("function {}", one.id))?;
            }
        }
        for &comment in &self.comments {
            check(comment, &"a comment")?;
        }
        for text in [self.drop_frames, self.keep_frames] {
            check(text, &"what frames to drop or keep")?;
        }
        check(self.default_sample_type, &"the default sample type")?;
        check(self.doc_url, &"the link to its documentation")
    }

    /// Every sample has a value for each type.
    fn check_samples(&self) -> Result<(), Error> {
        let types = self.sample_types.len();
        for (sample, number) in self.samples.iter().zip(1..) {
            let values = sample.values.len();
            if values != types || types == 0 {
                return Err(inconsistent(format_args!(
                    "sample {number} has {values} values, and there are {types} types of them"
                )));
            }
        }
        Ok(())
    }

    /// Everything that is referred to is there, and its id becomes its place in the list, from 1.
    fn count_ids(&mut self) -> Result<(), Error> {
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
        let locations = Ids::count("location", self.locations.iter_mut().map(|one| &mut one.id))?;
        for (sample, number) in self.samples.iter_mut().zip(1..) {
            for id in &mut sample.location_ids {
                locations.replace(id, format_args!("sample {number}"))?;
            }
        }
        Ok(())
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
    <Profile as Message>::decode(bytes).map_err(|error| Error::Format(error.to_string()))
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
