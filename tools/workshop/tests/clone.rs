//! What a reader gets who clones this repository.

use std::path::Path;
use std::process::Command;

const NAMES: [&str; 7] = [
    "lib.sh",
    "page.md",
    "capture.txt",
    "table.sql",
    "Cargo.toml",
    "rooms.json",
    "main.rs",
];

/// Line ends decide whether scripts run and captures compare. Git for Windows changes them unless told not to.
#[test]
fn line_ends_are_the_same_whatever_the_readers_git_is_set_to() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(folder.path()).args(arguments);
        let output = command.output().expect("git runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    };
    let files = root.join(".gitattributes").canonicalize().unwrap();
    std::fs::copy(files, folder.path().join(".gitattributes")).unwrap();
    for name in [
        "lib.sh",
        "page.md",
        "capture.txt",
        "table.sql",
        "Cargo.toml",
        "rooms.json",
        "main.rs",
    ] {
        std::fs::write(folder.path().join(name), "one\ntwo\n").unwrap();
    }
    git(&["init", "--quiet"]);
    git(&["config", "core.autocrlf", "true"]);
    git(&["add", "--all"]);
    for name in NAMES {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    git(&["checkout-index", "--all", "--force"]);
    let ends = git(&["ls-files", "--eol"]);
    assert!(!ends.contains("w/crlf") && ends.contains("w/lf"), "{ends}");
}
