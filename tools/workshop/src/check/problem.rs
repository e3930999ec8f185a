//! One thing that is wrong with the course.

use std::path::{Path, PathBuf};

/// What is wrong and where. Sorts by place.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Relative to the course's root.
    pub path: PathBuf,
    /// From 1; 0 where the file as a whole is meant.
    pub line: usize,
    pub message: String,
}

impl Problem {
    pub fn new(path: impl AsRef<Path>, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.as_ref().to_owned(),
            line,
            message: message.into(),
        }
    }

    /// `path:line`, as editors and terminals know to open it.
    pub fn place(&self) -> String {
        match self.line {
            0 => self.path.display().to_string(),
            line => format!("{}:{line}", self.path.display()),
        }
    }
}

/// The number, from 1, of the first line that contains `needle`; 0 if none does.
pub fn line_of(text: &str, needle: &str) -> usize {
    text.lines()
        .position(|line| line.contains(needle))
        .map_or(0, |index| index + 1)
}
