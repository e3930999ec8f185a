//! Processes that run: what can be told of them from outside, and what their agents answer.
//!
//! | | |
//! |---|---|
//! | `process` | what the kernel tells of a process |
//! | `rust` | which programs rustc has built |
//! | `agent` | where the agent of a process is, or why there is none |
//! | `ask` | one question over HTTP, to a socket or an address |
//! | `target` | the process that somebody means by a word |
//! | `list`, `tree`, `one` | processes, and one of them |
//! | `outside` | what stands in for an agent's answers where there is no agent |
//! | `watch` | the view that goes on |

pub mod agent;
pub mod ask;
mod columns;
pub mod list;
pub mod one;
pub mod outside;
#[cfg(target_os = "linux")]
pub mod process;
#[cfg(not(target_os = "linux"))]
#[path = "live/no_process.rs"]
pub mod process;
mod rust;
pub mod target;
pub mod tree;
pub mod users;
pub mod watch;

use std::time::Duration;

use terminal::Usage;

/// A time as people write it: `2s`, `500ms`, `1.5m`; a number alone is one of the `unit`.
///
/// # Errors
/// When it is none.
pub fn duration(text: &str, unit: f64) -> anyhow::Result<Duration> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match &text[digits.len()..] {
        "" => unit,
        "ms" => 1e-3,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => f64::NAN,
    };
    let seconds = digits.parse::<f64>().ok().map(|number| number * factor);
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    let wrong = || {
        Usage(format!(
            "{text} is no time; times are written as 500ms, 2s, 1.5m or 1h"
        ))
    };
    duration.ok_or_else(|| wrong().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_units() {
        for (text, milliseconds) in [("2s", 2000), ("500ms", 500), ("1.5m", 90_000), ("3", 3000)] {
            let duration = duration(text, 1.0).expect(text);
            assert_eq!(duration.as_millis(), milliseconds, "{text}");
        }
        for wrong in ["", "s", "2d", "-1s", "1e999s", "twos"] {
            assert!(duration(wrong, 1.0).is_err(), "{wrong}");
        }
    }
}
