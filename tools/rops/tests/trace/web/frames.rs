//! How fluently a timeline of 200,000 events moves.

use std::fmt::Write as _;
use std::time::Instant;

use fastrand::Rng;
use serde_json::{Value, json};
use test_tools::Folder;
use test_tools::browser::{Session, with_browser};

use super::{READY, keep, serve};
use crate::frames::{self, TIME};

const EVENTS: u64 = 200_000;

/// Polls with spans in them on eight threads, and requests in 16 lanes.
fn large() -> String {
    let mut random = Rng::with_seed(5);
    let mut json = String::from("{\"traceEvents\":[");
    let mut now = [0.0_f64; 24];
    for event in 0..EVENTS / 2 {
        let track = event as usize % 24;
        let start = now[track] + random.f64() * 20.0;
        let end = start + 5.0 + random.f64() * 200.0 * random.f64();
        now[track] = end;
        let (dur, inner) = (end - start, (end - start) / 2.0);
        let comma = if event == 0 { "" } else { "," };
        let name = random.u8(0..60);
        let _ = match track {
            0..8 => write!(
                json,
                "{comma}{{\"ph\":\"X\",\"cat\":\"poll\",\"name\":\"src/task{name}.rs:7:5\",\"pid\":1,\"tid\":{track},\"ts\":{start:.3},\"dur\":{dur:.3},\"args\":{{\"task\":{event},\"ready\":1}}}},\
                 {{\"ph\":\"X\",\"cat\":\"span\",\"name\":\"span{name}\",\"pid\":1,\"tid\":{track},\"ts\":{start:.3},\"dur\":{inner:.3},\"args\":{{\"span\":{event}}}}}"
            ),
            _ => write!(
                json,
                "{comma}{{\"ph\":\"X\",\"cat\":\"request\",\"name\":\"/route{name}\",\"pid\":2,\"tid\":{track},\"ts\":{start:.3},\"dur\":{dur:.3},\"args\":{{\"span\":{event},\"at\":\"src/a.rs:1\"}}}},\
                 {{\"ph\":\"X\",\"cat\":\"busy\",\"name\":\"busy\",\"pid\":2,\"tid\":{track},\"ts\":{start:.3},\"dur\":{inner:.3},\"args\":{{\"thread\":1,\"task\":{event}}}}}"
            ),
        };
    }
    json.push_str("]}");
    json
}

/// Zooms, drags, searches and goes back to everything, as somebody does who looks for something.
async fn look_around(session: &Session) {
    const CONTROL: i32 = 2;
    let mouse = async |kind: &str, x: i32, y: i32, others: Value| {
        let mut event = json!({ "type": kind, "x": x, "y": y, "button": "left" });
        let fields = others.as_object().expect("they are fields");
        event
            .as_object_mut()
            .expect("it is one")
            .extend(fields.clone());
        session.command("Input.dispatchMouseEvent", event).await;
    };
    let begin = Instant::now();
    for turn in 0.. {
        let at = 220 + turn * 97 % 500;
        for _ in 0..12 {
            let nearer =
                json!({ "modifiers": CONTROL, "deltaX": 0, "deltaY": -150, "button": "none" });
            mouse("mouseWheel", at, 250, nearer).await;
        }
        mouse("mousePressed", at, 300, json!({ "clickCount": 1 })).await;
        for step in 1..10 {
            let held = json!({ "buttons": 1 });
            mouse("mouseMoved", at - step * 15, 300 - step * 4, held).await;
        }
        mouse("mouseReleased", at - 150, 260, json!({ "clickCount": 1 })).await;
        mouse("mousePressed", at, 200, json!({ "clickCount": 1 })).await;
        mouse("mouseReleased", at, 200, json!({ "clickCount": 1 })).await;
        session
            .run("document.querySelector('[name=search]').focus()")
            .await;
        for letter in ["r", "1", "7"] {
            session.press(letter).await;
        }
        session.press("Enter").await;
        session.press("n").await;
        session.press("0").await;
        session
            .run("document.querySelector('[name=search]').focus()")
            .await;
        session.press("Escape").await;
        if begin.elapsed() > TIME {
            break;
        }
    }
}

#[test]
fn two_hundred_thousand_events_move_fluently() {
    with_browser(async |session: &Session| {
        let folder = Folder::new();
        let server = serve(&folder, &large());
        session.open(&server.url).await;
        session.until(READY).await;
        frames::record(session).await;
        look_around(session).await;
        keep(session, "timeline-frames").await;
        let headline = format!(
            "rops trace web, {} events: zooming, dragging and searching",
            terminal::grouped(EVENTS)
        );
        frames::judge(session, &headline, "ROPS_TIMELINE_FRAMES").await;
    });
}
