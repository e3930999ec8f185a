//! What a reader gets who clones this repository.

use test_tools::{Folder, Ran};

const NAMES: [&str; 5] = ["lib.sh", "page.md", "table.sql", "Cargo.toml", "main.rs"];

/// Line ends decide whether scripts run and captures compare. Git for Windows changes them unless told not to.
#[test]
fn line_ends_are_the_same_whatever_the_readers_git_is_set_to() {
    let folder = Folder::new();
    let git = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        Ran::of(command.current_dir(folder.root()).args(arguments)).expect(0)
    };
    folder.write(".gitattributes", include_str!("../../../.gitattributes"));
    for name in NAMES {
        folder.write(name, "one\ntwo\n");
    }
    git(&["init", "--quiet"]);
    git(&["config", "core.autocrlf", "true"]);
    git(&["add", "--all"]);
    for name in NAMES {
        folder.remove(name);
    }
    git(&["checkout-index", "--all", "--force"]);
    for name in NAMES {
        assert_eq!(folder.read(name), "one\ntwo\n", "{name}");
    }
}
