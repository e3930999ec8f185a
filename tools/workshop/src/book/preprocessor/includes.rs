//! mdBook's own directives, held to the rule that what is missing fails the build.
//!
//! mdBook carries them out after us; it merely logs a file that is missing, and says nothing of an anchor
//! or a line that is.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};

use super::scan::{self, Directive};

/// mdBook follows includes within includes this deep.
const DEEPEST: usize = 10;

/// Whether mdBook knows a directive of this name.
pub fn is_mdbooks(name: &str) -> bool {
    matches!(
        name,
        "include" | "rustdoc_include" | "playground" | "playpen" | "title"
    )
}

/// Checks that what mdBook will put in the directive's place exists.
pub fn check(source: &Path, file: &Path, directive: &Directive<'_>) -> anyhow::Result<()> {
    let folder = file.parent().unwrap_or(source);
    check_in(folder, directive.name, directive.arguments, 0)
}

fn check_in(folder: &Path, name: &str, arguments: &str, depth: usize) -> anyhow::Result<()> {
    match name {
        "title" => return Ok(()),
        "playground" | "playpen" => {
            bail!("it makes code that runs on another host, and the book works offline: use `code`")
        }
        _ => {}
    }
    ensure!(
        depth < DEEPEST,
        "includes are nested {DEEPEST} deep: is there a cycle?"
    );
    let argument = arguments
        .split_whitespace()
        .next()
        .context("it takes a path")?;
    let (path, part) = match argument.split_once(':') {
        Some((path, part)) => (path, Some(part)),
        None => (argument, None),
    };
    let target: PathBuf = folder.join(path);
    let text = std::fs::read_to_string(&target).with_context(|| {
        format!("cannot read {path}, which is looked for from the folder of what includes it")
    })?;
    if let Some(part) = part {
        check_part(&text, part).with_context(|| path.to_owned())?;
    }
    for nested in scan::directives(&text).into_iter().flatten() {
        if is_mdbooks(nested.name) {
            let folder = target.parent().unwrap_or(folder);
            check_in(folder, nested.name, nested.arguments, depth + 1)
                .with_context(|| format!("in {path}, line {}: {}", nested.line, nested.source))?;
        }
    }
    Ok(())
}

/// `FIRST:LAST`, `FIRST`, `FIRST:`, `:LAST` or an anchor.
fn check_part(text: &str, part: &str) -> anyhow::Result<()> {
    let numbers: Option<Vec<usize>> = part
        .split(':')
        .filter(|number| !number.is_empty())
        .map(|number| number.parse().ok())
        .collect();
    match numbers {
        Some(numbers) => {
            let count = text.lines().count();
            for number in numbers {
                ensure!(
                    (1..=count).contains(&number),
                    "there is no line {number}: it has {count}"
                );
            }
        }
        None => {
            for mark in ["ANCHOR:", "ANCHOR_END:"] {
                let is_there = text
                    .lines()
                    .filter_map(|line| line.split_once(mark))
                    .any(|(_, name)| name.trim() == part);
                ensure!(is_there, "there is no `{mark} {part}`");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "1\n# ANCHOR: a\n3\n# ANCHOR_END: a\n";

    #[test]
    fn parts_that_exist_are_accepted() {
        for part in ["1", "1:4", "2:", ":3", "a"] {
            check_part(TEXT, part).unwrap();
        }
    }

    #[test]
    fn parts_that_do_not_are_refused() {
        for (part, message) in [
            ("5", "there is no line 5: it has 4"),
            ("0:2", "there is no line 0: it has 4"),
            ("3:9", "there is no line 9: it has 4"),
            ("b", "there is no `ANCHOR: b`"),
        ] {
            assert_eq!(check_part(TEXT, part).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn nested_includes_are_followed_and_cycles_end() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
        write("a.md", "{{#include b.md}}");
        write("b.md", "text {{#include missing.md}}");
        let error = format!(
            "{:#}",
            check_in(dir.path(), "include", "a.md", 0).unwrap_err()
        );
        assert!(error.contains("in a.md, line 1"), "{error}");
        assert!(error.contains("cannot read missing.md"), "{error}");
        write("b.md", "{{#include a.md}}");
        let error = format!(
            "{:#}",
            check_in(dir.path(), "include", "a.md", 0).unwrap_err()
        );
        assert!(error.contains("is there a cycle"), "{error}");
    }

    #[test]
    fn code_that_runs_elsewhere_is_refused() {
        let error = check_in(Path::new("."), "playground", "x.rs", 0).unwrap_err();
        assert!(error.to_string().contains("another host"));
    }
}
