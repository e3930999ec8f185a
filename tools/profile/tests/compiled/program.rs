//! A small program of two crates, compiled and run: its stacks, with the lines that they are known to have.

use std::process::Command;

use profile::maps::{self, CodeMapping};
use profile::proto::Location;
use profile::{Builder, LabelValue, Profile, Symbolizer};
use test_tools::{Folder, Ran};

/// The program `shop`, in a folder of its own.
pub struct Program {
    pub folder: Folder,
}

/// A function, its file and its line.
pub type Frame = (String, String, i64);

impl Program {
    /// Compiles it with these options.
    pub fn compiled(options: &[&str]) -> Self {
        let folder = Folder::new();
        folder.write("place.rs", include_str!("sources/place.rs"));
        folder.write("shop.rs", include_str!("sources/shop.rs"));
        let rustc = |arguments: &[&str]| {
            let mut rustc = Command::new("rustc");
            rustc
                .current_dir(folder.root())
                .args(["--edition=2024", "-O"]);
            Ran::of(rustc.args(options).args(arguments)).expect(0);
        };
        rustc(&["--crate-type=rlib", "place.rs"]);
        rustc(&["--extern=place=libplace.rlib", "shop.rs"]);
        Self { folder }
    }

    /// Runs it, and makes a profile of the stacks that it prints: one sample each, with a label `stack`.
    pub fn profile(&self) -> Profile {
        let output = Ran::of(Command::new(self.folder.path("shop")))
            .expect(0)
            .stdout;
        let (stacks, maps) = output.split_once("maps\n").expect("both");
        let program = self.folder.path("shop");
        let mappings = maps::parse(maps, program.to_str().expect("UTF-8"));
        profile_of(stacks, &mappings)
    }

    /// The profile with functions and lines from the program's own files.
    pub fn symbolized(&self) -> Profile {
        let mut profile = self.profile();
        let nothing_there = self.folder.path("debug");
        Symbolizer::new()
            .with_debug_folder(nothing_there)
            .symbolize(&mut profile);
        profile
    }

    /// The line that ends in this comment.
    pub fn line(&self, file: &str, comment: &str) -> i64 {
        let text = self.folder.read(file);
        let ends = |line: &str| line.ends_with(&format!("// {comment}"));
        let before = text.lines().position(ends).expect("such a line");
        before as i64 + 1
    }
}

fn profile_of(stacks: &str, mappings: &[CodeMapping]) -> Profile {
    let mut builder = Builder::new([("stacks", "count")], mappings);
    for stack in stacks.split("stack ").skip(1) {
        let (name, frames) = stack.split_once('\n').expect("a name and frames");
        let addresses = frames.lines().filter_map(|line| {
            let (_number, address) = line.split_once(": ")?;
            let digits = address.trim_start().strip_prefix("0x")?.split(' ').next()?;
            // It is where the call returns to; the last one is 0.
            u64::from_str_radix(digits, 16).ok()?.checked_sub(1)
        });
        // An address stands at each of the functions that were inlined there.
        let mut addresses: Vec<_> = addresses.collect();
        addresses.dedup();
        assert!(addresses.len() > 3, "{stack}");
        builder.sample(&addresses, [1], &[("stack", LabelValue::Text(name))]);
    }
    builder.build()
}

/// The locations of a stack, the leaf first.
pub fn stack<'a>(profile: &'a Profile, name: &str) -> Vec<&'a Location> {
    let sample = profile
        .samples
        .iter()
        .find(|sample| profile.text(sample.labels[0].text) == name);
    let ids = &sample.expect("such a stack").location_ids;
    ids.iter()
        .map(|&id| profile.location(id).expect("it is there"))
        .collect()
}

/// The functions and lines of a location.
pub fn frames(profile: &Profile, location: &Location) -> Vec<Frame> {
    let lines = location.lines.iter().map(|line| {
        let function = profile.function(line.function_id).expect("it is there");
        let file = profile
            .text(function.filename)
            .rsplit('/')
            .next()
            .expect("a name");
        (
            profile.text(function.name).to_owned(),
            file.to_owned(),
            line.line,
        )
    });
    lines.collect()
}

/// All comments, one a line.
pub fn comments(profile: &Profile) -> String {
    profile
        .comments
        .iter()
        .map(|&text| profile.text(text).to_owned() + "\n")
        .collect()
}

/// Asserts that a stack has a location with just these frames.
#[track_caller]
pub fn assert_has(profile: &Profile, name: &str, expected: &[(&str, &str, i64)]) {
    let expected: Vec<Frame> = expected
        .iter()
        .map(|&(function, file, line)| (function.to_owned(), file.to_owned(), line))
        .collect();
    let locations = stack(profile, name);
    let found: Vec<_> = locations
        .iter()
        .map(|location| frames(profile, location))
        .collect();
    assert!(
        found.contains(&expected),
        "no {expected:#?} in {found:#?}\n{}",
        comments(profile)
    );
}

/// Asserts that all stacks of the program have their functions, lines and inlined frames.
#[track_caller]
pub fn assert_whole(program: &Program, profile: &Profile) {
    let in_place = (
        "place::print_stack",
        "place.rs",
        program.line("place.rs", "in print_stack"),
    );
    let line = |comment| program.line("shop.rs", comment);
    let drop = "<shop::cart::Cart as core::ops::drop::Drop>::drop";
    assert_has(
        profile,
        "drop",
        &[in_place, (drop, "shop.rs", line("in drop"))],
    );
    let total = "shop::cart::total::{async_fn#0}";
    assert_has(
        profile,
        "total",
        &[in_place, (total, "shop.rs", line("in total"))],
    );
    assert_has(
        profile,
        "total",
        &[("shop::run", "shop.rs", line("in run"))],
    );
    let tax = ("shop::cart::tax", "shop.rs", line("in tax"));
    assert_has(
        profile,
        "pay",
        &[
            in_place,
            tax,
            ("shop::cart::pay", "shop.rs", line("in pay")),
        ],
    );
    let closure = "shop::main::{closure#0}";
    assert_has(
        profile,
        "each",
        &[in_place, (closure, "shop.rs", line("in closure"))],
    );
    assert_has(
        profile,
        "each",
        &[("shop::cart::each", "shop.rs", line("in each"))],
    );

    let mapping = &profile.mappings[0];
    assert!(mapping.has_functions && mapping.has_filenames);
    assert!(mapping.has_line_numbers && mapping.has_inline_frames);
    let text = comments(profile);
    assert!(!text.contains("shop"), "{text}");
}
