//! What every thread is doing, and which tasks there are: Go's stacks of all goroutines.

mod dump;
mod reading;
mod text;

use std::time::Duration;

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot;

use self::reading::Reading;
use super::quiet;
use super::refusal;
use super::turn::Turns;
use crate::server::pages::json;
use crate::server::query::{is_wanted, pairs};
use crate::thread;

/// Debug information is read once at a time.
static TURNS: Turns = Turns::of("A reading of all stacks");

/// Why this process has none, if so.
pub(in crate::server) fn absent() -> Option<String> {
    None
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Asked {
    json: bool,
    /// Each task beside their sums.
    tasks: bool,
    /// Where each task waits.
    waits: bool,
}

impl Asked {
    fn parse(query: &str) -> Result<Self, String> {
        let mut asked = Self::default();
        for pair in pairs(query, &["json", "tasks", "await", "debug"], &[]) {
            let (name, value) = pair?;
            let wanted = match name {
                "json" => &mut asked.json,
                "tasks" => &mut asked.tasks,
                "await" => &mut asked.waits,
                // Go's page of goroutines has text with it, and this one without it, too.
                _ => continue,
            };
            *wanted = is_wanted(name, value)?;
        }
        Ok(asked)
    }
}

pub(in crate::server) async fn stack(RawQuery(query): RawQuery) -> Response {
    let asked = match Asked::parse(query.as_deref().unwrap_or_default()) {
        Ok(asked) => asked,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
    };
    let turn = match TURNS.take(Duration::ZERO) {
        Ok(turn) => turn,
        Err(busy) => return busy.into_response(),
    };
    // First the threads: a dump of tasks has them do something else.
    let (tell, told) = oneshot::channel();
    let work = move || {
        let raw = reading::Raw::now(asked.tasks);
        quiet::low_priority();
        let reading = raw.named();
        quiet::give_memory_back();
        let _ = tell.send(reading);
    };
    if let Err(error) = thread::spawn("diagnostics-stk", work) {
        let reason = format!("cannot start a thread that reads the stacks: {error}");
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, &reason);
    }
    let Ok(mut reading) = told.await else {
        return refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "No stacks: the thread that reads them has ended early.",
        );
    };
    if asked.waits {
        match dump::of_all_runtimes().await {
            Ok(waits) => reading.waits = Some(waits),
            Err(reason) => return refusal(StatusCode::NOT_IMPLEMENTED, &reason),
        }
    }
    drop(turn);
    match asked.json {
        true => json(&reading),
        false => Reading::text(&reading).into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_known_by_name() {
        let asked = Asked::parse("json&tasks=1&debug=2").expect("all are known");
        assert_eq!((asked.json, asked.tasks, asked.waits), (true, true, false));
        assert!(Asked::parse("seconds=1").is_err());
        assert!(Asked::parse("await=yes").is_err());
    }
}
