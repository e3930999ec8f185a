//! What each command prints.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;
use test_tools::Ran;

use crate::service::{BUSY, Service, rops};

pub fn list() {
    let service = Service::start();
    let text = Ran::of(rops()).expect(0).stdout;
    assert!(
        text.starts_with("PID ") || text.trim_start().starts_with("PID "),
        "{text}"
    );
    let line = text
        .lines()
        .find(|line| line.split_whitespace().next() == Some(&service.pid()))
        .expect("its line");
    assert!(
        line.contains(&format!("{}*", service.name)) && line.contains("1."),
        "{line}"
    );

    let all: Value =
        serde_json::from_str(&Ran::of(rops().arg("--json")).expect(0).stdout).expect("JSON");
    let mut listed = all.as_array().expect("a list").iter();
    let own = listed
        .find(|one| one["pid"].as_u64() == service.pid().parse().ok())
        .expect("it is listed");
    assert_eq!(
        (&own["agent"], &own["version"]),
        (&true.into(), &"7.8.9".into())
    );
    assert_eq!(own["http"][0], service.http.to_string());
    assert_eq!(own["ppid"], std::process::id());
}

pub fn tree() {
    let service = Service::start();
    let text = Ran::of(rops().arg("tree")).expect(0).stdout;
    let name = format!("[*]  {} ({}) {{rustc 1.", service.pid(), service.name);
    assert!(text.starts_with("...\n") && text.contains(&name), "{text}");
    // Below this test, which is in Rust, too.
    let own = text
        .lines()
        .position(|line| line.contains(&format!(" {} (", std::process::id())));
    let child = text.lines().position(|line| line.contains(&name));
    assert!(
        own.expect("this test") < child.expect("the service"),
        "{text}"
    );
}

pub fn one() {
    let service = Service::start();
    let text = service.rops(&[], &["1s"]).stdout;
    for line in [
        &format!("parent PID:     {}\n", std::process::id()),
        "threads: ",
        "memory usage: ",
        "cpu usage: ",
        "cpu usage (1s): ",
        "username: ",
        "cmd+args: ",
        "elapsed time:   00:",
        &format!("local/remote:   {} <-> 0.0.0.0:0 (LISTEN)\n", service.http),
        &format!("agent:          {}\n", service.socket),
    ] {
        assert!(text.contains(line), "{line:?}: {text}");
    }
    let json = service.json(&[], &["1s"]);
    assert!(
        json["cpu_percent_meanwhile"].as_f64() > Some(1.0),
        "it is busy: {json}"
    );
    assert!(
        json["threads"].as_u64() > Some(2) && json["rss"].as_u64() > Some(1 << 20),
        "{json}"
    );
    assert_eq!(json["connections"][0]["state"], "LISTEN");
}

pub fn found() {
    let service = Service::start();
    let http = service.http.to_string();
    for word in [
        service.pid(),
        service.socket.clone(),
        http.clone(),
        format!("http://{http}/"),
    ] {
        let ran = Ran::of(rops().args(["stats", &word])).expect(0);
        ran.printed("workers: 2\n");
    }
    // Other tests run services of that name at the same time.
    let named = Ran::of(rops().args(["stats", &service.name]));
    let several = named.stderr.contains("several processes are named");
    assert!(
        several || named.stdout.contains("workers: 2\n"),
        "{}{}",
        named.stdout,
        named.stderr
    );
}

pub fn stack() {
    let service = Service::start();
    let text = service.rops(&["stack"], &[]).stdout;
    for part in [
        "tokio-rt-worker: o",
        "502 tasks alive",
        "tests/live/service.rs:",
        "service::run (",
    ] {
        assert!(text.contains(part), "{part:?}: {text}");
    }
    let json = service.json(&["stack"], &["--tasks"]);
    assert!(
        json["threads"].as_array().expect("threads").len() > 3,
        "{json}"
    );
    assert_eq!(json["tasks"]["each"].as_array().expect("tasks").len(), 502);
    let place = &json["tasks"]["places"][0];
    assert_eq!(place["count"], 500);
    let refused = Ran::of(rops().args(["stack", &service.pid(), "--await"])).expect(1);
    refused.told("feature `taskdump`");
}

pub fn memstats() {
    let service = Service::start();
    let text = service.rops(&["memstats"], &[]).stdout;
    for line in [
        "alloc: ",
        "heap-in-use: ",
        "num-gc: none, because ",
        "rss: ",
    ] {
        assert!(
            text.lines().any(|one| one.starts_with(line)),
            "{line:?}: {text}"
        );
    }
    assert!(service.json(&["memstats"], &[])["mallocs"].as_u64() > Some(100));
}

