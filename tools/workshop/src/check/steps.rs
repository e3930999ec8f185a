//! Neighbouring checkpoints differ only where course.toml's `changes` say.

use super::problem::{Problem, line_of};
use course::compare::{self, Change};
use course::tree::Tree;
use course::{Chapter, Course, MANIFEST};

pub fn check(course: &Course) -> anyhow::Result<Vec<Problem>> {
    let manifest = std::fs::read_to_string(course.root.join(MANIFEST))?;
    let mut problems = Vec::new();
    for chapter in &course.chapters {
        problems.extend(check_chapter(course, chapter, &manifest)?);
    }
    Ok(problems)
}

fn check_chapter(
    course: &Course,
    chapter: &Chapter,
    manifest: &str,
) -> anyhow::Result<Vec<Problem>> {
    let (start, end) = (chapter.checkpoint(), course.end_of(chapter));
    let in_manifest = |needle: &str, message: String| {
        let line = line_of_chapter(manifest, chapter, needle);
        Problem::new(
            MANIFEST,
            line,
            format!("chapter {}: {message}", chapter.number),
        )
    };
    let mut problems = Vec::new();
    if !course.has(&start) || !course.has(&end) {
        return Ok(problems);
    }
    let (from, to) = (Tree::of(course, &start)?, Tree::of(course, &end)?);
    let differing = compare::between(&from, &to);
    for file in &differing {
        if chapter.changes.iter().any(|c| c.includes(&file.path)) {
            continue;
        }
        let (place, what) = match file.change {
            Change::Added => (&end, format!("is not in {start}")),
            Change::Removed => (&start, format!("is not in {end}")),
            Change::Modified => (&end, format!("differs from {start}")),
        };
        let line = first_difference(
            from.files.get(&file.path),
            to.renamed(&from.package).files.get(&file.path),
        );
        problems.push(Problem::new(
            place.dir.join(&file.path),
            line,
            format!(
                "{what}, and no `changes` of chapter {} in {MANIFEST} allow it",
                chapter.number
            ),
        ));
    }
    for allowed in &chapter.changes {
        let text = allowed.files.as_str();
        if !differing.iter().any(|file| allowed.includes(&file.path)) {
            let message = format!("`{text}` allows a change that {start} and {end} do not have");
            problems.push(in_manifest(text, message));
        }
    }
    Ok(problems)
}

/// The first line in which two files differ; 0 if one of them is missing.
fn first_difference(old: Option<&Vec<u8>>, new: Option<&Vec<u8>>) -> usize {
    let (Some(old), Some(new)) = (old, new) else {
        return 0;
    };
    let mut new = new.split(|byte| *byte == b'\n');
    let mut old = old.split(|byte| *byte == b'\n');
    let mut line = 1;
    while let (Some(a), Some(b)) = (old.next(), new.next()) {
        if a != b {
            break;
        }
        line += 1;
    }
    line
}

/// Where in course.toml the chapter's table mentions `needle`.
fn line_of_chapter(manifest: &str, chapter: &Chapter, needle: &str) -> usize {
    let name = line_of(manifest, &format!("\"{}\"", chapter.name));
    let rest: String = manifest
        .lines()
        .skip(name)
        .map(|line| format!("{line}\n"))
        .collect();
    match line_of(&rest, &format!("\"{needle}\"")) {
        0 => name,
        line => name + line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_has_a_line() {
        let line = |a: &str, b: &str| {
            first_difference(Some(&a.as_bytes().to_vec()), Some(&b.as_bytes().to_vec()))
        };
        assert_eq!(line("1\n2\n", "1\nb\n"), 2);
        assert_eq!(line("1\n", "1\n2\n"), 2);
        assert_eq!(first_difference(None, Some(&Vec::new())), 0);
    }
}
