//! Whether a new output is still what the book shows.

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices};

use super::shape::{self, Item};
use course::section::{Compared, Section};

/// How many equal lines are shown around a difference.
const CONTEXT: usize = 2;

/// A line of a comparison that came out unequal.
#[derive(Debug, PartialEq, Eq)]
pub enum Line {
    Same(String),
    Committed(String),
    New(String),
    /// Equal lines that are not shown.
    Gap,
}

/// Compares an output with the committed one, as the section wants it. Empty if they agree.
pub fn compare(section: &Section, committed: &str, new: &str) -> Vec<Line> {
    let items = |output: &str| -> Vec<Item> {
        let alike = |line: &str, shape: &str| Item {
            shape: shape.to_owned(),
            line: line.to_owned(),
        };
        match section.compared {
            Compared::Verbatim => output.lines().map(|line| alike(line, line)).collect(),
            Compared::Shape => shape::of(output),
            // Whatever it says, it says something.
            Compared::Nothing => (output.lines().take(1))
                .map(|line| alike(line, "an output"))
                .collect(),
        }
    };
    differences(&items(committed), &items(new))
}

fn differences(old: &[Item], new: &[Item]) -> Vec<Line> {
    let shapes =
        |items: &[Item]| -> Vec<String> { items.iter().map(|i| i.shape.clone()).collect() };
    let operations = capture_diff_slices(Algorithm::Myers, &shapes(old), &shapes(new));
    let mut lines = Vec::new();
    for group in similar::group_diff_ops(operations, CONTEXT) {
        if !lines.is_empty() {
            lines.push(Line::Gap);
        }
        lines.extend(group.iter().flat_map(|operation| show(operation, old, new)));
    }
    lines
}

fn show(operation: &DiffOp, old: &[Item], new: &[Item]) -> Vec<Line> {
    let (tag, in_old, in_new) = operation.as_tag_tuple();
    let old = old[in_old].iter().map(|item| item.line.clone());
    let new = new[in_new].iter().map(|item| item.line.clone());
    match tag {
        DiffTag::Equal => old.map(Line::Same).collect(),
        _ => old.map(Line::Committed).chain(new.map(Line::New)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(compared: Compared) -> Section {
        Section {
            name: "s".into(),
            question: "?".into(),
            compared,
            terminal: false,
            line: 1,
            body: Vec::new(),
        }
    }

    #[test]
    fn only_an_exact_section_minds_numbers() {
        assert_eq!(
            compare(&section(Compared::Shape), "crates: 1\n", "crates: 20\n"),
            []
        );
        assert_eq!(
            compare(&section(Compared::Verbatim), "crates: 1\n", "crates: 20\n"),
            [
                Line::Committed("crates: 1".into()),
                Line::New("crates: 20".into())
            ]
        );
    }

    #[test]
    fn a_varying_section_needs_an_output_and_no_particular_one() {
        let varying = section(Compared::Nothing);
        assert_eq!(
            compare(&varying, "improved\n", "regressed\nby chance\n"),
            []
        );
        assert_eq!(
            compare(&varying, "improved\n", ""),
            [Line::Committed("improved".into())]
        );
        assert_eq!(compare(&varying, "", "new\n"), [Line::New("new".into())]);
    }

    #[test]
    fn a_difference_is_shown_in_its_surroundings_with_the_real_lines() {
        let lines = compare(
            &section(Compared::Shape),
            "a 1\nb\nc\nd\ne\nSCAN x 7\n",
            "a 2\nb\nc\nd\ne\nSEARCH x 8\n",
        );
        assert_eq!(
            lines,
            [
                Line::Same("d".into()),
                Line::Same("e".into()),
                Line::Committed("SCAN x 7".into()),
                Line::New("SEARCH x 8".into()),
            ]
        );
    }
}
