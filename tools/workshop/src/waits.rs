//! How long the commands of a chapter take the first time, and how much is on the disk after it.
//!
//! `cargo workshop walk --record` writes it beside the chapter's captures, as lines of `SECTION: SECONDS s` and one of
//! `disk: GIGABYTES GB`, and the book shows it where the commands stand.

use std::collections::BTreeMap;
use std::fs;

use anyhow::Context as _;

use course::{Chapter, Course};

/// The file beside a chapter's captures.
pub const FILE: &str = "waits.txt";

/// What takes less is not worth a word.
const SHORT: f64 = 5.0;

/// The waits of one chapter.
#[derive(Debug, Default)]
pub struct Waits {
    /// By the section's name.
    pub seconds: BTreeMap<String, f64>,
    /// What cargo's folder holds after the chapter, in gigabytes.
    pub disk: Option<f64>,
}

impl Waits {
    /// What was recorded; nothing of a chapter that was not walked yet.
    pub fn of(course: &Course, chapter: &Chapter) -> Self {
        let file = course.root.join(chapter.captures()).join(FILE);
        let text = fs::read_to_string(file).unwrap_or_default();
        let mut waits = Self::default();
        for (name, value) in text.lines().filter_map(|line| line.split_once(": ")) {
            let number = value
                .split(' ')
                .next()
                .and_then(|number| number.parse().ok());
            match (name, number) {
                ("disk", disk) => waits.disk = disk,
                (_, None) => {}
                (_, Some(seconds)) => drop(waits.seconds.insert(name.to_owned(), seconds)),
            }
        }
        waits
    }

    pub fn write(&self, course: &Course, chapter: &Chapter) -> anyhow::Result<()> {
        let path = chapter.captures().join(FILE);
        let waits = self
            .seconds
            .iter()
            .filter(|(_, seconds)| **seconds >= SHORT);
        let mut text: String = waits
            .map(|(name, seconds)| format!("{name}: {seconds:.0} s\n"))
            .collect();
        if let Some(disk) = self.disk {
            text += &format!("disk: {disk:.1} GB\n");
        }
        fs::write(course.root.join(&path), text)
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// How long a section's commands take the first time, if that is long.
    pub fn told(&self, section: &str) -> Option<String> {
        self.seconds
            .get(section)
            .copied()
            .filter(|it| *it >= SHORT)
            .map(about)
    }
}

/// A time as one says it.
pub fn about(seconds: f64) -> String {
    match seconds {
        ..55.0 => format!("{:.0} s", (seconds / 5.0).ceil() * 5.0),
        ..75.0 => "a minute".to_owned(),
        _ => format!("{:.0} minutes", (seconds / 60.0).ceil()),
    }
}

#[cfg(test)]
mod tests {
    use super::about;

    #[test]
    fn times_are_told_as_one_says_them() {
        let told = [5.0, 7.2, 54.0, 58.0, 100.0, 275.0].map(about);
        assert_eq!(
            told,
            ["5 s", "10 s", "55 s", "a minute", "2 minutes", "5 minutes"]
        );
    }
}
