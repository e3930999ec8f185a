//! Wherever the package lies, and however its paths are written, the same is found.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use test_tools::Folder;

use super::{Crate, MANIFEST, ended};

const LIBRARY: &str = "\
pub struct Wide {
    pub numbers: [u64; 32],
}

pub fn boxed(wide: Wide) -> Box<Wide> {
    Box::new(wide)
}

#[inline(never)]
fn far(value: u64) -> u64 {
    value.rotate_left(3) ^ 5
}

pub fn calls(value: u64) -> u64 {
    far(value)
}
";
const REPORT: [&str; 3] = [
    "src/lib.rs:6:5: heap: Box::new, survives\n",
    "src/lib.rs:15:5: call: known::far not inlined into known::calls: ",
    "src/lib.rs:1: type: Wide, 256 bytes, of which field numbers 256\n",
];

fn package(dir: &Path) {
    fs::create_dir_all(dir.join("src")).unwrap();
    fs::write(dir.join("Cargo.toml"), MANIFEST).unwrap();
    fs::write(dir.join("src/lib.rs"), LIBRARY).unwrap();
}

fn explain(dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_explain"));
    command
        .args(["--level", "2", "--manifest-path"])
        .arg(dir.join("Cargo.toml"));
    command
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTFLAGS");
    command
}

#[track_caller]
fn assert_found(command: &mut Command) {
    let (report, _) = ended(command, 0);
    for line in REPORT {
        assert!(report.contains(line), "no {line} in {report}");
    }
}

#[test]
fn in_a_folder_of_any_name() {
    let folder = Folder::new();
    for name in [
        "größe",
        "a b,c",
        "it's \"a\\n\"",
        "50%#1?",
        "x inline (success) y",
    ] {
        let dir = folder.path(name);
        package(&dir);
        assert_found(&mut explain(&dir));
    }
    let link = folder.path("link");
    symlink(folder.path("größe"), &link).unwrap();
    assert_found(&mut explain(&link));
}

#[test]
fn in_two_checkouts_that_share_what_they_build() {
    let folder = Folder::new();
    let dirs = ["one", "two"].map(|name| folder.path(name));
    for dir in &dirs {
        package(dir);
    }
    for dir in dirs.iter().chain(&dirs) {
        assert_found(explain(dir).env("CARGO_TARGET_DIR", folder.path("target, shared")));
    }
}

#[test]
fn with_flags_that_cargo_takes() {
    let folder = Folder::new();
    let dir = folder.path("known");
    package(&dir);
    let elsewhere = format!("--remap-path-prefix={}=/elsewhere", folder.root().display());
    for flags in [
        elsewhere.as_str(),
        "--remap-path-prefix src=/elsewhere",
        "-Ccodegen-units=16 -C debuginfo=0 -Clto=thin",
        "-g -O --emit=asm -Cremark=all",
    ] {
        assert_found(explain(&dir).env("RUSTFLAGS", flags));
    }
    for (flags, named) in [
        ("-C incremental=a", "incremental=a"),
        ("-Cextra-filename=-a", "extra-filename=-a"),
        ("--print=cfg", "--print=cfg"),
    ] {
        let (stdout, stderr) = ended(explain(&dir).env("RUSTFLAGS", flags), 1);
        let message = "makes code that cannot be explained: take it out of RUSTFLAGS";
        assert!(stderr.contains(&format!("{named} {message}")), "{stderr}");
        assert_eq!(stdout, "");
    }
}

#[test]
fn beside_files_that_nobody_can_read() {
    let known = Crate::new(&[("src/lib.rs", LIBRARY)]);
    // As Emacs locks a file, and what else lies about.
    symlink("user@host.123:456", known.path("src/.#lib.rs")).unwrap();
    symlink("src", known.path("src/again")).unwrap();
    fs::write(known.path("src/old.rs"), b"\xff\xfe").unwrap();
    assert_found(&mut explain(known.root()));
}
