//! What is installed is found, and works.

use test_tools::{TestTools, needed};

#[test]
fn the_list_is_read() {
    let origins = ["required", "optional", "debian", "pypi", "npm"];
    for tool in test_tools::list() {
        assert!(
            origins.contains(&tool.from) && tool.purpose.contains(' '),
            "{tool:?}"
        );
    }
    assert!(test_tools::list().count() > 10);
}

/// A profile, not compressed: its sample's type, one sample of 7 ms, a location, a function, and the strings.
const PROFILE: &[u8] = b"\
    \x0a\x04\x08\x01\x10\x02\
    \x12\x06\x0a\x01\x01\x12\x01\x07\
    \x22\x06\x08\x01\x22\x02\x08\x01\
    \x2a\x04\x08\x01\x10\x03\
    \x32\x00\x32\x03cpu\x32\x0cmilliseconds\x32\x04work";

#[test]
fn pprof_reads_a_profile_and_draws_it() {
    let tools = TestTools::here();
    let folder = tempfile::tempdir().unwrap();
    let profile = folder.path().join("cpu.pb");
    std::fs::write(&profile, PROFILE).unwrap();
    let shows = |format: &str| {
        let mut pprof = needed(tools.pprof())?;
        let output = pprof.arg(format).arg(&profile).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        Some(String::from_utf8(output.stdout).unwrap())
    };
    let Some(top) = shows("-top") else { return };
    assert!(top.contains("7ms") && top.contains("work"), "{top}");
    if needed(tools.dot()).is_some() {
        let graph = shows("-svg").unwrap();
        assert!(graph.contains("<svg") && graph.contains("work"), "{graph}");
    }
}

#[test]
fn what_pages_are_tested_with_is_there() {
    let tools = TestTools::here();
    if let Some(script) = needed(tools.axe_core()) {
        assert!(std::fs::read_to_string(script).unwrap().contains("axe.run"));
    }
    if let Some(page) = needed(tools.speedscope()) {
        assert!(page.join("index.html").is_file());
    }
}

#[test]
fn a_process_gets_another_clock() {
    let Some(library) = needed(TestTools::here().libfaketime()) else {
        return;
    };
    let output = std::process::Command::new("date")
        .args(["-u", "+%Y"])
        .env("LD_PRELOAD", library)
        .env("FAKETIME", "@2001-02-03 04:05:06")
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "2001\n");
}
