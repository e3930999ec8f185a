//! What `scripts/test-tools.sh` does where it may not or cannot install.

use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

/// Asks the script on a machine that has nothing but what the script itself is made of.
fn ask(ci: &str) -> Output {
    let machine = tempfile::tempdir().unwrap();
    for program in ["awk", "grep", "tr"] {
        let found = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(program));
        let found = found.iter().find(|path| path.exists()).unwrap();
        symlink(found, machine.path().join(program)).unwrap();
    }
    Command::new("/bin/bash")
        .args([
            "-c",
            "set -euo pipefail; source scripts/test-tools.sh; install_missing",
        ])
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
        .env("PATH", machine.path())
        .env("CARGO_TARGET_DIR", machine.path())
        .env("CI", ci)
        .output()
        .unwrap()
}

#[test]
fn what_is_missing_is_named_in_one_line_and_the_run_goes_on() {
    let output = ask("");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said}");
    let line = said.lines().next().unwrap();
    assert!(line.starts_with("not installed"), "{said}");
    let installed = |tool: &test_tools::Tool| !["required", "optional"].contains(&tool.from);
    for tool in test_tools::list().filter(installed) {
        // These two are found in Debian's folders, whatever the PATH says.
        if !["postgresql", "faketime"].contains(&tool.package) {
            let named = line.split(' ').any(|word| word == tool.package);
            assert!(named, "{} is not in {line}", tool.package);
        }
    }
}

#[test]
fn where_nothing_is_left_out_it_is_a_failure() {
    let output = ask("true");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("this is a failure"), "{said}");
}
