//! What the builder and the symbolizer write, read by `go tool pprof`.

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use profile::maps::CodeMapping;
use profile::proto::Sample;
use profile::{Builder, LabelValue, Profile};
use test_tools::{Folder, Ran, TestTools, needed};

use crate::program::Program;

/// What pprof prints of a profile.
fn pprof(profile: &Profile, arguments: &[&str]) -> Option<String> {
    let folder = Folder::new();
    let file = folder.path("profile.pb.gz");
    fs::write(&file, profile.encode()).expect("a file");
    let mut pprof = needed(TestTools::here().pprof())?;
    // Nothing of the machine's own configuration.
    pprof.env("PPROF_BINARY_PATH", folder.root());
    Some(Ran::of(pprof.args(arguments).arg(file)).expect(0).stdout)
}

#[track_caller]
fn assert_prints(profile: &Profile, arguments: &[&str], expected: &[&str]) {
    let Some(output) = pprof(profile, arguments) else {
        return;
    };
    // Columns are as wide as their longest entry.
    let squeezed = output
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    let squeezed: Vec<_> = squeezed.collect();
    for line in expected {
        assert!(
            squeezed.iter().any(|printed| printed == line),
            "no {line:?} in\n{output}"
        );
    }
}

/// The program's stacks, with known costs: 1 in `drop`, 9 in `pay` and 2 in `each`, in milliseconds.
fn costs() -> (Program, Profile) {
    let program = Program::compiled(&["-Cdebuginfo=limited"]);
    let mut profile = program.symbolized();
    let cost = |sample: &Sample, profile: &Profile| match profile.text(sample.labels[0].text) {
        "drop" => 1,
        "pay" => 9,
        "each" => 2,
        _ => 0,
    };
    let costs: Vec<i64> = profile
        .samples
        .iter()
        .map(|sample| cost(sample, &profile))
        .collect();
    for (sample, cost) in profile.samples.iter_mut().zip(costs) {
        sample.values = vec![cost];
        // What is below `print_stack` is the backtrace's own.
        let own = sample.location_ids.iter().position(|&id| {
            let lines = &profile.locations[id as usize - 1].lines;
            lines.iter().any(|line| {
                let function = profile.functions[line.function_id as usize - 1];
                profile.strings[function.name as usize] == "place::print_stack"
            })
        });
        sample
            .location_ids
            .drain(..own.expect("it is in each stack"));
    }
    profile.samples.retain(|sample| sample.values[0] > 0);
    (program, profile)
}

#[test]
fn top_has_the_shares() {
    let (_program, profile) = costs();
    let expected = [
        "12 100% 100% 12 100% place::print_stack (inline)",
        "0 0% 100% 9 75.00% shop::cart::pay",
        "0 0% 100% 9 75.00% shop::cart::tax (inline)",
        "0 0% 100% 2 16.67% shop::main::{closure#0}",
        "0 0% 100% 1 8.33% <shop::cart::Cart as core::ops::drop::Drop>::drop",
    ];
    assert_prints(&profile, &["-top", "-nodefraction=0"], &expected);
}

#[test]
fn list_has_the_costs_on_their_lines() {
    let (program, profile) = costs();
    let line = |file, comment| program.line(file, comment);
    let in_pay = format!(". 9 {}: tax(); // in pay", line("shop.rs", "in pay"));
    assert_prints(&profile, &["-list=shop::cart::pay$"], &[&in_pay]);
    let in_tax = format!(
        ". 9 {}: place::print_stack(\"pay\"); // in tax",
        line("shop.rs", "in tax")
    );
    assert_prints(&profile, &["-list=shop::cart::tax$"], &[&in_tax]);
    let text = "println!(\"stack {name}\\n{:#}\", Backtrace::force_capture()); // in print_stack";
    let in_place = format!("12 12 {}: {text}", line("place.rs", "in print_stack"));
    assert_prints(&profile, &["-list=print_stack$"], &[&in_place]);
}

