//! Shows on stderr how far the work has come.

use std::convert::Infallible;
use std::io::{IsTerminal, Write};
use std::time::Duration;

/// Work that takes less than this shows nothing.
const QUIET: Duration = Duration::from_secs(2);

/// Reports until it is dropped: every second on one line of a terminal, every five seconds elsewhere.
pub async fn show(so_far: impl Fn() -> String) -> Infallible {
    let line = Line {
        terminal: std::io::stderr().is_terminal(),
    };
    tokio::time::sleep(QUIET).await;
    loop {
        // Progress is a courtesy: a closed stderr must not end a measurement.
        let _ = match line.terminal {
            true => write!(std::io::stderr(), "{CLEAR}{}", so_far()),
            false => writeln!(std::io::stderr(), "{}", so_far()),
        };
        tokio::time::sleep(Duration::from_secs(if line.terminal { 1 } else { 5 })).await;
    }
}

const CLEAR: &str = "\r\x1b[2K";

/// The place where progress is shown; it is cleaned up on any way out.
struct Line {
    terminal: bool,
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.terminal {
            let _ = write!(std::io::stderr(), "{CLEAR}");
        }
    }
}
