//! The debug listener over real sockets.

mod http;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Barrier, OnceLock};

use diagnostics::{Diagnostics, Error};
#[cfg(feature = "tracing")]
use tracing_subscriber::prelude::*;

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

/// A process has one installation, which the tests share.
fn installed() -> &'static Diagnostics {
    static INSTALLED: OnceLock<Diagnostics> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        let options = diagnostics::Options::default().allow_host("booking.internal");
        diagnostics::install_with(options).expect("a first installation")
    })
}

fn listen() -> SocketAddr {
    let any_port = "127.0.0.1:0".parse().expect("an address");
    installed().listen(any_port).http.expect("a free port")
}

#[test]
fn the_index_links_what_answers_and_loads_nothing() {
    let address = listen();
    for path in ["/", "/debug/pprof"] {
        let answer = http::get(address, path);
        assert_eq!(answer.status, 307);
        assert!(
            answer.head.contains("location: /debug/pprof/"),
            "{}",
            answer.head
        );
    }
    let index = http::get(address, "/debug/pprof/");
    assert_eq!(index.status, 200);
    assert!(index.head.contains("content-type: text/html"));
    let policy = "content-security-policy: default-src 'none'";
    assert!(index.head.contains(policy), "{}", index.head);
    assert!(!index.body.contains("http://") && !index.body.contains("https://"));

    let links: Vec<_> = index
        .body
        .split("<a href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(links.contains(&"/debug/memstats"), "{links:?}");
    for link in links {
        let shorter = link.replace("seconds=5", "seconds=1");
        assert_eq!(http::get(address, &shorter).status, 200, "{link}");
    }
}

#[test]
fn memstats_are_those_of_this_process() {
    let address = listen();
    let block = std::hint::black_box(vec![1u8; 48 << 20]);
    let stats = http::get(address, "/debug/memstats").json();
    assert!(stats["alloc"].as_u64() >= Some(48 << 20), "{stats}");
    assert!(stats["mallocs"].as_u64() >= stats["frees"].as_u64());
    drop(block);
}

#[test]
fn the_command_line_is_separated_by_nul() {
    let line = http::get(listen(), "/debug/pprof/cmdline").body;
    let arguments: Vec<_> = std::env::args().collect();
    assert_eq!(line.split('\0').collect::<Vec<_>>(), arguments);
}

#[test]
fn other_paths_name_the_index_and_other_methods_are_refused() {
    let address = listen();
    let unknown = http::get(address, "/debug/pprof/nothing");
    assert_eq!(unknown.status, 404);
    assert!(unknown.body.contains("/debug/pprof/."), "{}", unknown.body);
    let post = http::send(address, "POST", "/debug/memstats", "localhost");
    assert_eq!(post.status, 405);
}

#[test]
fn a_foreign_name_is_refused_and_an_allowed_one_answered() {
    let address = listen();
    let ask = |host| http::send(address, "GET", "/debug/memstats", host);
    let refused = ask("rebound.example:6060");
    assert_eq!(refused.status, 403);
    assert!(refused.body.contains("rebound.example") && refused.body.contains("allow_host"));
    for host in [
        "localhost",
        "127.0.0.1:1",
        "[::1]:6060",
        "booking.internal:6060",
    ] {
        assert_eq!(ask(host).status, 200, "{host}");
    }
}

#[test]
fn it_answers_while_every_worker_of_the_service_is_blocked() {
    let runtime = installed()
        .runtime()
        .worker_threads(2)
        .build()
        .expect("a runtime");
    let address = listen();
    let (blocked, release) = (Arc::new(Barrier::new(3)), Arc::new(Barrier::new(3)));
    for _ in 0..2 {
        let (blocked, release) = (Arc::clone(&blocked), Arc::clone(&release));
        runtime.spawn(async move {
            blocked.wait();
            release.wait();
        });
    }
    blocked.wait();
    runtime.spawn(async {});
    let stats = http::get(address, "/debug/runtime").json();
    release.wait();

    assert_eq!(
        stats["tasks_alive"], 3,
        "two that block and one that waits for a worker: {stats}"
    );
    assert_eq!(stats["workers"], 2);
    assert!(stats["available_cores"].as_u64() >= Some(1));
    if cfg!(tokio_unstable) {
        assert_eq!(stats["tasks_spawned"], 3);
    } else {
        assert!(stats["tasks_spawned"].is_null());
        assert!(stats["missing"].to_string().contains("tokio_unstable"));
    }
    if cfg!(target_os = "linux") {
        assert!(stats["threads"].as_u64() >= Some(3), "{stats}");
    }
    drop(runtime);
    assert_eq!(
        http::get(address, "/debug/runtime").json()["tasks_alive"],
        0
    );
}

#[cfg(feature = "tracing")]
#[test]
fn the_layer_counts_at_its_level_and_leaves_other_layers_alone() {
    let subscriber = tracing_subscriber::registry().with(diagnostics::layer());
    let before = installed().runtime_stats();
    tracing::subscriber::with_default(subscriber, || {
        assert!(
            !tracing::event_enabled!(tracing::Level::DEBUG),
            "it switches on what nobody wants"
        );
        for _ in 0..3 {
            let _entered = tracing::info_span!("request").entered();
            tracing::info!("one");
        }
        tracing::warn!("two");
        tracing::debug!("not seen");
        let _detail = tracing::debug_span!("detail").entered();
        let _unseen = tracing::trace_span!("detail of the detail").entered();

        // Not loopback, so it warns; this test's subscriber hears it.
        let exposed = installed()
            .listen("0.0.0.0:0".parse().expect("an address"))
            .http
            .expect("a free port");
        assert_ne!(exposed.port(), 0);
    });
    let after = installed().runtime_stats();
    let (events, earlier) = (
        after.events.expect("a layer"),
        before.events.unwrap_or_default(),
    );
    let opened = after.spans_opened.unwrap_or(0) - before.spans_opened.unwrap_or(0);
    // One warning is ours, and one the listener's.
    let counted = [
        events.info - earlier.info,
        events.warn - earlier.warn,
        events.debug,
    ];
    assert_eq!((opened, counted), (4, [3, 2, 0]));
}

#[test]
fn idle_clients_cannot_keep_others_out() {
    let address = listen();
    // More than are served at once, and none of them says anything.
    let silent: Vec<_> = (0..70)
        .map(|_| TcpStream::connect(address).expect("room in the queue"))
        .collect();
    assert_eq!(http::get(address, "/debug/runtime").status, 200);
    drop(silent);
}

#[test]
fn errors_are_returned_and_say_what_to_do() {
    installed();
    assert!(matches!(
        diagnostics::install(),
        Err(Error::AlreadyInstalled)
    ));
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("its address");
    let failed = installed().listen(address);
    assert!(matches!(failed.http, Err(Error::Bind { .. })));
    let text = failed.to_string();
    assert!(text.starts_with("no diagnostics over HTTP: "), "{text}");
    assert!(
        text.contains(&address.to_string()) && text.contains("port 0"),
        "{text}"
    );
    let listening = installed().listen("127.0.0.1:0".parse().expect("an address"));
    let bound = listening.http.as_ref().expect("a free port");
    assert_eq!(
        listening.to_string(),
        format!("diagnostics on http://{bound}")
    );
}

/// On Linux with glibc jemalloc has its background thread; the kernel shows its name.
#[cfg(all(feature = "jemalloc", target_os = "linux", target_env = "gnu"))]
#[test]
fn unused_pages_are_given_back_by_a_thread_of_jemalloc() {
    installed();
    let threads = std::fs::read_dir("/proc/self/task").expect("the list of threads");
    let names: Vec<_> = threads
        .filter_map(|thread| std::fs::read_to_string(thread.ok()?.path().join("comm")).ok())
        .collect();
    assert!(
        names.iter().any(|name| name.starts_with("jemalloc_bg")),
        "{names:?}"
    );
}
