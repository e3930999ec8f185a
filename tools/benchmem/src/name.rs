//! What a benchmark may be called, so that criterion, a folder and Go's tools have the same name for it.

use std::fmt;
use std::path::{Path, PathBuf};

use criterion::BenchmarkId;

/// Criterion cuts longer names of folders.
const LONGEST: usize = 64;

/// A benchmark's name: the group, a function, and what the function was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    group: String,
    function: String,
    parameter: Option<String>,
}

impl Name {
    /// Takes `name` apart at its slash.
    ///
    /// # Panics
    /// When a part would be called otherwise in criterion's folders or in a line of Go's.
    pub fn new(group: &str, name: &str) -> Self {
        let (function, parameter) = match name.split_once('/') {
            Some((function, parameter)) => (function, Some(parameter)),
            None => (name, None),
        };
        for part in [function].into_iter().chain(parameter) {
            assert!(
                is_part(part),
                "the benchmark's name {name:?} must be FUNCTION or FUNCTION/PARAMETER, of letters, digits and _-. alone"
            );
        }
        Self {
            group: group.to_owned(),
            function: function.to_owned(),
            parameter: parameter.map(str::to_owned),
        }
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
        match &self.parameter {
            Some(parameter) => BenchmarkId::new(&self.function, parameter),
            None => BenchmarkId::from_parameter(&self.function),
        }
    }

    /// Where criterion keeps what it knows about it.
    pub fn folder(&self, criterion: &Path) -> PathBuf {
        let mut folder = criterion.join(&self.group).join(&self.function);
        folder.extend(&self.parameter);
        folder
    }
}

fn is_part(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    !text.is_empty() && text.len() <= LONGEST && text.bytes().all(is_allowed)
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.group, self.function)?;
        match &self.parameter {
            Some(parameter) => write!(f, "/{parameter}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_same_everywhere() {
        let name = Name::new("Rooms", "from_reader/999-rooms");
        assert_eq!(name.to_string(), "Rooms/from_reader/999-rooms");
        assert_eq!(
            name.folder(Path::new("/c")),
            Path::new("/c/Rooms/from_reader/999-rooms")
        );
        let name = Name::new("Handler", "room");
        assert_eq!(name.to_string(), "Handler/room");
        assert_eq!(name.folder(Path::new("/c")), Path::new("/c/Handler/room"));
    }

    #[test]
    fn a_name_that_criterion_or_go_would_change_is_refused() {
        for name in ["", "a b", "a/", "/a", "a/b/c", "a:b", "ä", &"a".repeat(65)] {
            let refused = std::panic::catch_unwind(|| Name::new("Group", name));
            assert!(refused.is_err(), "{name}");
        }
        for group in ["", "lower", "A/b", "A b"] {
            let refused = std::panic::catch_unwind(|| Name::check_group(group));
            assert!(refused.is_err(), "{group}");
        }
    }
}
