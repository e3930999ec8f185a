//! Exercises: changes by people in a hurry, kept as patches to the checkpoint of their chapter.
//!
//! `exercises/NN-name/EXERCISE.patch` is what `diff -u` prints; its paths begin with `a/` and `b/`, and lead from there
//! as in the checkpoint. A chapter's exercises fit together, so that one working copy can have all of them.

use std::fs;

use anyhow::{Context as _, bail};
use diffy::patch_set::{FileOperation, FilePatch, ParseOptions, PatchSet};

use course::files::is_editors;
use course::tree::Tree;
use course::{Chapter, Course};
use terminal::Usage;

/// The names of a chapter's exercises, in order.
pub fn of(course: &Course, chapter: &Chapter) -> anyhow::Result<Vec<String>> {
    let folder = course.root.join(chapter.exercises());
    if !folder.exists() {
        return Ok(Vec::new());
    }
    let mut names = Vec::new();
    let entries =
        fs::read_dir(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let name = entry?.file_name();
        let name = name.to_str().filter(|name| !is_editors(name));
        names.extend(name.and_then(|name| Some(name.strip_suffix(".patch")?.to_owned())));
    }
    names.sort();
    Ok(names)
}

/// Makes the changes of an exercise in `tree`, which is the chapter's checkpoint.
///
/// # Errors
/// When there is no such exercise, or when its patch does not fit the checkpoint as it is now.
pub fn apply(
    course: &Course,
    chapter: &Chapter,
    exercise: &str,
    tree: &mut Tree,
) -> anyhow::Result<()> {
    let known = of(course, chapter)?;
    if !known.iter().any(|name| name == exercise) {
        let there_are = match known.is_empty() {
            true => "it has none".to_owned(),
            false => format!("it has {}", known.join(", ")),
        };
        let number = chapter.number;
        let text = format!("chapter {number} has no exercise `{exercise}`; {there_are}");
        return Err(Usage(text).into());
    }
    let path = chapter.exercises().join(format!("{exercise}.patch"));
    let text = fs::read_to_string(course.root.join(&path))
        .with_context(|| format!("cannot read {}", path.display()))?;
    let mut files = 0;
    for patch in PatchSet::parse(&text, ParseOptions::unidiff()) {
        let patch = patch.with_context(|| format!("{} is no patch", path.display()))?;
        apply_to_file(&patch, tree).with_context(|| {
            let Tree { name, .. } = &tree;
            format!("{} does not fit {name}", path.display())
        })?;
        files += 1;
    }
    if files == 0 {
        bail!("{} changes nothing", path.display());
    }
    Ok(())
}

fn apply_to_file(patch: &FilePatch<'_, str>, tree: &mut Tree) -> anyhow::Result<()> {
    let operation = patch.operation().strip_prefix(1);
    let (from, to) = match &operation {
        FileOperation::Modify { original, modified } if original == modified => {
            (original, modified)
        }
        _ => bail!("it may change files, and neither add nor remove nor rename one"),
    };
    let hunks = patch.patch().as_text().context("it is no text")?;
    let old = tree.files.get(from.as_ref());
    let old = old.with_context(|| format!("there is no {from}"))?;
    let old = std::str::from_utf8(old).with_context(|| format!("{from} is no text"))?;
    let new = diffy::apply(old, hunks).with_context(|| format!("in {from}"))?;
    tree.files.insert(to.to_string(), new.into_bytes());
    Ok(())
}
