//! Texts, each kept once.

use std::collections::HashMap;
use std::sync::Arc;

use foldhash::fast::RandomState;

/// The number of a text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Name(pub(super) u32);

impl Name {
    /// The empty text.
    pub const EMPTY: Self = Self(0);
    /// Its place among [`Trace::texts`](super::Trace::texts).
    #[must_use]
    pub fn number(self) -> u32 {
        self.0
    }

    /// In place of texts for which there was no room.
    const FURTHER: Self = Self(1);
}

/// Bytes that the texts of a trace may take. One that has more is not about places in a program.
const MOST_BYTES: usize = 64 << 20;

/// What a text takes beside its bytes.
const OVERHEAD: usize = 96;

/// The texts of a trace.
#[derive(Debug)]
pub(super) struct Names {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, Name, RandomState>,
    bytes: usize,
}

impl Default for Names {
    fn default() -> Self {
        let mut names = Self {
            texts: Vec::new(),
            numbers: HashMap::default(),
            bytes: 0,
        };
        names.add("");
        names.add("[further names]");
        names
    }
}

impl Names {
    pub(super) fn add(&mut self, text: &str) -> Name {
        if let Some(&known) = self.numbers.get(text) {
            return known;
        }
        self.bytes += text.len() + OVERHEAD;
        if self.bytes > MOST_BYTES {
            return Name::FURTHER;
        }
        let (text, name) = (Arc::<str>::from(text), Name(self.texts.len() as u32));
        self.texts.push(Arc::clone(&text));
        self.numbers.insert(text, name);
        name
    }

    pub(super) fn text(&self, name: Name) -> &str {
        &self.texts[name.0 as usize]
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    pub(super) fn find(&self, text: &str) -> Option<Name> {
        self.numbers.get(text).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_once_and_no_more_than_there_is_room_for() {
        let mut names = Names::default();
        let (one, other) = (names.add("one"), names.add("other"));
        assert_eq!((names.add("one"), names.text(other)), (one, "other"));
        assert_eq!(names.find("neither"), None);
        assert_eq!(names.add(""), Name::EMPTY);
        let large = "x".repeat(MOST_BYTES);
        let further = names.add(&large);
        assert_eq!(names.text(further), "[further names]");
    }
}
