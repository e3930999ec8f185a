//! A program that leaves parts out: each is named as missing, and none is linked.

mod http;

use diagnostics::{AllocCounts, Error, MemStats};

#[test]
fn what_is_not_installed_is_said_and_not_linked() {
    assert!(!AllocCounts::are_counted());
    assert!(matches!(MemStats::read(), Err(Error::NotCounted)));

    let diagnostics = diagnostics::install().expect("a first installation");
    let address = diagnostics
        .listen("127.0.0.1:0".parse().expect("an address"))
        .expect("a listener");

    let memstats = http::get(address, "/debug/memstats");
    assert_eq!(memstats.status, 501);
    assert!(
        memstats.body.contains("#[global_allocator]"),
        "{}",
        memstats.body
    );

    let runtime = http::get(address, "/debug/runtime").json();
    for field in [
        "tasks_alive",
        "tasks_spawned",
        "workers",
        "spans_opened",
        "events",
    ] {
        assert!(runtime[field].is_null(), "{field}: {runtime}");
    }
    assert_eq!(
        runtime["missing"].as_array().map(Vec::len),
        Some(2),
        "{runtime}"
    );

    let index = http::get(address, "/debug/pprof/").body;
    assert!(!index.contains("href=\"/debug/memstats\""));
    assert!(index.contains("Diagnostics::runtime") && index.contains("Diagnostics::layer"));
}
