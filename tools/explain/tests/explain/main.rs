//! `cargo explain`, on a crate of which it is known what the compiler makes of it.

mod builds;
mod compilers;
mod declared;
mod paths;
mod standard_library;

use std::fs::File;
use std::ops::Deref;
use std::process::Command;

use serde_json::json;
use test_tools::{Folder, Ran};

const KNOWN: &str = include_str!("known.rs");
const MANIFEST: &str = "\
[package]
name = \"known\"
version = \"0.1.0\"
edition = \"2024\"

[workspace]
";

/// A crate in a temporary folder.
struct Crate(Folder);

impl Deref for Crate {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.0
    }
}

impl Crate {
    fn new(files: &[(&str, &str)]) -> Self {
        let this = Self(Folder::new());
        for (path, text) in [("Cargo.toml", MANIFEST)].iter().chain(files) {
            this.write(path, text);
        }
        this
    }

    fn known() -> Self {
        Self::new(&[
            ("src/lib.rs", KNOWN),
            (
                "src/main.rs",
                "fn main() {\n    println!(\"{}\", known::owned(\"a\"));\n    drop(std::hint::black_box(vec![1, 2]));\n}\n",
            ),
        ])
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.root());
        for name in ["CARGO_TARGET_DIR", "RUSTFLAGS"] {
            command.env_remove(name);
        }
        command
    }

    fn explain(&self, arguments: &[&str]) -> Command {
        self.command(env!("CARGO_BIN_EXE_explain"), arguments)
    }

    /// What it prints on stdout and on stderr.
    #[track_caller]
    fn run(&self, arguments: &[&str], code: i32) -> (String, String) {
        ended(&mut self.explain(arguments), code)
    }
}

#[track_caller]
fn ended(command: &mut Command, code: i32) -> (String, String) {
    let Ran { stdout, stderr, .. } = Ran::of(command).expect(code);
    (stdout, stderr)
}

/// What is reported of these kinds, as `LINE KIND: TEXT`.
fn findings(report: &str, kinds: &[&str]) -> Vec<String> {
    let findings = report.lines().map(|line| {
        let (place, text) = line.split_once(": ").unwrap();
        let (file, place) = place.split_once(':').unwrap();
        assert_eq!(file, "src/lib.rs", "{line}");
        let (line, _) = place.split_once(':').unwrap_or((place, ""));
        format!("{line} {text}")
    });
    of_kinds(findings, kinds)
}

/// What the known program says must be reported.
fn expected(kinds: &[&str]) -> Vec<String> {
    let lines = (1..).zip(KNOWN.lines());
    let marked = lines.filter_map(|(number, line): (u32, _)| {
        Some(format!("{number} {}", line.split_once("//= ")?.1))
    });
    of_kinds(marked, kinds)
}

fn of_kinds(lines: impl Iterator<Item = String>, kinds: &[&str]) -> Vec<String> {
    let is_of = |line: &String, kind: &&str| line.contains(&format!(" {kind}: "));
    lines
        .filter(|line| kinds.iter().any(|kind| is_of(line, kind)))
        .collect()
}

/// Asserts that each expectation is met by one finding, and that nothing else was found.
#[track_caller]
fn assert_exactly(mut found: Vec<String>, mut wanted: Vec<String>) {
    found.sort();
    wanted.sort();
    let mut pairs = found.iter().zip(&wanted);
    let same = found.len() == wanted.len() && pairs.all(|(f, w)| f.starts_with(w.as_str()));
    assert!(same, "found:\n{found:#?}\nwanted:\n{wanted:#?}");
}

#[test]
fn the_known_program_is_reported_line_by_line() {
    let known = Crate::known();
    let (report, progress) = known.run(&["--level", "2"], 0);
    let heap = findings(&report, &["heap"]);
    assert_exactly(heap, expected(&["heap"]));
    let sizes = findings(&report, &["type", "future"]);
    assert!(
        sizes[0].contains("async fn large"),
        "the largest is not first: {sizes:?}"
    );
    assert_exactly(sizes, expected(&["type", "future"]));
    // Calls of std's functions are std's affair; the own ones are known.
    let calls = findings(&report, &["call"]).into_iter();
    let own = calls
        .filter(|line| line.contains("inlined into known::calls"))
        .collect();
    assert_exactly(own, expected(&["call"]));
    assert!(
        progress.contains("building known, unoptimized"),
        "{progress}"
    );

    // The essentials: no elided one, no calls, no small type. Compiled again, they are there again.
    let (report, _) = known.run(&[], 0);
    let mut survivors = expected(&["heap"]);
    survivors.retain(|line| line.ends_with("survives"));
    assert_exactly(findings(&report, &["heap"]), survivors);
    assert_eq!(findings(&report, &["call"]), [""; 0]);
    let mut wide = expected(&["type"]);
    wide.retain(|line| line.contains("Wide"));
    assert_exactly(findings(&report, &["type"]), wide);
    assert_eq!(findings(&report, &["future"]).len(), 1);

    // Sizes from a bound on are a question of their own, and need no other build.
    let (report, progress) = known.run(&["--min-size", "0"], 0);
    assert_exactly(
        findings(&report, &["type", "future"]),
        expected(&["type", "future"]),
    );
    assert!(!progress.contains("unoptimized"), "{progress}");
    let (report, _) = known.run(&["--min-size", "1000000"], 0);
    assert_eq!(findings(&report, &["type", "future"]), [""; 0]);
}

