//! What a benchmark may be called, so that criterion, a folder and Go's tools have the same name for it.

use std::fmt;
use std::path::{Path, PathBuf};

use criterion::BenchmarkId;

/// Criterion cuts longer names of folders.
const LONGEST: usize = 64;

/// A benchmark's whole name: the group, a function, and perhaps what the function was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name(String);

impl Name {
    /// Takes a benchmark's `name`, `FUNCTION` or `FUNCTION/PARAMETER`.
    ///
    /// # Panics
    /// When a part would be called otherwise in criterion's folders or by Go's tools.
    pub fn new(group: &str, name: &str) -> Self {
        let mut parts = name.splitn(2, '/');
        assert!(
            parts.all(is_part),
            "the benchmark's name {name:?} must be FUNCTION or FUNCTION/PARAMETER, of letters, digits and _-. alone"
        );
        let end = name.rsplit_once('-').map_or("", |(_, end)| end);
        assert!(
            end.is_empty() || end.contains(|byte: char| !byte.is_ascii_digit()),
            "the benchmark's name {name:?} must not end in -{end}: Go's tools take that for a number of processors"
        );
        Self(format!("{group}/{name}"))
    }

    /// # Panics
    /// When Go would not take a line with this group's name for a benchmark's.
    pub fn check_group(group: &str) {
        assert!(
            is_part(group) && group.starts_with(|first: char| first.is_ascii_uppercase()),
            "the group's name {group:?} must begin with an upper-case letter, and have letters, digits and _-. alone"
        );
    }

    /// What criterion calls it within its group.
    pub fn id(&self) -> BenchmarkId {
        let mut parts = self.0.splitn(3, '/').skip(1);
        match (parts.next().unwrap_or_default(), parts.next()) {
            (function, Some(parameter)) => BenchmarkId::new(function, parameter),
            (function, None) => BenchmarkId::from_parameter(function),
        }
    }

    /// Where criterion keeps what it knows about it.
    pub fn folder(&self, criterion: &Path) -> PathBuf {
        criterion.join(&self.0)
    }
}

fn is_part(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_allowed)
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use std::panic::catch_unwind;

    use super::*;

    #[test]
    fn a_name_is_the_same_everywhere() {
        for name in ["from_reader/999-rooms", "room", "a-1/b", "x86-64-", "-"] {
            let whole = format!("Rooms/{name}");
            let folder = Path::new("/c").join(&whole);
            let name = Name::new("Rooms", name);
            assert_eq!(name.to_string(), whole);
            assert_eq!(name.folder(Path::new("/c")), folder);
        }
    }

    #[test]
    fn a_name_that_criterion_or_go_would_change_is_refused() {
        let long = "a".repeat(65);
        for name in ["", "a b", "a/", "/a", "a/b/c", "a:b", "ä", &long] {
            assert!(catch_unwind(|| Name::new("Group", name)).is_err(), "{name}");
        }
        for group in ["", "lower", "A/b", "A b"] {
            assert!(
                catch_unwind(|| Name::check_group(group)).is_err(),
                "{group}"
            );
        }
        for name in ["rooms-999", "read/rooms-8", "a--1"] {
            let refused = catch_unwind(|| Name::new("Group", name)).expect_err(name);
            let message = refused.downcast_ref::<String>().expect("a message");
            assert!(message.contains("number of processors"), "{message}");
        }
    }
}
