//! An event of the Trace Event Format, and the arguments that `diagnostics` writes. Texts stay where they are read.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use serde_json::value::RawValue;

/// What all events have. Times are microseconds.
#[derive(Debug, Deserialize)]
pub(in crate::trace) struct Event<'a> {
    #[serde(borrow, default)]
    pub(in crate::trace) ph: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(in crate::trace) name: Cow<'a, str>,
    #[serde(borrow, default)]
    pub(in crate::trace) cat: Cow<'a, str>,
    #[serde(default)]
    pub(in crate::trace) pid: Id,
    #[serde(default)]
    pub(in crate::trace) tid: Id,
    #[serde(default)]
    pub(in crate::trace) ts: f64,
    pub(in crate::trace) dur: Option<f64>,
    pub(in crate::trace) id: Option<Id>,
    #[serde(borrow)]
    pub(in crate::trace) args: Option<&'a RawValue>,
}

/// Something that others write as a number or as a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::trace) struct Id(pub(in crate::trace) u64);

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OfAnyKind)
    }
}

struct OfAnyKind;

impl Visitor<'_> for OfAnyKind {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or a text")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Id, E> {
        Ok(Id(number))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Id, E> {
        Ok(Id(number.cast_unsigned()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Id, E> {
        Ok(Id(number as u64))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Id, E> {
        let number = match text.strip_prefix("0x") {
            Some(digits) => u64::from_str_radix(digits, 16).ok(),
            None => text.parse().ok(),
        };
        // FNV-1a: the same number for the same text, and another one for another.
        let hashed = || {
            let add = |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
            text.bytes().fold(0xcbf2_9ce4_8422_2325, add)
        };
        Ok(Id(number.unwrap_or_else(hashed)))
    }
}

/// Of a poll.
#[derive(Debug, Deserialize)]
pub(in crate::trace) struct Polled {
    pub(in crate::trace) task: u64,
    pub(in crate::trace) ready: Option<f64>,
    #[serde(default)]
    pub(in crate::trace) unfinished: bool,
}

/// Of a thread in a span.
#[derive(Debug, Deserialize)]
pub(in crate::trace) struct InSpan {
    pub(in crate::trace) span: u64,
}

/// Of work on a blocking thread.
#[derive(Debug, Deserialize)]
pub(in crate::trace) struct Blocked {
    pub(in crate::trace) queued: f64,
    #[serde(default)]
    pub(in crate::trace) by: u64,
}

/// Of a span, a request's among them.
#[derive(Debug, Deserialize)]
pub(in crate::trace) struct OfSpan<'a> {
    pub(in crate::trace) span: u64,
    /// The span that it was opened in, where it is told.
    #[serde(default)]
    pub(in crate::trace) parent: u64,
    #[serde(borrow, default)]
    pub(in crate::trace) at: Cow<'a, str>,
    pub(in crate::trace) status: Option<u16>,
    #[serde(default)]
    pub(in crate::trace) unfinished: bool,
}

/// Of what was done for a request.
#[derive(Debug, Deserialize)]
pub(in crate::trace) struct Busy {
    pub(in crate::trace) thread: u64,
    #[serde(default)]
    pub(in crate::trace) task: u64,
}

/// Of a moment in which a thread was interrupted.
#[derive(Debug, Deserialize)]
pub(in crate::trace) struct Sampled<'a> {
    /// The innermost frame first.
    #[serde(borrow)]
    pub(in crate::trace) stack: Vec<Cow<'a, str>>,
}

/// Of a thread or a process that is given a name.
#[derive(Debug, Deserialize)]
pub(in crate::trace) struct Named<'a> {
    #[serde(borrow)]
    pub(in crate::trace) name: Cow<'a, str>,
}
