//! A program that leaves parts out: each is named as missing, and none is linked.

mod http;

use std::process::Command;

use diagnostics::memstats::{measure, measured};
use diagnostics::{AllocCounts, Error, MemStats};

#[test]
fn what_is_not_installed_is_said_and_not_linked() {
    assert!(!AllocCounts::are_counted());
    assert!(matches!(MemStats::read(), Err(Error::NotCounted)));

    let diagnostics = diagnostics::install().expect("a first installation");
    let address = diagnostics
        .listen("127.0.0.1:0".parse().expect("an address"))
        .http
        .expect("a listener");

    let memstats = http::get(address, "/debug/memstats");
    let body = memstats.body;
    assert_eq!(memstats.status, 501, "{body}");
    assert!(body.contains("#[global_allocator]"), "{body}");

    for page in ["heap", "allocs?seconds=1", "flamegraph?type=inuse_space"] {
        let answer = http::get(address, &format!("/debug/pprof/{page}"));
        assert_eq!(answer.status, 501, "{}", answer.body);
        let reason = if cfg!(feature = "profile") {
            "#[global_allocator]"
        } else {
            "feature `profile`"
        };
        assert!(answer.body.contains(reason), "{}", answer.body);
    }

    let runtime = http::get(address, "/debug/runtime").json();
    let of_tasks = ["tasks_alive", "tasks_spawned", "workers"];
    for field in of_tasks.into_iter().chain(["spans_opened", "events"]) {
        assert!(runtime[field].is_null(), "{field}: {runtime}");
    }
    let missing = runtime["missing"].as_array().map(Vec::len);
    assert_eq!(missing, Some(2), "{runtime}");

    let index = http::get(address, "/debug/pprof/").body;
    let spans = if cfg!(feature = "tracing") {
        "diagnostics::layer()"
    } else {
        "feature `tracing`"
    };
    assert!(!index.contains("href=\"/debug/memstats\""));
    assert_eq!(index.matches("No heap profiles: ").count(), 1, "{index}");
    assert!(index.contains("Diagnostics::runtime") && index.contains(spans));
}

#[test]
fn work_is_done_although_nothing_is_counted() {
    const CHILD: &str = "DIAGNOSTICS_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        assert_eq!(measure("the answer", || 42), 42);
        return;
    }
    let not = measured(|| 42).expect_err("nothing counts here");
    assert_eq!(not.value, 42);
    assert!(matches!(not.reason, Error::NotCounted));

    // An error like any other, whatever the work returns.
    struct Plain;
    let error: Box<dyn std::error::Error> = measured(|| Plain).map(|_| ()).expect_err("not").into();
    let error = error.to_string();
    assert!(error.starts_with("nothing was counted: no memory"));

    // The harness hides what a test prints by `println!` only; another process lets it be read.
    let child = Command::new(std::env::current_exe().expect("this program"))
        .args(["--exact", "work_is_done_although_nothing_is_counted"])
        .env(CHILD, "1")
        .output()
        .expect("it runs");
    let printed = String::from_utf8(child.stdout).expect("text");
    assert!(child.status.success(), "{printed}");
    let sentence = "the answer: nothing was counted: no memory statistics: diagnostics::Allocator is not this \
                    program's #[global_allocator].\n";
    assert!(printed.contains(sentence), "{printed}");
    assert!(!printed.contains("Alloc ="), "{printed}");
}
