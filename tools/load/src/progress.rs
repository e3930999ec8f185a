//! Shows on stderr how far a load has come.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::recorder::Recorder;

/// A load that takes less than this shows nothing.
const QUIET: Duration = Duration::from_secs(2);

/// Reports until it is dropped: every second on one line of a terminal, every five seconds elsewhere.
pub async fn report(recorder: &Recorder, requests: u64) -> std::convert::Infallible {
    let line = Line {
        terminal: std::io::stderr().is_terminal(),
    };
    let start = Instant::now();
    tokio::time::sleep(QUIET).await;
    loop {
        let done = recorder.done();
        let elapsed = start.elapsed().as_secs_f64();
        let percent = done as f64 / requests as f64 * 100.0;
        line.show(&format!(
            "{done} of {requests} requests ({percent:.0} %) after {elapsed:.0} s, {:.0}/s",
            done as f64 / elapsed
        ));
        tokio::time::sleep(Duration::from_secs(if line.terminal { 1 } else { 5 })).await;
    }
}

/// Says after a while what is still going on.
pub async fn announce(what: &str) -> std::convert::Infallible {
    tokio::time::sleep(QUIET).await;
    let line = Line {
        terminal: std::io::stderr().is_terminal(),
    };
    line.show(what);
    std::future::pending().await
}

/// The place where progress is shown; it is cleaned up on any way out.
struct Line {
    terminal: bool,
}

impl Line {
    fn show(&self, text: &str) {
        let (before, after) = if self.terminal {
            ("\r\x1b[2K", "")
        } else {
            ("", "\n")
        };
        // Progress is a courtesy: a closed stderr must not end a measurement.
        let _ = write!(std::io::stderr(), "{before}{text}{after}");
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.terminal {
            let _ = write!(std::io::stderr(), "\r\x1b[2K");
        }
    }
}