#[test]
fn peek_has_callers_and_callees() {
    let (_program, profile) = costs();
    let expected = [
        "9 100% | shop::cart::pay (inline)",
        "0 0% 0% 9 75.00% | shop::cart::tax",
        "9 100% | place::print_stack (inline)",
    ];
    assert_prints(&profile, &["-peek=shop::cart::tax$"], &expected);
}

#[test]
fn traces_and_raw_have_the_frames_and_addresses() {
    let (_program, profile) = costs();
    let expected = [
        "stack: pay",
        "9 place::print_stack (inline)",
        "shop::cart::tax (inline)",
        "shop::cart::pay",
    ];
    assert_prints(&profile, &["-traces"], &expected);
    let mapping = &profile.mappings[0];
    let file = profile.text(mapping.file);
    let range = format!(
        "1: {:#x}/{:#x}/{:#x} {file} [FN][FL][LN][IN]",
        mapping.start, mapping.limit, mapping.file_offset
    );
    assert_prints(&profile, &["-raw"], &["stacks/count", &range]);
}

#[test]
fn the_builder_adds_what_is_equal_and_says_what_it_was_told() {
    let mapping = CodeMapping {
        start: 0x1000,
        end: 0x2000,
        file_offset: 0x200,
        file: "/srv/app".into(),
        build_id: "0123abcd".into(),
    };
    let mut builder = Builder::new([("samples", "count"), ("cpu", "nanoseconds")], &[mapping]);
    builder.period(("cpu", "nanoseconds"), 10_000_000);
    builder.taken(
        UNIX_EPOCH + Duration::from_secs(1_700_000_000),
        Duration::from_secs(5),
    );
    builder.comment("a hundred samples a second");
    builder.doc_url("http://127.0.0.1:6060/debug/pprof/");
    builder.default_sample_type("samples");
    let main = ("thread", LabelValue::from("main"));
    let size = ("bytes", LabelValue::Number(4096, "bytes"));
    builder.sample(&[0x1010, 0x1020], [1, 10_000_000], &[main, size]);
    builder.sample(&[0x1010, 0x1020], [2, 20_000_000], &[size, main]);
    builder.sample(&[0x1010, 0x1020], [1, i64::MAX], &[main]);
    builder.sample(&[0x1010, 0x1020], [0, 1], &[main]);
    builder.sample(&[0x1010], [4, 40_000_000], &[]);
    builder.sample(&[0x3000], [1, 10_000_000], &[]);
    let profile = builder.build();

    let values = profile.samples.iter().map(|sample| sample.values.clone());
    let expected = [
        [3, 30_000_000],
        [1, i64::MAX],
        [4, 40_000_000],
        [1, 10_000_000],
    ];
    assert_eq!(values.collect::<Vec<_>>(), expected);
    assert_eq!(profile.locations.len(), 3);
    let decoded = Profile::decode(&profile.encode()).expect("it is whole");
    assert_eq!(decoded, profile);

    let expected = [
        "PeriodType: cpu nanoseconds",
        "Period: 10000000",
        "Time: 2023-11-14 22:13:20 +0000 UTC",
        "Duration: 5s",
        "Comment: a hundred samples a second",
        "Doc: http://127.0.0.1:6060/debug/pprof/",
        "samples/count[dflt] cpu/nanoseconds",
        "3 30000000: 1 2",
        "thread:[main]",
        "bytes:[4096 bytes]",
        "1: 0x1010 M=1",
        "3: 0x3000",
        "1: 0x1000/0x2000/0x200 /srv/app 0123abcd",
    ];
    assert_prints(&profile, &["-raw", "-symbolize=none"], &expected);
    assert_prints(
        &profile,
        &["-comments", "-symbolize=none"],
        &["a hundred samples a second"],
    );
    let tags = [
        "thread: Total 4.0",
        "4.0 ( 100%): main",
        "bytes: Total 3.0",
        "3.0 ( 100%): 4kB",
    ];
    assert_prints(&profile, &["-tags", "-symbolize=none"], &tags);
}
