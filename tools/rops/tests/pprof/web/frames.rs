//! How fluently a flame graph of 100,000 stacks moves.

use std::collections::HashSet;
use std::fs;
use std::time::Instant;

use serde_json::{Value, json};
use test_tools::Folder;
use test_tools::browser::{Session, with_browser};

use super::serve;
use crate::frames::{self, TIME};
use crate::generator::large;

const STACKS: usize = 100_000;

/// Moves, clicks and turns the wheel as somebody does who looks for something.
async fn look_around(session: &Session) {
    let mouse = async |kind: &str, x: i32, y: i32, others: Value| {
        let mut event = json!({ "type": kind, "x": x, "y": y, "button": "left" });
        let fields = others.as_object().expect("they are fields");
        event
            .as_object_mut()
            .expect("it is one")
            .extend(fields.clone());
        session.command("Input.dispatchMouseEvent", event).await;
    };
    const CONTROL: i32 = 2;
    let begin = Instant::now();
    for turn in 0.. {
        let at = 200 + turn * 97 % 800;
        // Nearer, and along.
        for _ in 0..8 {
            mouse(
                "mouseWheel",
                at,
                250,
                json!({ "modifiers": CONTROL, "deltaX": 0, "deltaY": -120, "button": "none" }),
            )
            .await;
        }
        mouse("mousePressed", at, 300, json!({ "clickCount": 1 })).await;
        for step in 1..10 {
            mouse(
                "mouseMoved",
                at - step * 15,
                300 - step * 4,
                json!({ "buttons": 1 }),
            )
            .await;
        }
        mouse("mouseReleased", at - 150, 260, json!({ "clickCount": 1 })).await;
        // Into a box, and what the pointer passes.
        mouse("mousePressed", at, 200, json!({ "clickCount": 1 })).await;
        mouse("mouseReleased", at, 200, json!({ "clickCount": 1 })).await;
        for step in 0..10 {
            mouse("mouseMoved", 100 + step * 100, 100 + step * 40, json!({})).await;
        }
        // A search, letter by letter, and everything again.
        session
            .run("document.querySelector('[name=search]').focus()")
            .await;
        for letter in ["1", "2", "3"] {
            session.press(letter).await;
        }
        session.press("Escape").await;
        session.press("Escape").await;
        if begin.elapsed() > TIME {
            break;
        }
    }
}

#[test]
fn a_hundred_thousand_stacks_move_fluently() {
    with_browser(async |session: &Session| {
        let folder = Folder::new();
        let path = folder.path("large.pb.gz");
        let profile = large(STACKS * 5 / 4);
        let samples = profile.samples.iter();
        let stacks: HashSet<&[u64]> = samples.map(|sample| &sample.location_ids[..]).collect();
        let stacks = stacks.len();
        assert!(stacks > STACKS, "{stacks}");
        fs::write(&path, profile.encode()).expect("the folder can be written to");
        let server = serve(&["web", &path.display().to_string()]);
        session.open(&server.url).await;
        session
            .until("return document.querySelector('canvas') !== null")
            .await;
        session
            .until("return document.getElementById('view').getAttribute('aria-busy') === 'false'")
            .await;
        let boxes = session
            .run_async("return (await fetch('/-/flame').then((it) => it.arrayBuffer())).byteLength")
            .await;
        frames::record(session).await;
        look_around(session).await;
        super::looks::keep(session, "frames").await;
        // It did move: each box that was clicked on is an address.
        let addresses = session.run("return history.length").await;
        assert!(addresses.as_u64() > Some(5), "{addresses}");
        let headline = format!(
            "rops pprof web, {} distinct stacks, {} MB of boxes: zooming, panning and searching",
            terminal::grouped(stacks),
            boxes.as_u64().unwrap_or(0) / 1_000_000
        );
        frames::judge(session, &headline, "ROPS_FRAMES").await;
    });
}
