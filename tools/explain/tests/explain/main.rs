//! `cargo explain`, on a crate of which it is known what the compiler makes of it.

mod builds;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use tempfile::TempDir;

const KNOWN: &str = include_str!("known.rs");
const MANIFEST: &str = "\
[package]
name = \"known\"
version = \"0.1.0\"
edition = \"2024\"

[workspace]
";

/// A crate in a temporary folder.
struct Crate(TempDir);

impl Crate {
    fn new(files: &[(&str, &str)]) -> Self {
        let this = Self(tempfile::tempdir().unwrap());
        for (path, text) in [("Cargo.toml", MANIFEST)].iter().chain(files) {
            let path = this.0.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        this
    }

    fn path(&self) -> &Path {
        self.0.path()
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

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_explain"));
        command.args(arguments);
        command.current_dir(self.0.path());
        for name in ["CARGO_TARGET_DIR", "RUSTFLAGS"] {
            command.env_remove(name);
        }
        command
    }

    #[track_caller]
    fn run(&self, arguments: &[&str], code: i32) -> (String, String) {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(arguments).output().unwrap();
        let stdout = String::from_utf8(stdout).unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        assert_eq!(
            status.code(),
            Some(code),
            "stdout:\n{stdout}\nstderr:\n{stderr}"
        );
        (stdout, stderr)
    }
}

/// What is reported of a kind, as `LINE KIND: TEXT`.
fn findings(report: &str, kinds: &[&str]) -> Vec<String> {
    report
        .lines()
        .map(|line| {
            let (place, text) = line.split_once(": ").unwrap();
            let mut parts = place.split(':');
            assert_eq!(parts.next(), Some("src/lib.rs"), "{line}");
            format!("{} {text}", parts.next().unwrap())
        })
        .filter(|line| {
            kinds
                .iter()
                .any(|kind| line.contains(&format!(" {kind}: ")))
        })
        .collect()
}

/// What the known program says must be reported.
fn expected(kinds: &[&str]) -> Vec<String> {
    KNOWN
        .lines()
        .zip(1..)
        .filter_map(|(line, number)| Some((line.split_once("//= ")?.1, number)))
        .map(|(text, number): (_, u32)| format!("{number} {text}"))
        .filter(|line| {
            kinds
                .iter()
                .any(|kind| line.contains(&format!(" {kind}: ")))
        })
        .collect()
}

/// Asserts that each expectation is met by one finding, and that nothing else was found.
#[track_caller]
fn assert_exactly(mut found: Vec<String>, mut wanted: Vec<String>) {
    found.sort();
    wanted.sort();
    let same = found.len() == wanted.len()
        && found
            .iter()
            .zip(&wanted)
            .all(|(f, w)| f.starts_with(w.as_str()));
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
fn level_3_tells_what_allocates_without_inlining() {
    let (report, _) = Crate::known().run(&["--level", "3", "--json"], 0);
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["package"], "known");
    let heap = report["heap"].as_array().unwrap();
    let of = |wanted: &str| {
        let line = KNOWN
            .lines()
            .position(|line| line.contains(wanted))
            .unwrap()
            + 1;
        let found = heap.iter().find(|one| one["line"] == line);
        found.unwrap_or_else(|| panic!("nothing at line {line}: {heap:#?}"))
    };
    let elided = of("let boxed");
    assert_eq!(elided["survives"], false);
    assert_eq!(elided["without_inlining"], true);
    assert_eq!(elided["file"], "src/lib.rs");
    assert_eq!(elided["what"], "Box::new");
    let surviving = of("Vec::with_capacity(100)");
    assert_eq!(surviving["survives"], true);
    assert_eq!(surviving["without_inlining"], true);
    let inlining = report["inlining"].as_array().unwrap();
    let never = inlining
        .iter()
        .find(|one| one["callee"] == "known::never_inlined" && one["caller"] == "known::calls");
    let never = never.expect("the call that is never inlined");
    assert_eq!(never["inlined"], false);
    let reason = never["reason"].as_str().unwrap();
    assert!(reason.contains("noinline function attribute"), "{reason}");
    assert_eq!(report["sizes"][0]["bytes"], 20_005);
    assert_eq!(report["sizes"][0]["future"], true);
}

#[test]
fn a_program_and_a_file_can_be_chosen() {
    let known = Crate::known();
    let (report, _) = known.run(&["known", "--bin", "known", "--file", "main.rs"], 0);
    let files: BTreeSet<&str> = report.lines().filter_map(|l| l.split(':').next()).collect();
    assert_eq!(files, BTreeSet::from(["src/main.rs"]), "{report}");
    assert!(report.contains("src/main.rs:3:"), "{report}");

    let elsewhere = tempfile::tempdir().unwrap();
    let manifest = known.0.path().join("Cargo.toml");
    let mut command = known.command(&["--file", "src/lib.rs", "--manifest-path"]);
    let output = command
        .arg(manifest)
        .current_dir(elsewhere.path())
        .output()
        .unwrap();
    let report = String::from_utf8(output.stdout).unwrap();
    assert!(report.contains("heap: format!, survives"), "{report}");
}

#[test]
fn bad_input_is_told_before_anything_is_compiled() {
    let known = Crate::known();
    for (arguments, message) in [
        (&["nope"][..], "there is no package nope: there are known"),
        (&["--file", "nope.rs"], "it has src/lib.rs, src/main.rs"),
        (&["--file", "ib.rs"], "known has no source file ib.rs"),
        (&["--bin", "nope"], "known has no bin nope: it has known"),
        (
            &["--example", "nope"],
            "known has no example nope: it has none",
        ),
        (&["--level", "4"], "4 is not in 1..=3"),
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
    assert!(!known.0.path().join("target").exists());
}

#[test]
fn outside_a_package_it_asks_for_one() {
    let elsewhere = tempfile::tempdir().unwrap();
    let known = Crate::known();
    let mut command = known.command(&[]);
    let output = command.current_dir(elsewhere.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("cargo knows no package here"), "{stderr}");
}

#[test]
fn code_that_does_not_compile_is_an_error_with_rustcs_message() {
    let broken = Crate::new(&[("src/lib.rs", "pub fn f() -> u8 {\n    \"text\"\n}\n")]);
    let (stdout, stderr) = broken.run(&[], 1);
    assert_eq!(stdout, "");
    assert!(
        stderr.contains("error[E0308]: mismatched types"),
        "{stderr}"
    );
    assert!(stderr.contains("known does not compile"), "{stderr}");
}

#[test]
fn a_reader_that_leaves_is_no_error() {
    let known = Crate::known();
    let mut child = known
        .command(&["--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stderr = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut stderr)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}
