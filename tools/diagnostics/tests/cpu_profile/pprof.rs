//! What `go tool pprof` makes of a profile.

use std::io::Write as _;
use std::process::Command;

use profile::Profile;
use test_tools::{Ran, TestTools};

/// What pprof prints about a profile.
pub fn report(pprof: &Command, arguments: &[&str], profile: &[u8]) -> String {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(profile).expect("its bytes");
    let mut command = Command::new(pprof.get_program());
    command.args(pprof.get_args());
    for (name, value) in pprof.get_envs() {
        command.env(name, value.unwrap_or_default());
    }
    let ran = Ran::of(command.args(arguments).arg(file.path())).expect(0);
    ran.stdout
}

/// `go tool pprof`, or none where it is not installed.
#[track_caller]
pub fn needed() -> Option<Command> {
    test_tools::needed(TestTools::here().pprof())
}

/// Milliseconds of the lines of a function that have a text in the source, with all that was called there.
#[track_caller]
pub fn line(pprof: &Command, profile: &[u8], function: &str, text: &str) -> f64 {
    let listed = report(pprof, &["-list", function, "-unit", "ms"], profile);
    let lines = listed.lines().filter(|line| line.contains(text));
    let times: Vec<_> = lines
        .filter_map(|line| milliseconds(line.split_whitespace().nth(1)?))
        .collect();
    assert!(!times.is_empty(), "no line with {text:?}:\n{listed}");
    times.iter().sum()
}

/// A time as pprof prints it; `.` is nothing.
fn milliseconds(printed: &str) -> Option<f64> {
    if printed == "." {
        return Some(0.0);
    }
    printed.strip_suffix("ms")?.parse().ok()
}

/// Nanoseconds of all samples of the threads whose name is told to match.
pub fn of_threads(profile: &Profile, matches: impl Fn(&str) -> bool) -> f64 {
    let samples = profile.samples.iter().filter(|sample| {
        let label = sample
            .labels
            .first()
            .map_or("", |label| profile.text(label.text));
        matches(label)
    });
    samples.map(|sample| sample.values[1] as f64).sum()
}

/// The comment that has a text.
#[track_caller]
pub fn comment(profile: &Profile, text: &str) -> String {
    let comments: Vec<_> = profile
        .comments
        .iter()
        .map(|&one| profile.text(one))
        .collect();
    let found = comments.iter().find(|comment| comment.contains(text));
    (*found.unwrap_or_else(|| panic!("no {text:?} in {comments:#?}"))).to_owned()
}

/// The number before a text in a comment.
#[track_caller]
pub fn number(comment: &str, before: &str) -> f64 {
    let (front, _) = comment
        .split_once(before)
        .unwrap_or_else(|| panic!("no {before:?}: {comment}"));
    let word = front.trim_end().rsplit(' ').next().unwrap_or_default();
    word.parse()
        .unwrap_or_else(|_| panic!("no number before {before:?}: {comment}"))
}
