//! What is compiled, and when: what a release build has made is used, nothing is compiled twice, and no change
//! is missed. Cargo's own "Compiling" lines tell.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::{Crate, MANIFEST, ended};

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
pub const WITH_HELPER: &str = "\
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
    ended(&mut known.command("cargo", &["build", "--release"]), 0).1
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    found
}

/// Where what was told about the crate is kept.
fn told(known: &Crate) -> PathBuf {
    let folders = files(&known.path("target/explain/told"));
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders[0].clone()
}

/// Cargo asks whether a file is younger than what was made of it: this one is, however fast the machine.
fn change(known: &Crate, file: &str, text: &str) {
    known.write(file, text);
    let file = fs::File::options()
        .append(true)
        .open(known.path(file))
        .unwrap();
    let later = SystemTime::now() + Duration::from_secs(1);
    file.set_modified(later).unwrap();
}

#[test]
fn what_a_release_build_made_is_used_and_left_alone() {
    let known = with_helper();
    assert_eq!(compiled(&build_release(&known)), ["helper", "known"]);
    let program = known.path("target/release/known");
    let before = fs::read(&program).unwrap();

    let (report, progress) = known.run(&[], 0);
    assert_eq!(compiled(&progress), ["known"], "{progress}");
    assert_eq!(report, ONE_ALLOCATION);
    let (_, progress) = known.run(&["--bin", "known", "--level", "2"], 0);
    assert!(!compiled(&progress).contains(&"helper"), "{progress}");

    assert_eq!(fs::read(&program).unwrap(), before);
    let progress = build_release(&known);
    assert_eq!(compiled(&progress), [""; 0], "{progress}");
}

#[test]
fn changes_alone_are_compiled_and_nothing_piles_up() {
    let known = with_helper();
    let explain = |level: &str, built: &[&str]| {
        let (report, progress) = known.run(&["--level", level], 0);
        assert_eq!(compiled(&progress), built, "{progress}");
        report
    };
    assert_eq!(explain("1", &["helper", "known"]), ONE_ALLOCATION);
    let second = explain("2", &["known"]);
    assert!(second.starts_with(ONE_ALLOCATION.trim_end()), "{second}");

    let folders = [told(&known), known.path("target/release/deps")];
    let before = folders.each_ref().map(|folder| files(folder));
    assert_eq!(explain("1", &[]), ONE_ALLOCATION);
    assert_eq!(explain("2", &[]), second);
    change(&known, "src/lib.rs", &format!("{LIBRARY}\n"));
    assert_eq!(explain("2", &["known"; 2]), second);
    assert_eq!(folders.each_ref().map(|folder| files(folder)), before);

    change(&known, "src/lib.rs", &format!("\n{LIBRARY}"));
    assert_eq!(
        explain("1", &["known"]),
        ONE_ALLOCATION.replace(":2:", ":3:")
    );
    let empty = HELPER.replace("with_capacity(n)", "new()");
    change(&known, "helper/src/lib.rs", &empty);
    assert_eq!(explain("1", &["helper", "known"]), "");
}

#[test]
fn what_was_saved_of_another_compilation_is_no_answer() {
    // As with another compiler, cargo keeps the artefacts of both, and the files at hand are of one.
    let known = with_helper();
    for assertions in ["true", "false", "true", "false"] {
        let mut command = known.explain(&[]);
        command.env("CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS", assertions);
        let (report, _) = ended(&mut command, 0);
        let has_extra = report.contains("src/lib.rs:7:5: heap: Box::new");
        assert_eq!(has_extra.to_string(), assertions, "{report}");
        assert!(report.starts_with(ONE_ALLOCATION), "{report}");
    }
}

#[test]
fn what_is_missing_or_unfinished_is_compiled_again() {
    let known = with_helper();
    let (whole, _) = known.run(&["--level", "2"], 0);
    let saved = files(&told(&known));
    assert_eq!(saved.len(), 10, "{saved:?}");
    for file in &saved {
        fs::remove_file(file).unwrap();
        let (report, progress) = known.run(&["--level", "2"], 0);
        assert_eq!(report, whole, "without {}", file.display());
        assert_eq!(compiled(&progress), ["known"], "{progress}");
    }

    // A run that ends halfway leaves what it was working on; if it was about to end, files that nothing is said about.
    let unfinished = saved[0].with_extension("abcdef");
    fs::create_dir(&unfinished).unwrap();
    fs::write(unfinished.join("llvm"), "!").unwrap();
    for file in &saved {
        match file.extension().and_then(|extension| extension.to_str()) {
            Some("compilation") => fs::remove_file(file).unwrap(),
            _ => fs::write(file, "!").unwrap(),
        }
    }
    assert_eq!(known.run(&["--level", "2"], 0).0, whole);
    assert_eq!(files(&told(&known)), saved);

    // What does not compile leaves nothing that passes for an answer.
    change(&known, "src/lib.rs", "pub fn broken( {}\n");
    known.run(&[], 1);
    change(&known, "src/lib.rs", LIBRARY);
    assert_eq!(known.run(&[], 0).0, ONE_ALLOCATION);
}

#[test]
fn an_example_and_a_benchmark_are_explained() {
    let manifest = format!("{MANIFEST}\n[[bench]]\nname = \"speed\"\nharness = false\n");
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
        let (report, progress) = known.run(&[&target[..], &["--level", "2"]].concat(), 0);
        assert_eq!(compiled(&progress), ["known"], "{progress}");
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
