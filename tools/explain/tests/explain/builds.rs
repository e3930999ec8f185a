//! What is compiled, and when: what a release build has made is used, nothing is compiled twice, and no change
//! is missed. Cargo's own "Compiling" lines tell.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Crate;

const LIBRARY: &str = "\
pub fn doubled() -> Vec<u8> {
    helper::made(2)
}

#[cfg(debug_assertions)]
pub fn extra() -> Box<u8> {
    Box::new(helper::NUMBER)
}
";
const HELPER: &str = "\
pub const NUMBER: u8 = 1;

#[inline]
pub fn made(n: usize) -> Vec<u8> {
    Vec::with_capacity(n)
}
";
const PROGRAM: &str =
    "fn main() {\n    drop(std::hint::black_box(Box::new(known::doubled())));\n}\n";
const ONE_ALLOCATION: &str = "src/lib.rs:2:5: heap: helper::made, survives\n";
/// Is not in the workspace, as a dependency from a registry is not.
const WITH_HELPER: &str = "\
[package]
name = \"known\"
version = \"0.1.0\"
edition = \"2024\"

[dependencies]
helper = { path = \"helper\" }

[workspace]
exclude = [\"helper\"]
";

fn with_helper() -> Crate {
    Crate::new(&[
        ("Cargo.toml", WITH_HELPER),
        ("src/lib.rs", LIBRARY),
        ("src/main.rs", PROGRAM),
        (
            "helper/Cargo.toml",
            "[package]\nname = \"helper\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        ),
        ("helper/src/lib.rs", HELPER),
    ])
}

/// The packages that were compiled, in their order.
fn compiled(progress: &str) -> Vec<&str> {
    progress
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("Compiling "))
        .filter_map(|line| line.split(' ').next())
        .collect()
}

fn build_release(known: &Crate) -> String {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release"]).current_dir(known.path());
    for name in ["CARGO_TARGET_DIR", "RUSTFLAGS"] {
        cargo.env_remove(name);
    }
    let output = cargo.output().unwrap();
    let progress = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{progress}");
    progress
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

/// Cargo asks whether a file is younger than what was made of it: this one is, however fast the machine.
fn change(known: &Crate, file: &str, text: &str) {
    let file = known.path().join(file);
    std::fs::write(&file, text).unwrap();
    let later = std::time::SystemTime::now() + std::time::Duration::from_secs(1);
    let file = std::fs::File::options().append(true).open(file).unwrap();
    file.set_modified(later).unwrap();
}

#[test]
fn what_a_release_build_made_is_used_and_left_alone() {
    let known = with_helper();
    assert_eq!(compiled(&build_release(&known)), ["helper", "known"]);
    let program = known.path().join("target/release/known");
    let before = std::fs::read(&program).unwrap();

    let (report, progress) = known.run(&[], 0);
    assert_eq!(compiled(&progress), ["known"], "{progress}");
    assert_eq!(report, ONE_ALLOCATION);
    let (_, progress) = known.run(&["--bin", "known", "--level", "2"], 0);
    assert!(!compiled(&progress).contains(&"helper"), "{progress}");

    assert_eq!(std::fs::read(&program).unwrap(), before);
    let progress = build_release(&known);
    assert_eq!(compiled(&progress), [""; 0], "{progress}");
}

#[test]
fn nothing_is_compiled_twice_and_nothing_piles_up() {
    let known = with_helper();
    let (first, progress) = known.run(&[], 0);
    assert_eq!(compiled(&progress), ["helper", "known"]);
    let (report, progress) = known.run(&["--level", "2"], 0);
    assert_eq!(compiled(&progress), ["known"], "{progress}");
    assert!(report.starts_with(ONE_ALLOCATION.trim_end()), "{report}");
    let (third, progress) = known.run(&["--level", "3"], 0);
    assert_eq!(compiled(&progress), ["known"], "{progress}");

    let folders = ["target/explain/told", "target/release/deps"].map(|f| known.path().join(f));
    let before: Vec<_> = folders.iter().map(|folder| files(folder)).collect();
    for (level, known_report) in [("1", &first), ("3", &third)] {
        let (report, progress) = known.run(&["--level", level], 0);
        assert_eq!(compiled(&progress), [""; 0], "{progress}");
        assert_eq!(&report, known_report);
    }
    change(&known, "src/lib.rs", &format!("{LIBRARY}\n"));
    let (report, progress) = known.run(&["--level", "3"], 0);
    assert_eq!(compiled(&progress), ["known"; 3], "{progress}");
    assert_eq!(report, third);
    let after: Vec<_> = folders.iter().map(|folder| files(folder)).collect();
    assert_eq!(after, before);
}

#[test]
fn a_change_of_the_source_and_of_a_dependency_is_noticed() {
    let known = with_helper();
    assert_eq!(known.run(&[], 0).0, ONE_ALLOCATION);

    change(&known, "src/lib.rs", &format!("\n{LIBRARY}"));
    let (report, _) = known.run(&[], 0);
    assert_eq!(report, ONE_ALLOCATION.replace(":2:", ":3:"));

    let empty = HELPER.replace("with_capacity(n)", "new()");
    change(&known, "helper/src/lib.rs", &empty);
    let (report, progress) = known.run(&[], 0);
    assert_eq!(compiled(&progress), ["helper", "known"]);
    assert_eq!(report, "");
}

#[test]
fn what_was_saved_of_another_compilation_is_no_answer() {
    // As with another compiler, cargo keeps the artefacts of both, and the files at hand are of one.
    let known = with_helper();
    let with_assertions = |value: &str| {
        let mut command = known.command(&[]);
        command.env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", value);
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    for _ in 0..2 {
        let report = with_assertions("true");
        assert!(
            report.contains("src/lib.rs:7:5: heap: Box::new"),
            "{report}"
        );
        let report = with_assertions("false");
        assert_eq!(report, ONE_ALLOCATION);
    }
}

#[test]
fn what_is_missing_or_unfinished_is_compiled_again() {
    let known = with_helper();
    let (whole, _) = known.run(&["--level", "2"], 0);
    let saved = files(&known.path().join("target/explain/told"));
    assert_eq!(saved.len(), 8, "{saved:?}");
    for file in &saved {
        std::fs::remove_file(file).unwrap();
        let (report, progress) = known.run(&["--level", "2"], 0);
        assert_eq!(report, whole, "without {}", file.display());
        assert_eq!(compiled(&progress), ["known"], "{progress}");
    }

    // A run that ends halfway leaves what it was working on; if it was about to end, files without their id.
    let unfinished = saved[0].with_extension("abcdef");
    std::fs::create_dir(&unfinished).unwrap();
    std::fs::write(unfinished.join("llvm"), "!").unwrap();
    for file in &saved {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("id") => std::fs::remove_file(file).unwrap(),
            _ => std::fs::write(file, "!").unwrap(),
        }
    }
    assert_eq!(known.run(&["--level", "2"], 0).0, whole);
    assert_eq!(files(&known.path().join("target/explain/told")), saved);

    // What does not compile leaves nothing that passes for an answer.
    change(&known, "src/lib.rs", "pub fn broken( {}\n");
    known.run(&[], 1);
    change(&known, "src/lib.rs", LIBRARY);
    assert_eq!(known.run(&[], 0).0, ONE_ALLOCATION);
}

#[test]
fn an_example_and_a_benchmark_are_explained() {
    let manifest = format!(
        "{}\n[[bench]]\nname = \"speed\"\nharness = false\n",
        super::MANIFEST
    );
    let body = "fn main() {\n    drop(std::hint::black_box(Box::new(known::seven())));\n}\n";
    let known = Crate::new(&[
        ("Cargo.toml", &manifest),
        ("src/lib.rs", "pub fn seven() -> u8 {\n    7\n}\n"),
        ("examples/show.rs", body),
        ("benches/speed.rs", body),
    ]);
    for (target, file) in [
        (["--example", "show"], "examples/show.rs"),
        (["--bench", "speed"], "benches/speed.rs"),
    ] {
        let (report, _) = known.run(&target, 0);
        assert_eq!(report, format!("{file}:2:31: heap: Box::new, survives\n"));
        let (report, progress) = known.run(&[&target[..], &["--level", "3"]].concat(), 0);
        assert_eq!(compiled(&progress), ["known"; 2], "{progress}");
        let call = format!("{file}:2:31: call: Box::new inlined into ");
        assert!(report.contains(&call), "{report}");
    }
}

#[test]
fn a_workspace_with_link_time_optimization_can_be_explained() {
    let manifest = format!("{WITH_HELPER}\n[profile.release]\nlto = \"fat\"\nincremental = true\n");
    let known = with_helper();
    change(&known, "Cargo.toml", &manifest);
    build_release(&known);
    assert_eq!(known.run(&[], 0).0, ONE_ALLOCATION);
    let (report, _) = known.run(&["--bin", "known", "--file", "main.rs"], 0);
    assert!(
        report.starts_with("src/main.rs:2:31: heap: Box::new"),
        "{report}"
    );
    assert_eq!(compiled(&build_release(&known)), [""; 0]);
}
