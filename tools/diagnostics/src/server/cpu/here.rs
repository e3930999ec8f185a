//! CPU profiles as `go tool pprof` reads them, and as flame graphs: one at a time.

mod draw;
mod parameters;
mod quiet;
mod turn;
mod write;

use std::convert::Infallible;
use std::sync::mpsc;
use std::time::SystemTime;

use axum::extract::RawQuery;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use tokio::sync::oneshot;

use self::parameters::Parameters;
use self::turn::Turn;
use crate::cpu::{self, Recording, Refused};
use crate::{Options, thread};

/// The name that its thread has in the profile.
const THREAD: &str = "diagnostics-cpu";

/// For this page alone: a flame graph is searched and zoomed by the script in it.
const SCRIPT_ALLOWED: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

pub(super) async fn profile(RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let asked = match Parameters::of_profile(&query) {
        Ok(asked) => asked,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream"),
        // The names and values are those of Go's page.
        (
            header::CONTENT_DISPOSITION,
            "attachment; filename=\"profile\"",
        ),
    ];
    let symbolize = asked.symbolize;
    answer(asked, headers, move |recording, since| {
        let mut profile = write::profile(&recording, since, Options::current().doc_url.as_deref());
        if symbolize {
            profile::Symbolizer::of_this_process().symbolize(&mut profile);
        }
        Ok(profile.encode())
    })
    .await
}

pub(super) async fn flamegraph(RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let asked = match Parameters::of_flamegraph(&query) {
        Ok(asked) => asked,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
    };
    let headers = [
        (header::CONTENT_TYPE, "image/svg+xml"),
        (header::CONTENT_SECURITY_POLICY, SCRIPT_ALLOWED),
    ];
    answer(asked, headers, |recording, since| {
        let mut profile = write::profile(&recording, since, None);
        profile::Symbolizer::of_this_process().symbolize(&mut profile);
        draw::flamegraph(&profile, &recording.facts)
    })
    .await
}

fn refusal(status: StatusCode, reason: &str) -> Response {
    (status, format!("{reason}\n")).into_response()
}

/// Records on a thread of its own, and makes the body there. Whoever stops waiting ends the recording.
async fn answer(
    asked: Parameters,
    headers: [(header::HeaderName, &'static str); 2],
    body: impl FnOnce(Recording, SystemTime) -> Result<Vec<u8>, String> + Send + 'static,
) -> Response {
    let turn = match Turn::take(asked.settings.duration) {
        Ok(turn) => turn,
        Err(busy) => return busy.into_response(),
    };
    // Nothing is ever sent. It tells the thread that somebody waits, for as long as this function is not given up.
    let (_waiting, wanted) = mpsc::channel::<Infallible>();
    let (tell, told) = oneshot::channel();
    let work = move || {
        let since = SystemTime::now();
        let recorded = cpu::record(asked.settings, &wanted);
        quiet::low_priority();
        let body = recorded.map(|recording| body(recording, since));
        quiet::give_memory_back();
        // Before the answer: whoever has it may ask again at once.
        drop(turn);
        let _ = tell.send(body);
    };
    if let Err(error) = thread::spawn(THREAD, work) {
        let reason = format!("cannot start a thread for the profile: {error}");
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, &reason);
    }
    match told.await {
        Ok(Ok(Ok(body))) => (headers, body).into_response(),
        Ok(Ok(Err(reason))) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &reason),
        Ok(Err(refused)) => {
            let status = match refused {
                Refused::SignalTaken | Refused::NoHandler(_) | Refused::NoFrames => {
                    StatusCode::NOT_IMPLEMENTED
                }
                Refused::NoMemory(_) | Refused::Unwanted => StatusCode::INTERNAL_SERVER_ERROR,
            };
            refusal(status, &format!("No CPU profile: {refused}."))
        }
        Err(_) => refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "No CPU profile: its thread has ended early.",
        ),
    }
}
