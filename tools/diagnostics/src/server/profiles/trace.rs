//! The timeline: what happens from now on, as it is recorded, and what the flight recorder remembers.

mod stream;

use std::ops::RangeInclusive;
use std::time::Duration;

use axum::extract::RawQuery;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use self::stream::Chunks;
use super::turn::{Busy, Turns};
use super::{cpu, refusal};
use crate::recorder::timeline::Sampling;
use crate::recorder::{self, timeline};
use crate::server::query::{number, pairs};
use crate::thread;

/// How long somebody may record, or look back, in seconds.
const SECONDS: RangeInclusive<u64> = 1..=60;

/// Go's page takes 1, which is rarely enough for anything to be slow.
const DEFAULT_SECONDS: u64 = 5;

/// Bytes of a trace, before it is compressed: more is more than viewers open.
const MOST_BYTES: u64 = 150_000_000;

/// Who records takes the processor's time of a few per cent, so one does at a time.
static TURNS: Turns = Turns::of("A trace");

/// Why this process has none, if so.
pub(in crate::server) fn absent() -> Option<String> {
    None
}

/// Why the flight recorder has nothing, if so.
pub(in crate::server) fn remembers_nothing() -> Option<String> {
    let off = "No flight recorder: `recorder_size` is 0, or it was stopped.";
    (recorder::size() == 0).then(|| off.into())
}

pub(in crate::server) async fn trace(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let asked = match Asked::of(&query.unwrap_or_default(), &["seconds", "hz"]) {
        Ok(asked) => asked,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
    };
    let Asked { duration, hz } = asked;
    let sampling = match hz.map(|hz| Ok((hz, cpu::turn(duration)?))).transpose() {
        Ok(sampling) => sampling,
        Err(busy) => return Busy::into_response(busy),
    };
    let sampling = sampling.map(|(hz, turn)| Sampling {
        hz,
        turn: Box::new(turn),
    });
    let turn = match TURNS.take(duration) {
        Ok(turn) => turn,
        Err(busy) => return busy.into_response(),
    };
    stream("diagnostics-tra", "trace.json", &headers, move |out| {
        let recorded = timeline::record(out, MOST_BYTES, duration, sampling);
        drop(turn);
        recorded
    })
}

pub(in crate::server) async fn flight_recorder(
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let duration = match Asked::of(&query.unwrap_or_default(), &["seconds"]) {
        Ok(asked) => asked.duration,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
    };
    if let Some(reason) = remembers_nothing() {
        return refusal(StatusCode::NOT_IMPLEMENTED, &reason);
    }
    stream(
        "diagnostics-fli",
        "flight-recorder.json",
        &headers,
        move |out| timeline::remembered(out, MOST_BYTES, duration, None),
    )
}

/// What a request asks for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    duration: Duration,
    /// Samples for each second of processor time, if there shall be any.
    hz: Option<u32>,
}

impl Asked {
    fn of(query: &str, known: &[&str]) -> Result<Self, String> {
        let mut asked = Self {
            duration: Duration::from_secs(DEFAULT_SECONDS),
            hz: None,
        };
        for pair in pairs(query, known, &[]) {
            match pair? {
                ("seconds", value) => {
                    asked.duration = Duration::from_secs(number("seconds", value, SECONDS)?);
                }
                (name, value) => asked.hz = Some(number(name, value, cpu::HZ)?),
            }
        }
        Ok(asked)
    }
}

/// Answers with what a thread of its own writes, compressed if whoever asks can read that.
fn stream(
    thread: &str,
    file: &str,
    headers: &HeaderMap,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()> + Send + 'static,
) -> Response {
    let compressed = accepts_gzip(headers);
    let (mut chunks, body) = Chunks::new(compressed);
    let work = move || {
        // Whoever asked has gone away, if anything fails: the answer breaks off.
        if write(&mut chunks).is_ok() {
            let _ = chunks.finish();
        }
    };
    if let Err(error) = thread::spawn(thread, work) {
        let reason = format!("cannot start a thread for the trace: {error}");
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, &reason);
    }
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("application/json"),
    );
    let disposition = format!("attachment; filename=\"{file}\"");
    if let Ok(disposition) = disposition.try_into() {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    if compressed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}

fn accepts_gzip(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT_ENCODING).into_iter();
    let mut codings = accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    codings.any(|coding| {
        let (name, quality) = coding.split_once(';').unwrap_or((coding, ""));
        let refused = quality
            .trim()
            .strip_prefix("q=")
            .and_then(|q| q.parse().ok())
            == Some(0.0);
        name.trim().eq_ignore_ascii_case("gzip") && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_ask_for_it() {
        for (value, accepted) in [
            ("gzip", true),
            ("br, GZIP;q=0.5", true),
            ("gzip;q=0", false),
            ("identity", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            assert_eq!(accepts_gzip(&headers), accepted, "{value}");
        }
        assert!(!accepts_gzip(&HeaderMap::new()));
    }

    #[test]
    fn what_is_asked_for_has_a_range() {
        let of = |query| Asked::of(query, &["seconds", "hz"]);
        let asked = of("").expect("nothing is wrong");
        assert_eq!(
            (asked.duration.as_secs(), asked.hz),
            (DEFAULT_SECONDS, None)
        );
        let asked = of("seconds=60&hz=99").expect("nothing is wrong");
        assert_eq!((asked.duration.as_secs(), asked.hz), (60, Some(99)));
        assert!(
            of("seconds=61")
                .expect_err("too long")
                .contains("from 1 to 60")
        );
        assert!(of("hz=0").expect_err("too few").contains("from 1 to 1000"));
        assert!(of("second=1").is_err() && Asked::of("hz=99", &["seconds"]).is_err());
    }
}
