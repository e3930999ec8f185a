//! A build without a feature says what it lacks. Each test is there in the builds that it is about.
//!
//! `cargo test -p diagnostics --no-default-features --features http,tracing`, and so on.
#![cfg(not(all(feature = "jemalloc", feature = "profile", feature = "tracing")))]

#[cfg(all(feature = "http", not(feature = "profile")))]
mod http;

use std::sync::OnceLock;

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

/// A process has one installation, which the tests share.
fn installed() -> diagnostics::Diagnostics {
    static INSTALLED: OnceLock<diagnostics::Diagnostics> = OnceLock::new();
    *INSTALLED.get_or_init(|| diagnostics::install().expect("a first installation"))
}

#[test]
fn it_installs_in_every_build() {
    assert!(installed().runtime_stats().available_cores.is_some());
}

#[cfg(not(feature = "jemalloc"))]
#[test]
fn without_jemalloc_the_systems_allocator_is_counted() {
    let stats = diagnostics::MemStats::read().expect("counted all the same");
    assert!(stats.mallocs > 0 && stats.alloc > 0);
    assert_eq!((stats.sys, stats.resident), (None, None));
    assert!(
        stats.missing[0].contains("without diagnostics' feature `jemalloc`"),
        "{:?}",
        stats.missing
    );
}

#[cfg(not(feature = "http"))]
#[test]
fn without_http_nothing_listens_and_nothing_fails() {
    installed();
    let listening = diagnostics::start(([127, 0, 0, 1], 0).into());
    assert!(matches!(
        listening.http,
        Err(diagnostics::Error::WithoutFeature { feature: "http" })
    ));
    assert_eq!(
        listening.to_string(),
        "no diagnostics over HTTP: this program is built without diagnostics' feature `http`; switch it on in its \
         manifest"
    );
}

#[cfg(all(feature = "http", not(feature = "profile")))]
#[test]
fn without_profile_the_pages_say_so() {
    let listening = installed().listen(([127, 0, 0, 1], 0).into());
    let address = listening.http.expect("a free port");
    let index = http::get(address, "/debug/pprof/").body;
    for (what, pages) in [
        ("CPU profiles", ["profile?seconds=1", "flamegraph"]),
        ("heap profiles", ["heap", "allocs?seconds=1"]),
        ("list of tasks", ["tasks", "goroutine?debug=1"]),
        ("stacks", ["stack", "stack?json"]),
    ] {
        let sentence =
            format!("No {what}: this program is built without diagnostics' feature `profile`.");
        for page in pages {
            let answer = http::get(address, &format!("/debug/pprof/{page}"));
            assert_eq!((answer.status, answer.body.trim_end()), (501, &*sentence));
            assert!(
                !index.contains(&format!("href=\"/debug/pprof/{page}")),
                "{index}"
            );
        }
        assert!(index.contains(&sentence), "{index}");
    }
}

#[cfg(not(feature = "tracing"))]
#[test]
fn without_tracing_nothing_is_known_of_spans() {
    let stats = installed().runtime_stats();
    assert_eq!((stats.spans_opened, stats.events), (None, None));
    let sentence = "No numbers of spans and events: this program is built without diagnostics' feature `tracing`.";
    assert!(stats.missing.contains(&sentence), "{:?}", stats.missing);
}
