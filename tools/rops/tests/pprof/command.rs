//! The command line: both spellings, exit codes, outputs.

use std::fs;
use std::process::Stdio;

use serde_json::Value;
use test_tools::{Folder, Ran};

use crate::both::{of_go, rops};

fn run(arguments: &[&str]) -> Ran {
    let mut command = rops();
    command.arg("pprof").args(arguments);
    Ran::of(command)
}

#[test]
fn both_spellings_print_the_same() {
    let heap = of_go("heap");
    for (go, cargo) in [
        (
            &["-top", "-inuse_objects", &heap][..],
            &["top", "--sample-index", "inuse_objects", &heap][..],
        ),
        (
            &["-nodefraction=0", "-peek", "runtime", &heap],
            &["peek", "runtime", "--node-fraction", "0", &heap],
        ),
        (
            &["-tags", "-alloc_space", &heap],
            &["tags", "--sample-index=alloc_space", &heap],
        ),
        (
            &["-tree", "-lines", "-cum", &heap],
            &["tree", "--granularity", "lines", "--cum", &heap],
        ),
    ] {
        let (go, cargo) = (run(go).expect(0), run(cargo).expect(0));
        assert!(go.stdout.lines().count() > 5, "{}", go.stdout);
        assert_eq!(go.stdout, cargo.stdout);
    }
}

#[test]
fn what_is_wrong_with_the_command_line_ends_with_2() {
    let cpu = of_go("cpu");
    for (arguments, told) in [
        (&["top"][..], "required arguments were not provided"),
        (&["-inuse_space"], "required arguments were not provided"),
        (
            &["top", "--sample-index=heap", &cpu],
            "the profile has no heap; it has samples, cpu",
        ),
        (
            &["top", "--sample-index=2", &cpu],
            "2 is none of the values 0 to 1",
        ),
        (
            &["top", "--divide-by=0", &cpu],
            "nothing can be divided by 0",
        ),
        (
            &["top", "--normalize", &cpu],
            "--normalize needs a --base or --diff-base",
        ),
        (&["peek", "", &cpu], "REGEX: it is empty"),
        (
            &["top", "--focus", "a(", &cpu],
            "--focus: a( is no regular expression: unclosed group",
        ),
        (
            &["top", "--tag-ignore", "x=[", &cpu],
            "--tag-ignore: [ is no regular expression: unclosed",
        ),
        (
            &["top", "--base", &cpu, "--diff-base", &cpu, &cpu],
            "cannot be used with",
        ),
    ] {
        run(arguments).expect(2).told(told);
    }
}

#[test]
fn what_cannot_be_done_ends_with_1() {
    let cpu = of_go("cpu");
    for (arguments, told) in [
        (
            &["peek", "no such function", &cpu][..],
            "no function matches no such function; `top` shows",
        ),
        (
            &["list", "no such function", &cpu],
            "no function matches no such function; `top` shows",
        ),
        (
            &["top", "/nowhere/cpu.pb.gz"],
            "/nowhere/cpu.pb.gz: No such file",
        ),
        (
            &["top", env!("CARGO_MANIFEST_DIR")],
            "this is a folder, not a profile",
        ),
        (
            &["top", &cpu, &of_go("goroutine")],
            "the profiles measure different things: samples, cpu and goroutine",
        ),
    ] {
        let ran = run(arguments).expect(1);
        ran.told(told);
        assert_eq!(ran.stderr.lines().count(), 1, "{}", ran.stderr);
        assert_eq!(ran.stdout, "");
    }
}

#[test]
fn a_filter_that_matches_nothing_is_told() {
    let ran = run(&["top", "--focus", "no such function", &of_go("cpu")]).expect(0);
    ran.told("Focus expression matched no samples");
    ran.printed("Showing nodes accounting for 0, 0% of 2.89s total");
}

