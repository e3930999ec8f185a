//! All kinds of debug information are found and read.

use std::fs;
use std::process::Command;

use profile::{Profile, Symbolizer};
use test_tools::{Folder, Ran};

use crate::program::{Program, assert_has, assert_whole, comments};

/// A file's debug information, taken out of it.
fn take_out(folder: &Folder, to: &str) {
    let objcopy = |arguments: &[&str]| {
        let mut objcopy = Command::new("objcopy");
        Ran::of(objcopy.current_dir(folder.root()).args(arguments)).expect(0);
    };
    objcopy(&["--only-keep-debug", "shop", to]);
    objcopy(&["--strip-all", "shop"]);
}

#[test]
fn limited_debug_information_has_whole_names_of_inlined_functions() {
    let program = Program::compiled(&["-Cdebuginfo=limited"]);
    assert_whole(&program, &program.symbolized());
}

#[test]
fn functions_have_the_line_that_they_start_at() {
    let program = Program::compiled(&["-Cdebuginfo=limited"]);
    let profile = program.symbolized();
    let tax = profile
        .functions
        .iter()
        .find(|one| profile.text(one.name) == "shop::cart::tax");
    assert_eq!(
        tax.expect("it is there").start_line,
        program.line("shop.rs", "in tax") - 1
    );
}

#[test]
fn debug_information_of_lines_alone_has_whole_names_of_what_is_not_inlined() {
    let program = Program::compiled(&["-Cdebuginfo=line-tables-only"]);
    let profile = program.symbolized();
    let in_place = (
        "print_stack",
        "place.rs",
        program.line("place.rs", "in print_stack"),
    );
    let line = |comment| program.line("shop.rs", comment);
    let total = "shop::cart::total::{async_fn#0}";
    assert_has(
        &profile,
        "total",
        &[in_place, (total, "shop.rs", line("in total"))],
    );
    let tax = ("tax", "shop.rs", line("in tax"));
    assert_has(
        &profile,
        "pay",
        &[
            in_place,
            tax,
            ("shop::cart::pay", "shop.rs", line("in pay")),
        ],
    );
}

#[test]
fn split_debug_information_is_found_packed_and_unpacked() {
    for split in ["packed", "unpacked"] {
        let split = format!("-Csplit-debuginfo={split}");
        let program = Program::compiled(&["-Cdebuginfo=limited", &split]);
        assert_whole(&program, &program.symbolized());
    }
}

#[test]
fn missing_split_debug_information_is_said_and_lines_stay() {
    let program = Program::compiled(&["-Cdebuginfo=limited", "-Csplit-debuginfo=packed"]);
    program.folder.remove("shop.dwp");
    let profile = program.symbolized();
    let said = comments(&profile);
    assert!(said.contains("no inlined functions in parts of"), "{said}");
    let line = program.line("place.rs", "in print_stack");
    assert_has(&profile, "pay", &[("shop::cart::pay", "place.rs", line)]);
}

#[test]
fn debug_information_in_a_file_of_its_own_is_found_by_build_id_and_by_name() {
    let program = Program::compiled(&[
        "-Cdebuginfo=limited",
        "-Clink-arg=-Wl,--build-id=0x0123456789abcdef",
    ]);
    let debug = program.folder.path("symbols/.build-id/01");
    fs::create_dir_all(&debug).expect("a folder");
    take_out(&program.folder, "symbols/.build-id/01/23456789abcdef.debug");
    let mut profile = program.profile();
    let symbolizer = Symbolizer::new().with_debug_folder(program.folder.path("symbols"));
    symbolizer.symbolize(&mut profile);
    assert_whole(&program, &profile);

    let program = Program::compiled(&["-Cdebuginfo=limited", "-Clink-arg=-Wl,--build-id=none"]);
    fs::create_dir(program.folder.path(".debug")).expect("a folder");
    take_out(&program.folder, ".debug/shop.debug");
    let mut link = Command::new("objcopy");
    link.current_dir(program.folder.root());
    Ran::of(link.args(["--add-gnu-debuglink=.debug/shop.debug", "shop"])).expect(0);
    assert_whole(&program, &program.symbolized());
}

#[test]
fn compressed_debug_information_is_read() {
    let program = Program::compiled(&["-Cdebuginfo=limited"]);
    let mut objcopy = Command::new("objcopy");
    objcopy.current_dir(program.folder.root());
    Ran::of(objcopy.args(["--compress-debug-sections=zlib", "shop"])).expect(0);
    assert_whole(&program, &program.symbolized());
}

#[test]
fn damaged_debug_information_is_used_as_far_as_it_goes() {
    let program = Program::compiled(&["-Cdebuginfo=limited"]);
    let profile = program.profile();
    let file = program.folder.path("shop");
    let whole = fs::read(&file).expect("the program");
    let mut random: u64 = 88_172_645_463_325_252;
    for _ in 0..12 {
        let mut damaged = whole.clone();
        for _ in 0..2_000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            // What says that it is an ELF file stays.
            let at = 64 + random as usize % (damaged.len() - 64);
            damaged[at] = (random >> 32) as u8;
        }
        fs::remove_file(&file)
            .and_then(|()| fs::write(&file, damaged))
            .expect("a file");
        let mut profile = profile.clone();
        Symbolizer::new().symbolize(&mut profile);
        assert_eq!(
            Profile::decode(&profile.encode()).expect("it is whole"),
            profile
        );
    }
}
