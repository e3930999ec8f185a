//! Carries an edit of one crate over to another: file by file, three-way.

use std::collections::BTreeSet;

use super::git::{self, Side};
use course::tree::Tree;

/// What begins a conflict in a merged text.
const MARKER: &str = "<<<<<<< ";

/// What is to be done to a file of the later checkpoint.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its new content: both sides' changes.
    Merged(Vec<u8>),
    /// The same with conflict markers, which start in these lines.
    Conflict(Vec<u8>, Vec<usize>),
    /// The file is new, or was the same on both sides.
    Taken(Vec<u8>),
    Deleted,
    /// The edit is there already.
    AlreadyThere,
    /// Nothing sensible can be done; the file is left alone.
    Refused(&'static str),
}

/// The edit that leads from `base` to `theirs`, for each file that it touches, as it applies to `ours`.
///
/// The crates may have different names: the edit is read as if it had been made under the name of `ours`.
pub fn port(base: &Tree, theirs: &Tree, ours: &Tree) -> anyhow::Result<Vec<(String, Outcome)>> {
    let base = base.renamed(&ours.package);
    let theirs = theirs.renamed(&ours.package);
    let paths: BTreeSet<&String> = base.files.keys().chain(theirs.files.keys()).collect();
    let mut outcomes = Vec::new();
    for path in paths {
        let versions = Versions {
            base: base.files.get(path).map(Vec::as_slice),
            theirs: theirs.files.get(path).map(Vec::as_slice),
            ours: ours.files.get(path).map(Vec::as_slice),
        };
        if versions.base != versions.theirs {
            let outcome = versions.merge(&[&ours.name, &base.name, &theirs.name])?;
            outcomes.push((path.clone(), outcome));
        }
    }
    Ok(outcomes)
}

struct Versions<'a> {
    base: Option<&'a [u8]>,
    theirs: Option<&'a [u8]>,
    ours: Option<&'a [u8]>,
}

impl Versions<'_> {
    fn merge(&self, labels: &[&str; 3]) -> anyhow::Result<Outcome> {
        let outcome = match (self.ours, self.theirs) {
            (ours, theirs) if ours == theirs => Outcome::AlreadyThere,
            (ours, Some(theirs)) if ours == self.base => Outcome::Taken(theirs.to_owned()),
            (ours, None) if ours == self.base => Outcome::Deleted,
            (Some(_), None) => {
                Outcome::Refused("deleted here, but changed in the later checkpoint")
            }
            (None, _) => Outcome::Refused("changed here, but deleted in the later checkpoint"),
            (Some(ours), Some(theirs)) => {
                let base = self.base.unwrap_or_default();
                return merge(labels, ours, base, theirs);
            }
        };
        Ok(outcome)
    }
}

fn merge(labels: &[&str; 3], ours: &[u8], base: &[u8], theirs: &[u8]) -> anyhow::Result<Outcome> {
    if [ours, base, theirs]
        .iter()
        .any(|content| std::str::from_utf8(content).is_err())
    {
        return Ok(Outcome::Refused(
            "changed in both, and not a text that could be merged",
        ));
    }
    if !conflicts(ours).is_empty() {
        return Ok(Outcome::Refused(
            "has conflict markers from an earlier merge: resolve them first",
        ));
    }
    let [ours_label, base_label, theirs_label] = *labels;
    let merged = git::merge(
        &Side {
            label: ours_label,
            content: ours,
        },
        &Side {
            label: base_label,
            content: base,
        },
        &Side {
            label: theirs_label,
            content: theirs,
        },
    )?;
    let lines = conflicts(&merged);
    Ok(match lines.is_empty() {
        _ if merged == ours => Outcome::AlreadyThere,
        true => Outcome::Merged(merged),
        false => Outcome::Conflict(merged, lines),
    })
}

/// The lines, from 1, in which conflicts begin.
fn conflicts(content: &[u8]) -> Vec<usize> {
    let text = String::from_utf8_lossy(content);
    let lines = text.lines().enumerate();
    lines
        .filter(|(_, line)| line.starts_with(MARKER))
        .map(|(index, _)| index + 1)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(base: Option<&str>, theirs: Option<&str>, ours: Option<&str>) -> Outcome {
        let versions = Versions {
            base: base.map(str::as_bytes),
            theirs: theirs.map(str::as_bytes),
            ours: ours.map(str::as_bytes),
        };
        versions.merge(&["ours", "base", "theirs"]).unwrap()
    }

    #[test]
    fn changes_in_different_places_are_merged() {
        let base = "1\n2\n3\n4\n5\n6\n7\n";
        let theirs = base.replace('1', "one");
        let ours = base.replace('7', "seven");
        assert_eq!(
            outcome(Some(base), Some(&theirs), Some(&ours)),
            Outcome::Merged(b"one\n2\n3\n4\n5\n6\nseven\n".to_vec())
        );
    }

    #[test]
    fn changes_in_the_same_place_conflict_and_say_where() {
        let Outcome::Conflict(content, lines) =
            outcome(Some("1\n2\n"), Some("1\nzwei\n"), Some("1\ndeux\n"))
        else {
            panic!("this is a conflict");
        };
        assert_eq!(lines, [2]);
        assert_eq!(
            String::from_utf8(content).unwrap(),
            "1\n<<<<<<< ours\ndeux\n=======\nzwei\n>>>>>>> theirs\n"
        );
    }

    #[test]
    fn new_and_deleted_files_follow_unless_the_other_side_changed_them() {
        assert_eq!(
            outcome(None, Some("n\n"), None),
            Outcome::Taken(b"n\n".to_vec())
        );
        assert_eq!(outcome(Some("x\n"), None, Some("x\n")), Outcome::Deleted);
        assert_eq!(outcome(Some("x\n"), None, None), Outcome::AlreadyThere);
        assert!(matches!(
            outcome(Some("x\n"), None, Some("y\n")),
            Outcome::Refused(_)
        ));
        assert!(matches!(
            outcome(Some("x\n"), Some("y\n"), None),
            Outcome::Refused(_)
        ));
        assert!(matches!(
            outcome(None, Some("a\n"), Some("b\n")),
            Outcome::Conflict(_, _)
        ));
    }

    #[test]
    fn a_second_port_finds_the_edit_there_already() {
        assert_eq!(
            outcome(Some("1\n"), Some("2\n"), Some("2\n")),
            Outcome::AlreadyThere
        );
        let ours = "x\n1\n2\n3\n";
        assert_eq!(
            outcome(Some("1\n2\n"), Some("1\n2\n3\n"), Some(ours)),
            Outcome::AlreadyThere
        );
    }
}