#[test]
fn an_output_goes_to_its_file() {
    let folder = Folder::new();
    let path = folder.path("top.txt").display().to_string();
    let ran = run(&["-top", "-output", &path, &of_go("cpu")]).expect(0);
    ran.told("written to ");
    assert_eq!(ran.stdout, "");
    assert_eq!(folder.read("top.txt"), run(&["top", &of_go("cpu")]).stdout);
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let mut command = rops();
    command.args(["pprof", "traces", &of_go("cpu")]);
    let child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.expect("it starts");
    drop(child.stdout.take());
    let ran = Ran::from(child.wait_with_output().expect("it ends"));
    assert_eq!(ran.expect(0).stderr, "");
}

#[test]
fn json_has_the_same_figures() {
    let heap = of_go("heap");
    let json = |arguments: &[&str]| -> Value {
        let ran = run(&[arguments, &["--json", &heap]].concat()).expect(0);
        serde_json::from_str(&ran.stdout).expect("it is JSON")
    };
    let top = json(&["top", "--sample-index=alloc_space", "--node-count=2"]);
    assert_eq!(
        (&top["type"], &top["unit"]),
        (&"alloc_space".into(), &"bytes".into())
    );
    let functions = top["functions"].as_array().expect("a list");
    assert_eq!(functions.len(), 2);
    assert!(functions[0]["flat"].as_i64() >= functions[1]["flat"].as_i64());
    assert!(functions[0]["callers"].is_null());

    let peek = json(&[
        "peek",
        r"gorm\.\(\*DB\)\.Session$",
        "--sample-index=alloc_space",
    ]);
    let session = &peek["functions"][0];
    let sum = |calls: &Value| -> i64 {
        let calls = calls.as_array().expect("a list").iter();
        calls.filter_map(|call| call["value"].as_i64()).sum()
    };
    assert!(sum(&session["callers"]) > 0);
    assert_eq!(
        session["cum"].as_i64(),
        Some(sum(&session["callees"]) + session["flat"].as_i64().unwrap_or(0))
    );

    let tags = json(&["tags", "--sample-index=alloc_space"]);
    let key = &tags["keys"][0];
    assert_eq!(key["key"], "bytes");
    assert_eq!(key["total"], tags["total"]);
}

#[test]
fn a_flame_graph_needs_nothing_else() {
    let mut command = rops();
    command
        .args(["pprof", "flame", &of_go("cpu")])
        .env("PATH", "");
    let ran = Ran::of(command).expect(0);
    ran.printed("cpu of coworkingapp");
    ran.printed("net/http.(*conn).serve");
    ran.printed("ms");
}

#[test]
fn a_picture_says_what_it_needs() {
    let mut command = rops();
    command
        .args(["pprof", "svg", &of_go("cpu")])
        .env("PATH", "");
    Ran::of(command)
        .expect(1)
        .told("needs graphviz's `dot`: `apt install graphviz`");
    if test_tools::needed(test_tools::TestTools::here().dot()).is_some() {
        let ran = run(&["svg", &of_go("cpu")]).expect(0);
        ran.printed("<svg");
        ran.printed("Syscall6");
    }
}

#[test]
fn a_difference_has_signs() {
    let (heap, allocs) = (of_go("heap"), of_go("allocs"));
    let there = run(&["diff", &heap, &allocs]).expect(0);
    there.printed("Showing nodes accounting for -13MB, 4.61% of 282.30MB total");
    let back = run(&["diff", &allocs, &heap]).expect(0);
    back.printed("Showing nodes accounting for 13MB");
    let same = run(&["diff", &allocs, &allocs]).expect(0);
    same.printed("Showing nodes accounting for 0, 0% of 269.30MB total");
    let flame = run(&["diff", "--flame", &heap, &allocs]).expect(0);
    flame.printed("red: more than before, blue: less");
}

#[test]
fn profiles_are_put_together_in_a_file() {
    let folder = Folder::new();
    let (cpu, merged) = (
        of_go("cpu"),
        folder.path("merged.pb.gz").display().to_string(),
    );
    run(&["merge", "--output", &merged, &cpu, &cpu]).expect(0);
    let bytes = fs::read(&merged).expect("it is there");
    assert!(bytes.starts_with(&[0x1f, 0x8b]));
    let line = "Total samples = 5.78s";
    run(&["top", &merged]).expect(0).printed(line);
    run(&["top", &cpu, &cpu]).expect(0).printed(line);
}
