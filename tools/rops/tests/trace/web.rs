//! The timeline's page: what its server answers, and what a browser makes of it.

mod frames;

use std::fs;

use serde_json::{Value, json};
use test_tools::browser::{Session, with_browser};
use test_tools::{Folder, TestTools};

use crate::server::Server;
use crate::written::Written;

const READY: &str = "return document.getElementById('view')?.getAttribute('aria-busy') === 'false'";

/// The page of a trace, which lies in the folder.
fn serve(folder: &Folder, json: &str) -> Server {
    let path = folder.path("trace.json");
    fs::write(&path, json).expect("the folder can be written to");
    Server::start(&["trace", "web", &path.display().to_string()])
}

/// A request whose task is polled twice, and is ready in between for the most part; times are microseconds.
fn slow() -> Written {
    Written::default()
        .request(70, 0, (100.0, 1100.0), "/rooms")
        .span(71, 0, (200.0, 900.0), ("query", "src/db.rs:5"))
        .poll(1, 11, (90.0, 310.0), 5.0)
        .busy((0, 70), 1, 11, (100.0, 200.0))
        .poll(1, 11, (850.0, 1105.0), 500.0)
        .poll(2, 11, (320.0, 840.0), 0.0)
        .other(json!({"ph": "i", "pid": 1, "tid": 11, "ts": 400.0, "name": "hash", "s": "t",
            "args": {"stack": ["hash (src/hash.rs:1)", "login (src/auth.rs:2)"]}}))
        .other(json!({"ph": "C", "name": "tasks", "pid": 1, "tid": 0, "ts": 5.0, "args": {"alive": 7}}))
        .other(json!({"ph": "M", "name": "thread_name", "pid": 1, "tid": 11, "ts": 0.0, "args": {"name": "worker"}}))
        .other(json!({"ph": "M", "name": "thread_name", "pid": 2, "tid": 0, "ts": 0.0, "args": {"name": "lane 1"}}))
}

#[test]
fn the_server_tells_of_boxes_and_what_belongs_to_them() {
    let folder = Folder::new();
    let server = serve(&folder, &slow().json());
    let about = server.json("/-/about");
    assert_eq!(
        (&about["title"], &about["length"]),
        (&json!("trace.json"), &json!(1_105_000))
    );
    assert_eq!(about["counters"][0]["values"], json!([[5_000, 7.0]]));
    // The first track is the worker: three polls, and a visit in the first one.
    let facts = server.json("/-/box?track=0&box=2");
    let named = |facts: &Value, name: &str| {
        let all = facts.as_array().expect("a list");
        let found = all.iter().find(|fact| fact["name"] == name);
        found.map(|fact| fact["value"].clone())
    };
    assert_eq!(named(&facts, "task"), Some(json!("2")), "{facts}");
    let facts = server.json("/-/box?track=0&box=3");
    assert_eq!(
        named(&facts, "ready before"),
        Some(json!("500 µs")),
        "{facts}"
    );
    let facts = server.json("/-/box?track=1&box=0");
    assert_eq!(
        named(&facts, "request"),
        Some(json!("1, /rooms")),
        "{facts}"
    );
    assert_eq!(server.json("/-/polls?request=1"), json!([[0, 0], [0, 3]]));
    assert_eq!(server.json("/-/why?request=1")["length"], 1_000_000);
    let flame = server.json("/-/flame?track=0&box=2");
    let names: Vec<_> = [0, 1]
        .map(|frame: usize| flame["boxes"][frame]["name"].as_str())
        .into();
    assert_eq!(flame["samples"], 1);
    assert_eq!(
        names,
        [Some("login (src/auth.rs:2)"), Some("hash (src/hash.rs:1)")]
    );

    for (path, told) in [
        ("/-/box?track=9&box=0", "there is no such box"),
        ("/-/box?track=0", "box is a whole number"),
        ("/-/why?request=9", "there is no request 9"),
        ("/-/other", "there is no /-/other here"),
    ] {
        let (status, body) = server.ask(path);
        assert_eq!(status, 400, "{path}");
        assert!(body.contains(told), "{path}: {body}");
    }
    let (status, _) = server.ask_for("/", Some("evil.example"));
    assert_eq!(status, 421);
}

#[test]
fn a_request_leads_to_why_and_to_its_polls() {
    with_browser(async |session: &Session| {
        let folder = Folder::new();
        let server = serve(&folder, &slow().json());
        session.open(&format!("{}/?search=rooms", server.url)).await;
        session.until(READY).await;
        assert_eq!(session.text_of("#found").await, "1 found");
        session.press("n").await;
        session
            .until("return document.querySelector('#side h2').textContent === 'request: /rooms'")
            .await;
        session.press("y").await;
        session
            .until("return document.querySelector('#side li') !== null")
            .await;
        let why = session.text_of("#side li").await;
        assert!(
            why.contains("ready but not polled: the one worker was"),
            "{why}"
        );
        session.press("p").await;
        session
            .until("return document.querySelectorAll('#side li').length === 2")
            .await;
        session.click("#side li button").await;
        session
            .until("return document.querySelector('#side h2').textContent.startsWith('poll: ')")
            .await;
        // Who is sent the address sees the same.
        session.press("Enter").await;
        session
            .until("return new URLSearchParams(location.search).has('from') && new URLSearchParams(location.search).has('box')")
            .await;
        let address = session
            .run("return location.pathname + location.search")
            .await;
        let address = address.as_str().expect("it is a text");
        session.open(&format!("{}{address}", server.url)).await;
        session.until(READY).await;
        let heading = session.text_of("#side h2").await;
        assert!(heading.starts_with("poll: "), "{heading}");
        session.press("Escape").await;
        session.press("0").await;
        session
            .until("return location.search === '?search=rooms'")
            .await;
        // A long poll leads to its samples.
        session.press("ArrowDown").await;
        session.press("ArrowRight").await;
        session.press("f").await;
        session
            .until("return document.querySelectorAll('.frames span').length === 2")
            .await;
        session.assert_only(&server.url, &[]).await;
    });
}

#[test]
fn everybody_can_use_it() {
    let Some(axe) = test_tools::needed(TestTools::here().axe_core()) else {
        return;
    };
    let axe = fs::read_to_string(axe).expect("it is a script");
    with_browser(async |session: &Session| {
        let folder = Folder::new();
        let server = serve(&folder, &slow().json());
        for is_dark in [false, true] {
            session.dark(is_dark).await;
            session.open(&format!("{}/?box=0", server.url)).await;
            session.until(READY).await;
            session
                .until("return document.querySelector('#side dd') !== null")
                .await;
            keep(session, if is_dark { "timeline-dark" } else { "timeline" }).await;
            session.run(&format!("{axe}; return true")).await;
            let found = session
                .run_async("return (await axe.run()).violations.filter((one) => ['serious', 'critical'].includes(one.impact)).map((one) => [one.id, one.nodes.map((node) => node.html).slice(0, 3)])")
                .await;
            assert_eq!(found, json!([]), "dark: {is_dark}");
        }
    });
}

/// Keeps a picture in the folder that `ROPS_PICTURES` names, for people who want to look at the page.
async fn keep(session: &Session, name: &str) {
    if let Ok(folder) = std::env::var("ROPS_PICTURES") {
        let path = std::path::Path::new(&folder)
            .join(name)
            .with_extension("png");
        fs::write(&path, session.screenshot().await).expect("the folder can be written to");
    }
}