pub fn stats() {
    let service = Service::start();
    let text = service.rops(&["stats"], &[]).stdout;
    for line in [
        "tasks alive: 502",
        "workers: 2",
        "blocking threads: 0",
        "OS threads: ",
        "CPUs: ",
    ] {
        assert!(
            text.lines().any(|one| one.starts_with(line)),
            "{line:?}: {text}"
        );
    }
    let json = service.json(&["stats"], &[]);
    assert_eq!(
        (&json["tasks_alive"], &json["workers"]),
        (&502.into(), &2.into())
    );
    assert_eq!(json["requests"][0]["route"], "/rooms/{id}");
    assert!(json["cpu_nanoseconds"].as_u64() > Some(0), "{json}");
}

pub fn version() {
    let service = Service::start();
    let text = service.rops(&["version"], &[]).stdout;
    let first = format!("program: {} 7.8.9\ncompiler: rustc 1.", service.name);
    assert!(text.starts_with(&first), "{text}");
    assert_eq!(service.json(&["version"], &[])["version"], "7.8.9");
}

pub fn gc() {
    let service = Service::start();
    let text = service.rops(&["gc"], &[]).stdout;
    assert!(
        text.starts_with("given back to the system: ") && text.contains("\nrss: "),
        "{text}"
    );
    assert!(service.json(&["gc"], &[])["rss_after"].as_u64() > Some(0));
}

pub fn setgc() {
    let service = Service::start();
    let held = service.rops(&["setgc"], &[]).stdout;
    assert_eq!(
        held,
        "dirty pages are given back after 10s\nmuzzy pages are given back after 0ns\n"
    );
    let set = service
        .rops(&["setgc"], &["off", "--muzzy", "250ms"])
        .stdout;
    assert_eq!(
        set,
        "dirty pages are given back never (off); it was after 10s\nmuzzy pages are given back after 250ms; it was after 0ns\n"
    );
    let json = service.json(&["setgc"], &["1.5s"]);
    assert_eq!(
        (&json["before"]["dirty_ms"], &json["now"]["dirty_ms"]),
        (&"off".into(), &1500.into())
    );
    Ran::of(rops().args(["setgc", &service.pid(), "10%"]))
        .expect(2)
        .told("times are written as");
}

pub fn cpu() {
    let service = Service::start();
    let file = service.folder.path("cpu.pb.gz");
    let path = file.display().to_string();
    service
        .rops(&["pprof-cpu"], &["--seconds", "1", "-o", &path])
        .told(&format!("saved to {path}"));
    Ran::of(rops().args(["pprof", "top", &path]))
        .expect(0)
        .printed(BUSY);

    // The console, with what somebody would type.
    let mut console = rops()
        .args(["pprof-cpu", &service.pid(), "--seconds", "1"])
        .env("TMPDIR", service.folder.root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut typed = console.stdin.take().expect("a pipe");
    typed.write_all(b"peek adds_up\n").expect("it reads");
    drop(typed);
    let ran: Ran = console.wait_with_output().expect("it ends").into();
    let ran = ran.expect(0);
    ran.printed(BUSY);
    ran.told(&format!(
        "saved to {}/{}-{}-cpu-1.pb.gz",
        service.folder.root().display(),
        service.name,
        service.pid()
    ));
}

pub fn heap() {
    let service = Service::start();
    let file = service.folder.path("heap.pb.gz");
    let json = service.json(&["pprof-heap"], &["-o", &file.display().to_string()]);
    let bytes = fs::metadata(&file).expect("it is saved").len();
    assert_eq!(
        (&json["file"], &json["bytes"]),
        (&file.display().to_string().into(), &bytes.into())
    );
    let ran = Ran::of(rops().args(["pprof", "top", "-alloc_space", &file.display().to_string()]));
    ran.expect(0).printed("service::request::");
}

pub fn trace() {
    let service = Service::start();
    let mut summary = rops();
    summary.args(["trace", &service.pid(), "--seconds", "1"]);
    // Nobody looks at a terminal, so it is the summary that opens.
    let ran = Ran::of(summary.env("TMPDIR", service.folder.root())).expect(0);
    ran.told("saved to ");
    ran.printed("tokio-rt-worker");
    let file = service.folder.path("trace.json").display().to_string();
    service.rops(&["trace"], &["--seconds", "1", "-o", &file]);
    Ran::of(rops().args(["trace", "requests", &file]))
        .expect(0)
        .printed("/rooms/{id}");
}

pub fn completions() {
    for shell in ["bash", "zsh", "fish"] {
        Ran::of(rops().args(["completions", shell]))
            .expect(0)
            .printed("pprof-cpu");
    }
}
