//! The difference between two crates, file by file, in the unified format that `patch -p1` reads.

use std::collections::BTreeSet;

use similar::{ChangeTag, TextDiff};

use crate::tree::Tree;

/// What happened to a file on the way from one crate to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Added,
    Removed,
    Modified,
}

/// One file that differs.
#[derive(Debug, Clone)]
pub struct FileDiff {
    /// Relative to the crate.
    pub path: String,
    pub change: Change,
    /// Headers and hunks; every line ends in a newline. A file that is not text has one sentence instead.
    pub patch: String,
    /// Lines that are only in the later crate.
    pub added: usize,
    /// Lines that are only in the earlier crate.
    pub removed: usize,
}

/// What leads from one crate to the other, in the order of the paths.
///
/// The crates' own names are left out of account: `to` is read as if it had the name of `from`, so the patch
/// fits onto `from`.
pub fn between(from: &Tree, to: &Tree) -> Vec<FileDiff> {
    as_they_are(from, &to.renamed(&from.package))
}

/// The same for two that carry their names in the same way.
pub fn as_they_are(from: &Tree, to: &Tree) -> Vec<FileDiff> {
    let paths: BTreeSet<&String> = from.files.keys().chain(to.files.keys()).collect();
    paths
        .into_iter()
        .filter_map(|path| file(path, from.files.get(path), to.files.get(path)))
        .collect()
}

fn file(path: &str, old: Option<&Vec<u8>>, new: Option<&Vec<u8>>) -> Option<FileDiff> {
    let change = match (old, new) {
        (old, new) if old == new => return None,
        (None, _) => Change::Added,
        (_, None) => Change::Removed,
        _ => Change::Modified,
    };
    let old_name = match change {
        Change::Added => "/dev/null".to_owned(),
        _ => format!("a/{path}"),
    };
    let new_name = match change {
        Change::Removed => "/dev/null".to_owned(),
        _ => format!("b/{path}"),
    };
    let text = |content: Option<&Vec<u8>>| match content {
        None => Some(String::new()),
        Some(bytes) => String::from_utf8(bytes.clone()).ok(),
    };
    let (Some(old), Some(new)) = (text(old), text(new)) else {
        return Some(FileDiff {
            path: path.to_owned(),
            change,
            patch: format!("Binary files {old_name} and {new_name} differ\n"),
            added: 0,
            removed: 0,
        });
    };
    let diff = TextDiff::from_lines(&old, &new);
    let count = |tag| diff.iter_all_changes().filter(|c| c.tag() == tag).count();
    let mut patch = diff
        .unified_diff()
        .context_radius(3)
        .header(&old_name, &new_name)
        .to_string();
    if patch.is_empty() {
        // An empty file that came or went has no hunk; its header alone still says so.
        patch = format!("--- {old_name}\n+++ {new_name}\n");
    }
    Some(FileDiff {
        path: path.to_owned(),
        change,
        patch,
        added: count(ChangeTag::Insert),
        removed: count(ChangeTag::Delete),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(package: &str, files: &[(&str, &str)]) -> Tree {
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_owned()))
            .collect();
        Tree {
            name: package.to_owned(),
            package: package.to_owned(),
            library: package.replace('-', "_"),
            files,
        }
    }

    #[test]
    fn crate_names_are_no_difference() {
        let one = tree(
            "step-01-a",
            &[
                ("Cargo.toml", "name = \"step-01-a\"\n"),
                ("src/main.rs", "use step_01_a as app;\n"),
            ],
        );
        let two = one.renamed("step-02-b");
        assert_eq!(two.files["src/main.rs"], b"use step_02_b as app;\n");
        assert!(between(&one, &two).is_empty());
    }

    #[test]
    fn new_deleted_and_changed_files_are_told_apart() {
        let one = tree("x", &[("a", "1\n2\n3\n"), ("gone", "g\n")]);
        let two = tree("x", &[("a", "1\nzwei\n3"), ("new", "n\n")]);
        let diffs = between(&one, &two);
        let seen: Vec<_> = diffs
            .iter()
            .map(|d| (d.path.as_str(), d.change, d.added, d.removed))
            .collect();
        assert_eq!(
            seen,
            [
                ("a", Change::Modified, 2, 2),
                ("gone", Change::Removed, 0, 1),
                ("new", Change::Added, 1, 0),
            ]
        );
        assert_eq!(
            diffs[0].patch,
            "--- a/a\n+++ b/a\n@@ -1,3 +1,3 @@\n 1\n-2\n-3\n+zwei\n+3\n\\ No newline at end of file\n"
        );
        assert!(
            diffs[1]
                .patch
                .contains("+++ /dev/null\n@@ -1 +0,0 @@\n-g\n")
        );
        assert!(
            diffs[2]
                .patch
                .contains("--- /dev/null\n+++ b/new\n@@ -0,0 +1 @@\n+n\n")
        );
    }

    #[test]
    fn what_is_not_text_is_said_to_differ() {
        let mut one = tree("x", &[("a", "")]);
        let two = tree("x", &[("a", "t\n")]);
        one.files.insert("a".into(), vec![0xff, 0xfe]);
        assert_eq!(
            between(&one, &two)[0].patch,
            "Binary files a/a and b/a differ\n"
        );
    }
}
