//! What the agent answers.

use crate::service::{Service, runtime_folder};

pub fn same() {
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("blocked", &runtime);
    for path in ["/debug/pprof/cmdline", "/debug/version", "/nothing"] {
        let (agent, listener) = (service.get(path), crate::http::get(service.http, path));
        assert_eq!((agent.status, agent.body), (listener.status, listener.body));
    }
    let profile = service.get("/debug/pprof/profile?seconds=1");
    match cfg!(feature = "profile") {
        true => assert_eq!(
            (profile.status, &profile.bytes[..2]),
            (200, &[0x1f, 0x8b][..])
        ),
        false => assert_eq!(profile.status, 501),
    }
}

#[cfg(all(feature = "profile", tokio_unstable))]
pub fn blocked() {
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("blocked", &runtime);
    let source = include_str!("service.rs").lines().enumerate();
    let mut lines = source.filter(|(_, line)| line.contains("sleep(Duration::from_secs(600))"));
    let (line, _) = lines.next().expect("the blocking line");
    let place = format!("tests/agent/service.rs:{})", line + 1);

    let text = service.get("/debug/pprof/stack").body;
    let threads: Vec<&str> = text.split("\nthread ").skip(1).collect();
    let blocked = threads.iter().filter(|thread| {
        let stack: Vec<&str> = thread.lines().collect();
        let frame = |frame: &&&str| frame.contains("blocks_a_worker") && frame.contains(&place);
        stack.iter().any(|line| frame(&line))
    });
    let blocked: Vec<_> = blocked.collect();
    assert_eq!(blocked.len(), 3, "{text}");
    for thread in blocked {
        let head = thread.lines().next().expect("a line");
        assert!(
            head.contains("off CPU") && head.contains(", polls task "),
            "{head}"
        );
        assert!(
            head.contains("(spawned at tools/diagnostics/tests/agent/service.rs:"),
            "{head}"
        );
    }
    // The main thread waits for its input.
    assert!(
        threads
            .iter()
            .any(|thread| thread.contains("agent::service::run")),
        "{text}"
    );

    let json = service.get("/debug/pprof/stack?json").json();
    let threads = json["threads"].as_array().expect("threads");
    let polls = threads.iter().filter(|thread| !thread["polls"].is_null());
    assert_eq!(polls.count(), 3, "{json}");
    let listed = std::fs::read_dir(format!("/proc/{}/task", service.pid()))
        .expect("it runs")
        .count();
    // The one that has read them may not have ended yet.
    assert!(threads.len() + 1 >= listed, "{} of {listed}", threads.len());
    assert_eq!(json["tasks"]["count"], 3);
    assert_eq!(json["tasks"]["places"][0]["running"], 3);
}

#[cfg(not(all(feature = "profile", tokio_unstable)))]
pub fn blocked() {
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("", &runtime);
    let status = service.get("/debug/pprof/stack").status;
    assert_eq!(status, if cfg!(feature = "profile") { 200 } else { 501 });
}

/// Not at the lowest, or the answer of a busy service would come too late.
#[cfg(feature = "profile")]
pub fn low_priority() {
    const LOW: i32 = 10;
    let (_kept, runtime) = runtime_folder();
    let seen = (0..100).any(|_| {
        // The first reading of a process takes longest.
        let service = Service::start("", &runtime);
        if service
            .priorities("tokio-rt-worker")
            .iter()
            .all(|&own| own >= LOW)
        {
            return true; // It was started at a low priority: there is nothing to see.
        }
        std::thread::scope(|scope| {
            let reading = scope.spawn(|| service.get("/debug/pprof/stack"));
            while !reading.is_finished() {
                if service.priorities("diagnostics-stk").contains(&LOW) {
                    return true;
                }
            }
            false
        })
    });
    assert!(seen, "it has the priority of the service's own threads");
}

#[cfg(not(feature = "profile"))]
pub fn low_priority() {}

/// Both are taken by the same signal.
#[cfg(feature = "profile")]
pub fn at_once() {
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("spins", &runtime);
    let read = || service.get("/debug/pprof/stack?json").json();
    let spinning = |stacks: &serde_json::Value| {
        let threads = stacks["threads"].as_array().expect("threads").iter();
        threads
            .filter(|thread| thread.to_string().contains("service::spins"))
            .count()
    };
    // A thread that has just been started takes no signal yet.
    assert!((0..100).any(|_| spinning(&read()) == 1));
    std::thread::scope(|scope| {
        let profile = scope.spawn(|| service.get("/debug/pprof/profile?seconds=3"));
        while !profile.is_finished() {
            let stacks = read();
            assert_eq!(spinning(&stacks), 1, "{stacks}");
            assert_eq!(service.get("/debug/runtime").status, 200);
        }
        assert_eq!(profile.join().expect("no panic").status, 200);
    });
}

#[cfg(not(feature = "profile"))]
pub fn at_once() {}

#[cfg(all(feature = "profile", tokio_unstable))]
pub fn tasks() {
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("sleepers", &runtime);
    let read = || service.get("/debug/pprof/stack?json&tasks").json();
    let all_were_polled = |json: &serde_json::Value| json["tasks"]["places"][0]["polls"] == 1000;
    let json = (0..100).map(|_| read()).find(all_were_polled);
    let json = json.expect("each is polled once before it sleeps");
    let tasks = &json["tasks"];
    assert_eq!(
        (&tasks["count"], &tasks["not_listed"]),
        (&1000.into(), &0.into())
    );
    let place = &tasks["places"][0];
    let spawned_at = place["spawned_at"].as_str().expect("text");
    assert!(
        spawned_at.contains("tests/agent/service.rs:"),
        "{spawned_at}"
    );
    assert_eq!(place["count"], 1000);
    assert!(place["busy"].as_u64() > Some(0), "{place}");
    assert!(
        place["oldest"].as_u64() >= place["idle"].as_u64(),
        "{place}"
    );
    let each = tasks["each"].as_array().expect("each");
    assert_eq!(each.len(), 1000);
    assert!(
        each.iter()
            .all(|task| task["polls"] == 1 && task["task"].as_u64() > Some(0))
    );

    let text = service.get("/debug/pprof/stack").body;
    assert!(text.contains("\n1,000 tasks alive\n"), "{text}");
}

