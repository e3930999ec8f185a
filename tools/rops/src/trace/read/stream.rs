//! The JSON of a trace, one event after the other.

use std::fmt;
use std::io::Read;

use serde::Deserialize as _;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::event::Event;

/// Takes what is read.
pub(super) trait Sink {
    /// An event, and the same as it is written.
    fn event(&mut self, event: &Event<'_>, text: &str);
    /// Something among the events that is none.
    fn no_event(&mut self);
    /// What the trace says about itself, as it is written.
    fn facts(&mut self, text: &str);
}

/// Reads a trace, which is an object with the events under `traceEvents`, or an array of them. What was read before an
/// error stays read. Gives false if it is a JSON of another kind.
pub(super) fn read(from: impl Read, sink: &mut impl Sink) -> serde_json::Result<bool> {
    let mut json = serde_json::Deserializer::from_reader(from);
    let found = (&mut json).deserialize_any(Whole(sink))?;
    json.end()?;
    Ok(found)
}

struct Whole<'a, S>(&'a mut S);

impl<'de, S: Sink> Visitor<'de> for Whole<'_, S> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object or an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<bool, A::Error> {
        Events(self.0).visit_seq(seq)?;
        Ok(true)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<bool, A::Error> {
        let mut found = false;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "traceEvents" => {
                    map.next_value_seed(Events(self.0))?;
                    found = true;
                }
                "otherData" | "metadata" => {
                    let text: Box<RawValue> = map.next_value()?;
                    self.0.facts(text.get());
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
}

struct Events<'a, S>(&'a mut S);

impl<'de, S: Sink> DeserializeSeed<'de> for Events<'_, S> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, S: Sink> Visitor<'de> for Events<'_, S> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while let Some(text) = seq.next_element::<Box<RawValue>>()? {
            let mut json = serde_json::Deserializer::from_str(text.get());
            match Event::deserialize(&mut json) {
                Ok(event) => self.0.event(&event, text.get()),
                Err(_) => self.0.no_event(),
            }
        }
        Ok(())
    }
}
