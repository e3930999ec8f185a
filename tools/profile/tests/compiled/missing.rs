//! What is not there is said, and what is known all the same is kept.

use std::fs;
use std::process::Command;

use profile::maps::{self, CodeMapping};
use profile::{Builder, Profile, Symbolizer};
use test_tools::{Folder, Ran};

use crate::program::{Program, assert_has, comments, frames, stack};

#[test]
fn a_file_without_debug_information_has_the_functions_of_its_table_of_symbols() {
    let program = Program::compiled(&["-Cdebuginfo=none", "-Cstrip=none"]);
    let mut strip = Command::new("strip");
    Ran::of(
        strip
            .current_dir(program.folder.root())
            .args(["--strip-debug", "shop"]),
    )
    .expect(0);
    let profile = program.symbolized();
    assert_has(&profile, "pay", &[("shop::cart::pay", "", 0)]);
    let mapping = &profile.mappings[0];
    assert!(mapping.has_functions && !mapping.has_filenames && !mapping.has_line_numbers);
    let said = comments(&profile);
    assert!(said.contains("no debug information in shop"), "{said}");
}

#[test]
fn a_stripped_file_has_addresses_and_a_sentence() {
    let program = Program::compiled(&["-Cdebuginfo=limited", "-Cstrip=symbols"]);
    let profile = program.symbolized();
    let locations = stack(&profile, "pay");
    let own = locations.iter().filter(|location| location.mapping_id == 1);
    assert!(own.clone().count() > 2);
    assert!(
        own.clone().all(|location| location.lines.is_empty()),
        "{profile:#?}"
    );
    assert!(!profile.mappings[0].has_functions);
    assert!(comments(&profile).contains("no debug information in shop"));
    // The C library has its functions for the dynamic linker, and each program begins in one.
    let libc = locations
        .iter()
        .flat_map(|location| frames(&profile, location));
    assert!(
        libc.map(|(function, ..)| function)
            .any(|function| function.contains("libc_start"))
    );
}

#[test]
fn debug_information_that_cannot_be_read_is_said_and_functions_stay() {
    let program = Program::compiled(&["-Cdebuginfo=limited"]);
    let mut objcopy = Command::new("objcopy");
    objcopy.current_dir(program.folder.root());
    Ran::of(objcopy.args(["--compress-debug-sections=zstd", "shop"])).expect(0);
    let profile = program.symbolized();
    assert_has(&profile, "pay", &[("shop::cart::pay", "", 0)]);
    let said = comments(&profile);
    assert!(said.contains("no lines of /"), "{said}");
    assert!(
        said.contains("(it is compressed with something else than zlib)"),
        "{said}"
    );
}

#[test]
fn what_is_no_longer_the_mapped_file_gives_addresses_and_a_sentence() {
    let program = Program::compiled(&["-Cdebuginfo=limited"]);
    let file = program.folder.path("shop");
    let file = file.to_str().expect("UTF-8");
    for (build_id, contents, reason) in [
        (
            "0123",
            None,
            "it is another file than the one of the profile, whose build id is 0123",
        ),
        ("", Some("#!/bin/sh\n"), "it is no ELF file of 64 bits"),
        (
            "",
            Some("\x7fELF\x02\x01\x01"),
            "it is no ELF file of 64 bits",
        ),
    ] {
        if let Some(contents) = contents {
            program.folder.write("shop", contents);
        }
        let profile = one_address(file, build_id);
        assert!(profile.locations[0].lines.is_empty());
        assert_eq!(
            comments(&profile),
            format!("no functions of {file}: {reason}\n")
        );
    }
    program.folder.remove("shop");
    fs::create_dir(file).expect("a folder");
    let said = comments(&one_address(file, ""));
    assert_eq!(said, format!("no functions of {file}: it is no file\n"));
    fs::remove_dir(file).expect("it was there");
    let said = comments(&one_address(file, ""));
    assert!(
        said.starts_with(&format!(
            "no functions of {file}: it cannot be read (No such file"
        )),
        "{said}"
    );
}

fn one_address(file: &str, build_id: &str) -> Profile {
    let mapping = CodeMapping {
        start: 0x1000,
        end: 0x2000,
        file_offset: 0,
        file: file.to_owned(),
        build_id: build_id.to_owned(),
    };
    let mut builder = Builder::new([("samples", "count")], &[mapping]);
    builder.sample(&[0x1234], [1], &[]);
    let mut profile = builder.build();
    Symbolizer::new().symbolize(&mut profile);
    profile
}

#[test]
fn addresses_outside_of_all_files_stay_addresses() {
    let mappings = maps::of_this_process().expect("/proc is there");
    let vdso = mappings
        .iter()
        .find(|mapping| mapping.file == "[vdso]")
        .expect("it is there");
    let mut builder = Builder::new([("samples", "count")], &mappings);
    builder.sample(&[0x10, vdso.start + 0x10, u64::MAX], [1], &[]);
    let mut profile = builder.build();
    Symbolizer::of_this_process().symbolize(&mut profile);
    assert!(
        profile
            .locations
            .iter()
            .all(|location| location.lines.is_empty())
    );
    assert_eq!(
        profile.location(1).map(|location| location.mapping_id),
        Some(0)
    );
    let mapping = profile
        .location(2)
        .and_then(|location| profile.mapping(location.mapping_id));
    assert_eq!(profile.text(mapping.expect("it is in one").file), "[vdso]");
    assert_eq!(comments(&profile), "");
}

/// The name of this very function, as its own process sees it.
fn own_name() -> String {
    let mappings = maps::of_this_process().expect("/proc is there");
    let mut builder = Builder::new([("samples", "count")], &mappings);
    builder.sample(&[own_name as fn() -> _ as usize as u64], [1], &[]);
    let mut profile = builder.build();
    Symbolizer::of_this_process().symbolize(&mut profile);
    let frames = frames(&profile, &profile.locations[0]);
    let (function, file, _) = frames
        .last()
        .unwrap_or_else(|| panic!("{}", comments(&profile)));
    format!(
        "{function} in {file} of {}",
        profile.text(profile.mappings[0].file)
    )
}

#[test]
fn a_program_that_was_deleted_while_it_runs_still_has_its_functions() {
    // The copy below runs this test as well, and deletes itself.
    if std::env::var_os(COPY).is_some() {
        fs::remove_file(std::env::current_exe().expect("a path")).expect("it was there");
        println!("\n{}", own_name());
        return;
    }
    let folder = Folder::new();
    let copy = folder.path("copy");
    fs::copy(std::env::current_exe().expect("a path"), &copy).expect("a copy");
    let name = "missing::a_program_that_was_deleted_while_it_runs_still_has_its_functions";
    let mut run = Command::new(&copy);
    run.args(["--exact", "--nocapture", name]).env(COPY, "1");
    let ran = Ran::of(run).expect(0);
    assert!(!copy.exists());
    let own = "compiled::missing::own_name in missing.rs";
    ran.printed(&format!("{own} of {}\n", copy.display()));
}

/// Set for the copy of this program.
const COPY: &str = "COPY_THAT_DELETES_ITSELF";
