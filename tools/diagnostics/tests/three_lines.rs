//! The example: a service with three lines for the diagnostics, asked over HTTP.

mod http;

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::{env, thread};

/// Ends the service with the test.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// `cargo test` builds the examples, and puts them beside the tests' folder; for some tests alone it does not.
fn example() -> PathBuf {
    let test = env::current_exe().expect("this program");
    let profile = test.ancestors().nth(2).expect("the profile's folder");
    let name = format!("three_lines{}", env::consts::EXE_SUFFIX);
    let example = profile.join("examples").join(name);
    if !example.is_file() {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args([
            "build",
            "--package",
            "diagnostics",
            "--example",
            "three_lines",
        ]);
        cargo
            .arg("--target-dir")
            .arg(profile.parent().expect("the target folder"));
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().expect("cargo runs").success());
    }
    example
}

#[test]
fn three_lines_show_tasks_memory_and_spans() {
    let mut service = Command::new(example())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let output = BufReader::new(service.stdout.take().expect("a pipe"));
    let service = Service(service);
    let mut lines = output.lines().map(|line| line.expect("text"));
    let mut address = |what: &str| -> SocketAddr {
        let line = lines.next().expect("a line");
        line.replacen(what, "", 1).parse().expect("an address")
    };
    let debug = address("diagnostics on http://");
    let app = address("listening on http://");

    let before = http::get(debug, "/debug/memstats").json();
    for _ in 0..5 {
        assert_eq!(http::get(app, "/").body, "hello\n".repeat(1000));
    }
    let after = http::get(debug, "/debug/memstats").json();
    let grown =
        |field: &str| after[field].as_u64().expect(field) - before[field].as_u64().expect(field);
    assert!(
        grown("mallocs") >= 5 && grown("total_alloc") >= 5 * 6000,
        "{before} {after}"
    );

    let stats = http::get(debug, "/debug/runtime").json();
    assert!(stats["tasks_alive"].as_u64() >= Some(5), "{stats}");
    assert_eq!(
        stats["workers"],
        thread::available_parallelism().expect("a number").get()
    );
    let traced = (&stats["spans_opened"], &stats["events"]["info"]);
    assert_eq!(traced, (&5.into(), &5.into()), "{stats}");
    if cfg!(all(tokio_unstable, target_os = "linux")) {
        assert!(stats["tasks_spawned"].as_u64() >= Some(5), "{stats}");
        assert_eq!(stats["missing"], serde_json::json!([]), "{stats}");
    }
    let index = http::get(debug, "/debug/pprof/").body;
    for shown in [
        "href=\"/debug/memstats\"",
        "tasks alive",
        "spans opened",
        "allocations since the start",
    ] {
        assert!(index.contains(shown), "{shown}: {index}");
    }
    drop(service);
}
