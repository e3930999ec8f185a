//! A checkpoint's name stands in `Cargo.toml` and in one line of each program of the crate, and nowhere else.
//!
//! Everything that compares checkpoints, or copies one, looks for the name in just these places.

use std::collections::BTreeMap;

use super::problem::Problem;
use course::tree::{MAIN, Naming, Tree, naming};
use course::{Checkpoint, Course};

pub fn check(course: &Course) -> anyhow::Result<Vec<Problem>> {
    let checkpoints = course.checkpoints();
    let mut problems = Vec::new();
    for checkpoint in &checkpoints {
        let tree = Tree::of(course, checkpoint)?;
        problems.extend(check_tree(&tree, checkpoint, &checkpoints));
    }
    Ok(problems)
}

fn check_tree(tree: &Tree, checkpoint: &Checkpoint, all: &[Checkpoint]) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut packages = 0;
    let mut uses = BTreeMap::from([(MAIN.to_owned(), 0)]);
    for (path, content) in &tree.files {
        let Ok(text) = std::str::from_utf8(content) else {
            continue;
        };
        for (index, line) in text.lines().enumerate() {
            match naming(path, line, &tree.package, &tree.library) {
                Some(Naming::Package) => packages += 1,
                Some(Naming::Library) => *uses.entry(path.clone()).or_insert(0) += 1,
                None => {
                    if let Some(name) = mentioned(line, all) {
                        let message = format!(
                            "the crate name `{name}` may stand only in Cargo.toml's `name` and in one \
                             `use {} as ...;` of a program",
                            checkpoint.library()
                        );
                        problems.push(Problem::new(checkpoint.dir.join(path), index + 1, message));
                    }
                }
            }
        }
    }
    let mut must = |ok: bool, path: &str, message: String| {
        if !ok {
            problems.push(Problem::new(checkpoint.dir.join(path), 0, message));
        }
    };
    must(
        packages > 0,
        "Cargo.toml",
        format!("the package's name must be `{}`", checkpoint.package),
    );
    for (path, count) in &uses {
        let message = format!(
            "there must be one line `use {} as ...;`, and there are {count}",
            checkpoint.library()
        );
        must(*count == 1, path, message);
    }
    problems
}

/// The name of a checkpoint in this line. `coworking` is left out of it: that is also what the app is called.
fn mentioned(line: &str, checkpoints: &[Checkpoint]) -> Option<String> {
    checkpoints
        .iter()
        .filter(|checkpoint| checkpoint.package.starts_with("step-"))
        .flat_map(|checkpoint| [checkpoint.package.clone(), checkpoint.library()])
        .find(|name| line.contains(name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(files: &[(&str, &str)]) -> Vec<String> {
        let checkpoint = Checkpoint {
            id: "01-a".into(),
            dir: "steps/01-a".into(),
            package: "step-01-a".into(),
        };
        let files = files
            .iter()
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_owned()))
            .collect();
        let tree = Tree {
            name: "x".into(),
            package: "step-01-a".into(),
            library: "step_01_a".into(),
            files,
        };
        let problems = check_tree(&tree, &checkpoint, std::slice::from_ref(&checkpoint));
        problems
            .iter()
            .map(|p| format!("{}: {}", p.place(), p.message))
            .collect()
    }

    #[test]
    fn the_name_where_it_belongs_is_fine() {
        let found = problems(&[
            ("Cargo.toml", "[package]\nname = \"step-01-a\"\n"),
            ("src/main.rs", "use step_01_a as app;\nuse app::x;\n"),
            ("benches/b.rs", "use step_01_a as app;\n"),
            ("tests/t.rs", "fn main() {}\n"),
        ]);
        assert_eq!(found, Vec::<String>::new());
    }

    #[test]
    fn the_name_elsewhere_is_found() {
        let found = problems(&[
            ("Cargo.toml", "[package]\nname = \"step-01-a\"\n"),
            ("src/main.rs", "use step_01_a as app;\nstep_01_a::x();\n"),
            ("src/db.rs", "// see step-01-a\n"),
        ]);
        assert_eq!(found.len(), 2);
        assert!(found[0].starts_with("steps/01-a/src/db.rs:1: the crate name `step-01-a`"));
        assert!(found[1].starts_with("steps/01-a/src/main.rs:2: the crate name `step_01_a`"));
    }

    #[test]
    fn a_missing_name_is_found() {
        let found = problems(&[
            ("Cargo.toml", "[package]\nname = \"x\"\n"),
            ("src/main.rs", ""),
        ]);
        assert_eq!(found.len(), 2, "{found:?}");
    }
}
