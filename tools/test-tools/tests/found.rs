//! What is installed is found, and works.

use test_tools::{TestTools, needed};

#[test]
fn the_list_is_read() {
    let origins = ["debian", "pypi", "npm"];
    for origin in origins {
        assert!(
            test_tools::list().any(|tool| tool.from == origin),
            "{origin}"
        );
    }
    for tool in test_tools::list() {
        assert!(origins.contains(&tool.from), "{tool:?}");
    }
}

#[test]
fn go_brings_pprof() {
    let Some(mut pprof) = needed(TestTools::here().pprof()) else {
        return;
    };
    let output = pprof.arg("-h").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("pprof <format>"), "{said}");
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
