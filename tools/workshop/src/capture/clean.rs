//! What a captured output must not carry into the book: this machine's folders, this run's ports.
//!
//! - A variable of course.toml's `[display]` table: the value that the script had becomes the one that the
//!   book shows, so that `http://127.0.0.1:41837` reads `http://127.0.0.1:8080` in commands and outputs alike.
//!   `scripts/lib.sh` notes the values it sets in [`VALUES`].
//! - The script's own folder becomes `/tmp/workshop`, the workspace's root `.`, the home folder `~`.
//! - The folder that cargo keeps a registry's sources in loses its name, which differs between machines.
//! - Colours, spaces at a line's end and empty lines at the end go.

use std::collections::BTreeMap;
use std::path::Path;

use regex::Regex;

use course::Course;

/// The file beside the captures in which a script notes its variables, as lines of `NAME=VALUE`.
pub const VALUES: &str = ".values";

/// Replaces what belongs to this machine and this run.
#[derive(Debug)]
pub struct Cleaner {
    /// What to look for and what to put there, the longest first.
    replacements: Vec<(String, String)>,
}

impl Cleaner {
    /// For outputs of a script of this course, which noted these values.
    pub fn new(course: &Course, values: &str) -> Self {
        let mut replacements = of_values(values, &course.display);
        let mut folder = |path: Option<&Path>, shown: &str| {
            if let Some(path) = path.and_then(Path::to_str)
                && path.len() > 1
            {
                replacements.push((path.trim_end_matches('/').to_owned(), shown.to_owned()));
            }
        };
        folder(Some(&course.root), ".");
        let home = std::env::home_dir();
        folder(home.as_deref(), "~");
        let cargo_home = std::env::var_os("CARGO_HOME");
        folder(cargo_home.as_deref().map(Path::new), "~/.cargo");
        replacements.sort_by_key(|(from, _)| std::cmp::Reverse(from.len()));
        Self { replacements }
    }

    /// The output as the book shows it. It ends in a newline unless nothing is left.
    pub fn clean(&self, output: &str) -> String {
        let mut text = anstream::adapter::strip_str(output).to_string();
        for (from, to) in &self.replacements {
            text = replace_whole(&text, from, to);
        }
        let registry = Regex::new(r"/registry/src/[^/\s]+/").expect("the pattern is valid");
        let text = registry.replace_all(&text, "/registry/src/…/");
        let mut lines: Vec<&str> = text.lines().map(str::trim_end).collect();
        while lines.last().is_some_and(|line| line.is_empty()) {
            lines.pop();
        }
        lines.into_iter().map(|line| format!("{line}\n")).collect()
    }
}

fn of_values(values: &str, display: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut replacements = Vec::new();
    for (name, value) in values.lines().filter_map(|line| line.split_once('=')) {
        if value.is_empty() {
            continue;
        }
        if name == "WORK" {
            replacements.push((value.to_owned(), "/tmp/workshop".to_owned()));
        } else if let Some(shown) = display.get(name) {
            replacements.push((value.to_owned(), shown.clone()));
            if let (Some(authority), Some(shown)) =
                (value.strip_prefix("http://"), shown.strip_prefix("http://"))
            {
                replacements.push((authority.to_owned(), shown.to_owned()));
            }
        }
    }
    replacements
}

/// Replaces `from` where it is not the beginning of a longer name or number: `/root`, but not in `/rooted`.
fn replace_whole(text: &str, from: &str, to: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let (before, found) = rest.split_at(at);
        let after = &found[from.len()..];
        let continues = after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '-');
        result.push_str(before);
        result.push_str(if continues { from } else { to });
        rest = after;
    }
    result.push_str(rest);
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaner(values: &str) -> Cleaner {
        let course = Course {
            root: "/work/course".into(),
            display: BTreeMap::from([("URL".into(), "http://127.0.0.1:8080".into())]),
            chapters: Vec::new(),
        };
        Cleaner::new(&course, values)
    }

    #[test]
    fn the_runs_values_become_those_of_the_book() {
        let cleaner = cleaner("URL=http://127.0.0.1:4000\nWORK=/tmp/workshop.aB3\nOTHER=x\n");
        assert_eq!(
            cleaner.clean("http://127.0.0.1:4000/rooms\nHost: 127.0.0.1:4000, 127.0.0.1:40001\n"),
            "http://127.0.0.1:8080/rooms\nHost: 127.0.0.1:8080, 127.0.0.1:40001\n"
        );
        assert_eq!(
            cleaner.clean("/tmp/workshop.aB3/x.db x"),
            "/tmp/workshop/x.db x\n"
        );
    }

    #[test]
    fn folders_of_the_machine_go() {
        let cleaner = cleaner("");
        assert_eq!(
            cleaner.clean("step (/work/course/steps/01)\nin /work/course\nin /work/course-2"),
            "step (./steps/01)\nin .\nin /work/course-2\n"
        );
        assert_eq!(
            cleaner.clean("x/registry/src/some.host-1949/axum-0.8.6/src"),
            "x/registry/src/…/axum-0.8.6/src\n"
        );
    }

    #[test]
    fn colours_and_spaces_at_the_end_go() {
        assert_eq!(
            cleaner("").clean("\x1b[1mbold\x1b[0m  \n\na\t\n\n\n"),
            "bold\n\na\n"
        );
        assert_eq!(cleaner("").clean("\n \n"), "");
    }
}
