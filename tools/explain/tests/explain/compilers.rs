//! What is explained is what a release build has, by whatever compiler; one that is not understood is named.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::{Crate, MANIFEST, ended};

const BOXED: &str = "pub fn boxed(value: u64) -> Box<u64> {\n    Box::new(value)\n}\n";

#[test]
fn a_build_script_sees_the_compiler_as_it_is() {
    // As autocfg and others do it, with cargo's wrappers.
    let script = r#"
use std::env;
use std::process::Command;

fn main() {
    println!("cargo::rustc-check-cfg=cfg(nightly)");
    let mut rustc = Command::new(env::var_os("RUSTC_WORKSPACE_WRAPPER").unwrap());
    rustc.arg(env::var_os("RUSTC").unwrap()).args(["--crate-name=probe", "--crate-type=lib"]);
    rustc.args(["--emit=llvm-ir", "--out-dir"]).arg(env::var_os("OUT_DIR").unwrap()).arg("probe.rs");
    if rustc.status().unwrap().success() {
        println!("cargo::rustc-cfg=nightly");
    }
}
"#;
    let known = Crate::new(&[
        ("build.rs", script),
        ("probe.rs", "#![feature(rustc_attrs)]\n"),
        ("src/lib.rs", &format!("#[cfg(not(nightly))]\n{BOXED}")),
    ]);
    let mut command = known.explain(&[]);
    let (report, _) = ended(command.env_remove("RUSTC_BOOTSTRAP"), 0);
    assert_eq!(report, "src/lib.rs:3:5: heap: Box::new, survives\n");
}

#[test]
fn a_compiler_that_is_not_understood_is_named() {
    let known = Crate::new(&[("src/lib.rs", BOXED)]);
    let rustc = known.path("rustc");
    for (keeps_quiet, missing) in [
        (
            "exec rustc \"$@\" >/dev/null",
            "program.rs:1: type: Wide, 256 bytes",
        ),
        (
            "exec rustc \"$@\" -Cremark=none 2>/dev/null",
            "program.rs:23:5: call: program::far not inlined",
        ),
    ] {
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in *print-type-sizes*) {keeps_quiet} ;; esac\nexec rustc \"$@\"\n"
        );
        fs::write(&rustc, script).unwrap();
        fs::set_permissions(&rustc, fs::Permissions::from_mode(0o755)).unwrap();
        let (stdout, stderr) = ended(known.explain(&[]).env("RUSTC", &rustc), 1);
        assert!(
            stderr.contains("cargo explain does not understand rustc "),
            "{stderr}"
        );
        assert!(stderr.contains(missing), "{stderr}");
        assert_eq!(stdout, "");
    }
    fs::remove_dir_all(known.path("target")).unwrap();
    assert_eq!(
        known.run(&[], 0).0,
        "src/lib.rs:2:5: heap: Box::new, survives\n"
    );
}

#[test]
fn features_are_chosen_as_for_cargo() {
    let manifest = format!("{MANIFEST}\n[features]\ndefault = [\"one\"]\none = []\ntwo = []\n");
    let gated = |feature: &str| {
        format!(
            "#[cfg(feature = \"{feature}\")]\npub fn {feature}() -> Box<u8> {{\n    Box::new(1)\n}}\n"
        )
    };
    let known = Crate::new(&[
        ("Cargo.toml", &manifest),
        ("src/lib.rs", &(gated("one") + &gated("two"))),
    ]);
    for (arguments, lines) in [
        (&[][..], &[3][..]),
        (&["--features", "two"], &[3, 7]),
        (&["--all-features"], &[3, 7]),
        (&["--no-default-features"], &[]),
        (&["--no-default-features", "-F", "two"], &[7]),
    ] {
        let (report, progress) = known.run(arguments, 0);
        let wanted: String = lines
            .iter()
            .map(|line| format!("src/lib.rs:{line}:5: heap: Box::new, survives\n"))
            .collect();
        assert_eq!(report, wanted, "{arguments:?}");
        let compiled = format!("\n{} functions of its own are compiled here", lines.len());
        assert!(progress.contains(&compiled), "{progress}");
    }
}

#[test]
fn what_a_build_script_has_written_is_left_out_and_said_so() {
    let script = "\
fn main() {
    let file = std::path::Path::new(&std::env::var_os(\"OUT_DIR\").unwrap()).join(\"made.rs\");
    std::fs::write(file, \"pub struct Made(pub [u8; 200]);\\npub fn made() -> Box<Made> {\\n    Box::new(Made([1; 200]))\\n}\\n\").unwrap();
}
";
    let known = Crate::new(&[
        ("build.rs", script),
        (
            "src/lib.rs",
            "include!(concat!(env!(\"OUT_DIR\"), \"/made.rs\"));\n",
        ),
    ]);
    let (report, progress) = known.run(&[], 0);
    assert_eq!(report, "");
    assert!(
        progress.contains("not in the report: 1 files that a build script has written, as /"),
        "{progress}"
    );
}