#[test]
fn the_report_is_there_as_json() {
    let (report, _) = Crate::known().run(&["--level", "2", "--json"], 0);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["package"], "known");
    let found = |list: &str, fields: serde_json::Value| {
        let all = report[list].as_array().unwrap();
        let fields = fields.as_object().unwrap();
        let mut matching = all
            .iter()
            .filter(|one| fields.iter().all(|(name, is)| one[name] == *is));
        matching
            .next()
            .unwrap_or_else(|| panic!("no {fields:?} in {all:#?}"))
            .clone()
    };
    let line = |of: &str| KNOWN.lines().position(|line| line.contains(of)).unwrap() + 1;
    for (of, survives) in [("let boxed", false), ("Vec::with_capacity(100)", true)] {
        let fields = json!({"file": "src/lib.rs", "line": line(of), "survives": survives});
        found("heap", fields);
    }
    let call =
        json!({"callee": "known::never_inlined", "caller": "known::calls", "inlined": false});
    let call = found("inlining", call);
    let reason = call["reason"].as_str().unwrap();
    assert!(reason.contains("noinline function attribute"), "{reason}");
    assert_eq!(report["sizes"][0]["bytes"], 20_005);
    assert_eq!(report["sizes"][0]["future"], true);
}

#[test]
fn a_program_and_a_file_can_be_chosen() {
    let known = Crate::known();
    let (report, _) = known.run(&["known", "--bin", "known", "--file", "main.rs"], 0);
    assert!(report.contains("src/main.rs:3:"), "{report}");
    let of_file = |line: &str| line.starts_with("src/main.rs:");
    assert!(report.lines().all(of_file), "{report}");

    let elsewhere = Folder::new();
    let mut command = known.explain(&["--file", "src/lib.rs", "--manifest-path"]);
    command.arg(known.path("Cargo.toml"));
    let (report, _) = ended(command.current_dir(elsewhere.root()), 0);
    assert!(report.contains("heap: format!, survives"), "{report}");
}

#[test]
fn bad_input_is_told_before_anything_is_compiled() {
    let known = Crate::known();
    for (arguments, message) in [
        (&["nope"][..], "there is no package nope: there are known"),
        (&["--bin", "nope"], "known has no bin nope: it has known"),
        (
            &["--example", "nope"],
            "known has no example nope: it has none",
        ),
        (&["--level", "3"], "3 is not in 1..=2"),
        (
            &["--manifest-path", "nope/Cargo.toml"],
            "there is no nope/Cargo.toml",
        ),
        (&["--bin", "known", "--bench", "b"], "cannot be used with"),
    ] {
        let (stdout, stderr) = known.run(arguments, 2);
        assert!(stderr.contains(message), "{arguments:?}: {stderr}");
        assert_eq!(stdout, "");
    }
    assert!(!known.exists("target"));
}

#[test]
fn a_file_that_the_target_is_not_made_from_is_refused() {
    let known = Crate::known();
    for (file, message) in [
        (
            "nope.rs",
            "--lib of known has no source file nope.rs: it has src/lib.rs",
        ),
        ("ib.rs", "--lib of known has no source file ib.rs"),
        ("main.rs", "it has src/lib.rs"),
    ] {
        let (stdout, stderr) = known.run(&["--file", file], 2);
        assert!(stderr.contains(message), "{stderr}");
        assert_eq!(stdout, "");
    }
}

#[test]
fn what_cargo_and_rustc_say_is_told_once() {
    let elsewhere = Folder::new();
    let known = Crate::known();
    let mut outside = known.explain(&[]);
    let (_, stderr) = ended(outside.current_dir(elsewhere.root()), 1);
    assert!(stderr.contains("cargo knows no package here"), "{stderr}");
    let cause = "could not find `Cargo.toml`";
    assert_eq!(stderr.matches(cause).count(), 1, "{stderr}");

    let broken = Crate::new(&[("src/lib.rs", "pub fn f() -> u8 {\n    \"text\"\n}\n")]);
    let (stdout, stderr) = broken.run(&[], 1);
    assert_eq!(stdout, "");
    for message in ["error[E0308]: mismatched types", "known does not compile"] {
        assert_eq!(stderr.matches(message).count(), 1, "{stderr}");
    }
}

#[test]
fn a_reader_that_leaves_is_no_error_and_a_full_disk_is_one() {
    let known = Crate::known();
    for arguments in [&["--json"][..], &[]] {
        let mut command = known.explain(arguments);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let (_, stderr) = ended(command.stdout(writer), 0);
        assert!(!stderr.contains("panicked"), "{stderr}");

        let full = File::options().write(true).open("/dev/full").unwrap();
        let (_, stderr) = ended(command.stdout(full), 1);
        let last = stderr.lines().last().unwrap();
        assert!(
            last.starts_with("error: ") && last.contains("No space left"),
            "{stderr}"
        );
    }
}
