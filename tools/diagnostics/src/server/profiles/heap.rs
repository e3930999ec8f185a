//! Heap profiles as `go tool pprof` reads them, and as flame graphs: since the start, or what has come meanwhile.

mod own;
mod parameters;
mod write;

use std::time::Duration;

use axum::extract::RawQuery;
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse, Response};
use profile::{Profile, Symbolizer};
use tokio::sync::{Semaphore, oneshot};

use self::parameters::{Kind, Parameters};
use super::picture::Picture;
use super::turn::Turns;
use super::{PICTURE, file, quiet, refusal};
use crate::sampling::heap::{self, Facts, Reading};
use crate::{Options, thread};

/// The name of the thread that names functions.
const THREAD: &str = "diagnostics-heap";

static DIFFERENCES: Turns = Turns::of("A difference of heap profiles");

/// One answer is written at a time, since the debug information that is read for it is what takes memory.
static WRITING: Semaphore = Semaphore::const_new(1);

/// Why this process has none, if so.
pub(in crate::server) fn absent() -> Option<String> {
    heap::absent().map(|absent| format!("No heap profiles: {absent}."))
}

pub(in crate::server) async fn heap(RawQuery(query): RawQuery) -> Response {
    profile(query, Kind::InuseSpace, "attachment; filename=\"heap\"").await
}

pub(in crate::server) async fn allocs(RawQuery(query): RawQuery) -> Response {
    profile(query, Kind::AllocSpace, "attachment; filename=\"allocs\"").await
}

async fn profile(query: Option<String>, kind: Kind, disposition: &'static str) -> Response {
    let asked = match Parameters::of_profile(query.as_deref().unwrap_or_default()) {
        Ok(asked) => asked,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
    };
    answer(asked.seconds, file(disposition), move |reading| {
        let doc_url = Options::current().doc_url.as_deref();
        let mut profile = write::profile(reading, kind, doc_url);
        if asked.symbolize {
            symbolize(&mut profile);
        } else {
            own::leave_to_pprof(&mut profile);
        }
        Ok(profile.encode())
    })
    .await
}

pub(super) async fn flamegraph(query: &str) -> Response {
    let asked = match Parameters::of_flamegraph(query) {
        Ok(asked) => asked,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
    };
    answer(asked.seconds, PICTURE, move |reading| {
        let mut profile = write::profile(reading, asked.kind, None);
        symbolize(&mut profile);
        draw(&profile, asked.kind, &reading.facts)
    })
    .await
}

fn symbolize(profile: &mut Profile) {
    Symbolizer::of_this_process().symbolize(profile);
    own::leave_out(profile);
}

fn draw(profile: &Profile, kind: Kind, facts: &Facts) -> Result<Vec<u8>, String> {
    let span = if facts.difference {
        format!("the change in {:.0} s", facts.duration().as_secs_f64())
    } else {
        "since the start".into()
    };
    let picture = Picture {
        title: &format!("{}, {span}", kind.title()),
        value: kind as usize,
        factor: kind.factor(),
        unit: kind.unit(),
        nothing: &format!(
            "No samples: there is one in {} bytes on average. Put load on it, and ask again.",
            facts.interval
        ),
    };
    picture.draw(profile)
}

/// Reads the samples, twice for a difference, and makes the body on a thread of its own. Whoever stops waiting ends it.
async fn answer(
    seconds: Option<u64>,
    headers: [(HeaderName, &'static str); 2],
    body: impl FnOnce(&Reading) -> Result<Vec<u8>, String> + Send + 'static,
) -> Response {
    if let Some(reason) = absent() {
        return refusal(StatusCode::NOT_IMPLEMENTED, &reason);
    }
    let reading = match seconds.map(Duration::from_secs) {
        None => heap::read(),
        Some(duration) => {
            let _turn = match DIFFERENCES.take(duration) {
                Ok(turn) => turn,
                Err(busy) => return busy.into_response(),
            };
            let earlier = heap::read();
            tokio::time::sleep(duration).await;
            earlier.and_then(|earlier| Ok(&heap::read()? - &earlier))
        }
    };
    let reading = match reading {
        Ok(reading) => reading,
        Err(reason) => {
            return refusal(
                StatusCode::NOT_IMPLEMENTED,
                &format!("No heap profile: {reason}."),
            );
        }
    };
    // It is never closed.
    let Ok(permit) = WRITING.acquire().await else {
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, "No heap profile.");
    };
    let (tell, told) = oneshot::channel();
    let work = move || {
        quiet::low_priority();
        let body = body(&reading);
        drop(reading);
        quiet::give_memory_back();
        drop(permit);
        let _ = tell.send(body);
    };
    if let Err(error) = thread::spawn(THREAD, work) {
        let reason = format!("cannot start a thread for the profile: {error}");
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, &reason);
    }
    match told.await {
        Ok(Ok(body)) => (headers, body).into_response(),
        Ok(Err(reason)) => refusal(StatusCode::INTERNAL_SERVER_ERROR, &reason),
        Err(_) => refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "No heap profile: its thread has ended early.",
        ),
    }
}