#[cfg(not(all(feature = "profile", tokio_unstable)))]
pub fn tasks() {
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("sleepers", &runtime);
    assert_eq!(service.get("/debug/runtime").json()["tasks_alive"], 1000);
}

/// Where each task waits, and where nobody can tell.
#[cfg(all(feature = "taskdump", tokio_unstable))]
pub fn dump() {
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("sleepers", &runtime);
    let dumped = |path: &str| {
        let mut answer = None;
        // A machine that is busy with other things does not always get to it in two seconds.
        test_tools::eventually("a dump", || {
            let told = service.get(path);
            let is_there = told.status == 200;
            assert!(is_there || told.body.contains("ask again"), "{}", told.body);
            answer = Some(told);
            is_there
        });
        answer.expect("it was there")
    };
    let text = dumped("/debug/pprof/stack?await").body;
    let (_, waits) = text.split_once("\n1,000 tasks wait at\n").expect(&text);
    assert!(waits.contains("tokio::time::sleep::Sleep"), "{waits}");
    let json = dumped("/debug/pprof/stack?await&json").json();
    let waits = json["waits"].as_array().expect("waits");
    assert_eq!(waits.len(), 1000);
    for (work, reason) in [
        ("blocked", "has held its worker"),
        ("alone", "`current_thread`"),
    ] {
        let refused = Service::start(work, &runtime).get("/debug/pprof/stack?await");
        assert_eq!(refused.status, 501);
        assert!(refused.body.contains(reason), "{}", refused.body);
    }
    // Without the recorder nobody knows of the poll, so the dump is begun. It is over after the poll, and another can follow.
    let service = Service::start("unrecorded holds", &runtime);
    let late = service.get("/debug/pprof/stack?await");
    assert!(
        late.status == 501 && late.body.contains("ask again"),
        "{}",
        late.body
    );
    test_tools::eventually("a dump after the poll", || {
        service.get("/debug/pprof/stack?await").status == 200
    });
}

#[cfg(not(all(feature = "taskdump", tokio_unstable)))]
pub fn dump() {
    let (_kept, runtime) = runtime_folder();
    let refused = Service::start("", &runtime).get("/debug/pprof/stack?await");
    assert_eq!(refused.status, 501);
    let reason = match (cfg!(feature = "profile"), cfg!(feature = "taskdump")) {
        (false, _) => "feature `profile`",
        (true, false) => "feature `taskdump`",
        (true, true) => "`--cfg tokio_unstable`",
    };
    assert!(refused.body.contains(reason), "{}", refused.body);
}

pub fn gc() {
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("", &runtime);
    assert_eq!(service.get("/debug/gc").status, 405, "it changes something");
    let returned = service.ask("POST", "/debug/gc").json();
    let field = |name: &str| returned[name].as_u64().expect(name);
    assert!(
        field("rss_before") > 0 && field("rss_after") > 0,
        "{returned}"
    );
    if cfg!(feature = "jemalloc") {
        assert!(
            field("resident_after") <= field("resident_before"),
            "{returned}"
        );
    }
}

#[cfg(feature = "jemalloc")]
pub fn setgc() {
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("", &runtime);
    let get = || service.get("/debug/setgc").json();
    // jemalloc's own.
    let first = serde_json::json!({ "dirty_ms": 10_000, "muzzy_ms": 0 });
    assert_eq!(get(), first);
    let before = service
        .ask("POST", "/debug/setgc?dirty=off&muzzy=250")
        .json();
    assert_eq!(before, first);
    assert_eq!(
        get(),
        serde_json::json!({ "dirty_ms": "off", "muzzy_ms": 250 })
    );
    service.ask("POST", "/debug/setgc?dirty=0");
    assert_eq!(get()["dirty_ms"], 0);
    for wrong in ["?dirty=soon", "?dirt=1"] {
        assert_eq!(
            service.ask("POST", &format!("/debug/setgc{wrong}")).status,
            400
        );
    }
}

#[cfg(not(feature = "jemalloc"))]
pub fn setgc() {
    let (_kept, runtime) = runtime_folder();
    let answer = Service::start("", &runtime).get("/debug/setgc");
    assert_eq!(answer.status, 501);
    assert!(answer.body.contains("jemalloc"), "{}", answer.body);
}

pub fn version() {
    let (_kept, runtime) = runtime_folder();
    let service = Service::start("", &runtime);
    let version = service.get("/debug/version").json();
    assert_eq!(version["version"], "1.2.3");
    assert!(
        version["rustc"]
            .as_str()
            .expect("text")
            .starts_with("rustc 1.")
    );
    assert!(version["target"].as_str().expect("text").contains("linux"));
    assert_eq!(version["debug_assertions"], cfg!(debug_assertions));
    let features = version["features"].as_array().expect("features");
    assert!(features.contains(&"http".into()));
    let text = service.get("/debug/version?debug=1").body;
    assert!(text.contains("compiler: rustc 1."), "{text}");
}
