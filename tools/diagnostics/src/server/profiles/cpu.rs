//! CPU profiles as `go tool pprof` reads them, and as flame graphs: one at a time.

mod parameters;
mod write;

pub(super) use parameters::HZ;

use std::convert::Infallible;
use std::sync::mpsc;
use std::time::{Duration, SystemTime};

use axum::extract::RawQuery;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use profile::Profile;
use tokio::sync::oneshot;

use self::parameters::Parameters;
use super::picture::Picture;
use super::turn::{Busy, Turn, Turns};
use super::{PICTURE, file, heap, quiet, refusal};
use crate::sampling::cpu::{self, Facts, Recording, Refused};
use crate::{Options, thread};

/// The name that its thread has in the profile.
const THREAD: &str = "diagnostics-cpu";

/// The process has one SIGPROF, and a second set of timers would be measured by the first.
static TURNS: Turns = Turns::of("A CPU profile");

/// The right to record for so long.
pub(super) fn turn(duration: Duration) -> Result<Turn, Busy> {
    TURNS.take(duration)
}

/// Why this process has none, if so. What the program itself stands in the way of is told when a profile is asked for.
pub(in crate::server) fn absent() -> Option<String> {
    None
}

pub(in crate::server) async fn profile(RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let asked = match Parameters::of_profile(&query) {
        Ok(asked) => asked,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
    };
    let headers = file("attachment; filename=\"profile\"");
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

pub(in crate::server) async fn flamegraph(RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let kind = query.split('&').find_map(|pair| pair.strip_prefix("type="));
    if kind.is_some_and(|kind| kind != "cpu") {
        return heap::flamegraph(&query).await;
    }
    let asked = match Parameters::of_flamegraph(&query) {
        Ok(asked) => asked,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
    };
    answer(asked, PICTURE, |recording, since| {
        let mut profile = write::profile(&recording, since, None);
        profile::Symbolizer::of_this_process().symbolize(&mut profile);
        draw(&profile, &recording.facts)
    })
    .await
}

/// pprof gives up a whole profile when it is not answered, though one address of a library is all that has no name.
pub(in crate::server) async fn symbol() -> &'static str {
    "num_symbols: 1\n"
}

fn draw(profile: &Profile, facts: &Facts) -> Result<Vec<u8>, String> {
    let picture = Picture {
        title: &format!(
            "CPU, {:.0} s at {} Hz",
            facts.duration.as_secs_f64(),
            facts.hz
        ),
        // Nanoseconds.
        value: 1,
        factor: 1e-6,
        unit: "ms",
        nothing: &format!(
            "No samples: the process used {:.3} s of processor time meanwhile. Put load on it, and ask again.",
            facts.process.as_secs_f64()
        ),
    };
    picture.draw(profile)
}

/// Records on a thread of its own, and makes the body there. Whoever stops waiting ends the recording.
async fn answer(
    asked: Parameters,
    headers: [(HeaderName, &'static str); 2],
    body: impl FnOnce(Recording, SystemTime) -> Result<Vec<u8>, String> + Send + 'static,
) -> Response {
    let turn = match TURNS.take(asked.settings.duration) {
        Ok(turn) => turn,
        Err(busy) => return busy.into_response(),
    };
    // Nothing is ever sent. It tells the thread that somebody waits, for as long as this function is not given up.
    let (_waiting, wanted) = mpsc::channel::<Infallible>();
    let (tell, told) = oneshot::channel();
    let work = move || {
        let since = SystemTime::now();
        let recorded = cpu::record(asked.settings, &wanted, &mut ());
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
