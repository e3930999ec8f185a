//! How fluently a page moves while somebody looks around on it.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use serde_json::Value;
use test_tools::browser::Session;

/// How long somebody looks around.
pub const TIME: Duration = Duration::from_secs(10);

/// What people take for fluent, in milliseconds: that of nineteen frames of twenty, and of the slowest one.
const TARGETS: (f64, f64) = (50.0, 200.0);
/// Machines that run tests are slow and busy.
const LENIENCE: f64 = 5.0;

/// Notes how long it is from one frame to the next.
const RECORD: &str = "
    window.frames_ = [];
    let last = performance.now();
    const next = (now) => { frames_.push(now - last); last = now; requestAnimationFrame(next); };
    requestAnimationFrame(next);";

/// Begins to note the frames of the page that is open.
pub async fn record(session: &Session) {
    session.run(RECORD).await;
}

/// Ends with what they were, under a headline; `variable` may name a file that keeps it.
///
/// # Panics
/// When they were far from fluent.
pub async fn judge(session: &Session, headline: &str, variable: &str) {
    let frames = session.run("return frames_").await;
    let frames = frames.as_array().expect("a list").iter();
    let mut frames: Vec<f64> = frames.filter_map(Value::as_f64).collect();
    assert!(frames.len() > 20, "{} frames", frames.len());
    frames.sort_by(f64::total_cmp);
    let part = |part: f64| frames[(frames.len() as f64 * part) as usize];
    let (usual, p95, longest) = (part(0.5), part(0.95), frames[frames.len() - 1]);
    let mut told = String::new();
    let _ = writeln!(told, "{headline}");
    let _ = writeln!(told, "frames {}", frames.len());
    let _ = writeln!(told, "median {usual:.1} ms");
    let _ = writeln!(told, "p95 {p95:.1} ms, at most {} wanted", TARGETS.0);
    let _ = writeln!(
        told,
        "longest {longest:.1} ms, at most {} wanted",
        TARGETS.1
    );
    print!("{told}");
    if let Ok(path) = env::var(variable) {
        fs::write(path, &told).expect("the file can be written");
    }
    let fluent = p95 < TARGETS.0 * LENIENCE && longest < TARGETS.1 * LENIENCE;
    assert!(fluent, "{told}");
}
