//! Sources that `list` finds, and names out of binaries.

use std::path::Path;
use std::process::Command;

use profile::proto::{Function, Line, Location, Sample, ValueType};
use profile::{Builder, Profile, maps};
use test_tools::{Folder, Ran};

use crate::both::{Both, rops};

/// A profile of one function, `shop::total`, in this file: line 3 has 2 of 5 samples, and line 4 the others.
fn of_file(file: &str) -> Profile {
    let sample = |location, value| Sample {
        location_ids: vec![location],
        values: vec![value],
        labels: Vec::new(),
    };
    let location = |id, line| Location {
        id,
        lines: vec![Line {
            function_id: 1,
            line,
            column: 0,
        }],
        ..Location::default()
    };
    Profile {
        sample_types: vec![ValueType { kind: 1, unit: 2 }],
        samples: vec![sample(1, 2), sample(2, 3)],
        locations: vec![location(1, 3), location(2, 4)],
        functions: vec![Function {
            id: 1,
            name: 3,
            system_name: 4,
            filename: 5,
            start_line: 2,
        }],
        strings: ["", "samples", "count", "shop::total", "_total", file]
            .map(str::to_owned)
            .into(),
        ..Profile::default()
    }
}

const SOURCE: &str = "// A shop.\nfn total() {\n    let items = items();\n    items.sum()\n}\n";

const LISTED: &str = "\
Total: 5
ROUTINE ======================== shop::total in FILE
         5          5 (flat, cum)   100% of Total
         .          .      2:fn total() {
         2          2      3:    let items = items();
         3          3      4:    items.sum()
         .          .      5:}
";

/// Lists a profile that names `file`, which is written into `folder`.
fn listing(folder: &Folder, file: &str) -> Command {
    let path = folder.path("cpu.pb.gz");
    std::fs::write(&path, of_file(file).encode()).expect("the folder can be written to");
    let mut command = rops();
    command.args(["pprof", "list", "total"]).arg(path);
    command
}

fn list(folder: &Folder, current: &str, file: &str, options: &[&str]) -> Ran {
    let mut command = listing(folder, file);
    command
        .args(options)
        .current_dir(folder.path(current))
        .env("CARGO_HOME", folder.path("cargo"));
    Ran::of(command).expect(0)
}

#[test]
fn sources_are_found() {
    let folder = Folder::new();
    let absolute = folder.path("shop/src/total.rs").display().to_string();
    folder.write("shop/src/total.rs", SOURCE);
    folder.write("shop/web/src/main.rs", "");
    folder.write(
        "cargo/registry/src/index-0123/shop-1.2.3/src/sum.rs",
        SOURCE,
    );
    for (current, file, options) in [
        // Where the profile says.
        ("shop", absolute.as_str(), &[][..]),
        // Below the current folder, and below those above it.
        ("shop", "src/total.rs", &[]),
        ("shop/web/src", "src/total.rs", &[]),
        // Built elsewhere, or with --remap-path-prefix.
        ("shop", "/builder/shop/src/total.rs", &[]),
        ("shop/web", "/builder/x/shop/src/total.rs", &[]),
        ("shop", "./src/total.rs", &[]),
        // A crate of a registry, of another machine's, too.
        (
            "shop",
            "/home/x/.cargo/registry/src/other-0/shop-1.2.3/src/sum.rs",
            &[],
        ),
        ("shop", "/cargo/shop-1.2.3/src/sum.rs", &[]),
    ] {
        let ran = list(&folder, current, file, options);
        let file = file.trim_start_matches("./");
        assert_eq!(ran.stdout, LISTED.replace("FILE", file), "{current} {file}");
    }
    let shop = folder.path("shop").display().to_string();
    let ran = list(
        &folder,
        "cargo",
        "/a/b/src/total.rs",
        &["--source-path", &shop, "--trim-path", "/a/b"],
    );
    assert_eq!(ran.stdout, LISTED.replace("FILE", "src/total.rs"));
}

#[test]
fn the_listing_is_that_of_go() {
    let Some(both) = Both::needed() else { return };
    let folder = Folder::new();
    folder.write("shop/src/total.rs", &SOURCE.replace('\n', "\r\n"));
    let source = folder.path("shop/src/total.rs").display().to_string();
    let path = both.write("cpu.pb.gz", &of_file(&source));
    let shop = folder.path("shop").display().to_string();
    both.agree(&["-list=total", &path], false);
    both.agree(
        &[
            "-list=total",
            "-unit=ms",
            "-trim_path",
            &shop,
            "-source_path",
            &shop,
            &path,
        ],
        false,
    );
    let path = both.write("built.pb.gz", &of_file("/builder/shop/src/total.rs"));
    both.agree(&["-list=total", "-source_path", &shop, &path], false);
}

#[test]
fn what_is_missing_is_told() {
    let folder = Folder::new();
    folder.write("shop/a", "");
    let ran = list(&folder, "shop", "/builder/none.rs", &[]);
    ran.printed(
        " Error: /builder/none.rs is not on this machine; looked for /builder/none.rs. --source-path names",
    );
    // What has no end is no source.
    list(&folder, "shop", "/dev/zero", &[]).printed(" Error: /dev/zero is not on this machine");
}

#[test]
fn sources_of_the_standard_library_are_found() {
    let folder = Folder::new();
    folder.write("shop/a", "");
    folder.write("rust/lib/rustlib/src/rust/library/core/src/sum.rs", SOURCE);
    let rustc = format!("#!/bin/sh\necho {}\n", folder.path("rust").display());
    folder.write_program("rustc", &rustc);
    let file = "/rustc/0123456789abcdef/library/core/src/sum.rs";
    let list = || {
        let mut command = listing(&folder, file);
        command.env("RUSTC", folder.path("rustc"));
        Ran::of(command).expect(0)
    };
    assert_eq!(list().stdout, LISTED.replace("FILE", file));
    folder.remove("rust/lib/rustlib/src/rust/library/core/src/sum.rs");
    list().printed("`rustup component add rust-src` brings");
}

#[test]
fn names_come_from_the_binaries_of_this_machine() {
    let mappings = maps::of_this_process().expect("/proc is there");
    let mut builder = Builder::new([("samples", "count")], &mappings);
    let here = names_come_from_the_binaries_of_this_machine as fn() as usize as u64;
    builder.sample(&[here], [7], &[]);
    let folder = Folder::new();
    let path = folder.path("cpu.pb.gz");
    std::fs::write(&path, builder.build().encode()).expect("the folder can be written to");
    let top = |options: &[&str]| {
        let mut command = rops();
        command.args(["pprof", "top"]).arg(&path).args(options);
        Ran::of(command).expect(0)
    };
    top(&[]).printed("pprof::sources::names_come_from_the_binaries_of_this_machine");
    let program = std::env::current_exe().expect("it has a path");
    let name = program.file_name().unwrap_or_default().to_string_lossy();
    top(&["--symbolize=none"]).printed(&format!("[{name}]"));
    assert!(Path::new(&program).exists());
}
