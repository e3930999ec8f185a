//! What stands in for Go's garbage collector: giving unused memory back to the system, now or after a time.

pub(super) mod allocator;

use std::io;

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use serde::{Serialize, Serializer};
use tokio::sync::oneshot;

use super::pages::{json, refusal};
use super::query::pairs;
use crate::{MemStats, memstats, slots, thread};

/// What a release has changed, in bytes.
#[derive(Debug, Serialize)]
struct Returned {
    /// Physical memory of the process before and after, and the difference. Other threads allocate meanwhile, so it may have
    /// become more: then nothing was given back that shows.
    rss_before: Option<u64>,
    rss_after: Option<u64>,
    /// The heap's alone, by jemalloc.
    resident_before: Option<u64>,
    resident_after: Option<u64>,
    returned: Option<u64>,
}

/// Gives back what nobody uses. It takes milliseconds, on a thread of its own.
pub(super) async fn gc() -> Response {
    let work = || {
        let (rss_before, resident_before) = (memstats::rss(), resident());
        allocator::give_back();
        let (rss_after, resident_after) = (memstats::rss(), resident());
        let less = |before: Option<u64>, after| Some(before?.saturating_sub(after?));
        Returned {
            rss_before,
            rss_after,
            resident_before,
            resident_after,
            returned: less(rss_before, rss_after).max(less(resident_before, resident_after)),
        }
    };
    match on_a_thread(work).await {
        Ok(returned) => json(&returned),
        Err(error) => refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("Nothing was given back: {error}."),
        ),
    }
}

fn resident() -> Option<u64> {
    MemStats::read().ok()?.resident
}

async fn on_a_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> io::Result<T> {
    let (tell, told) = oneshot::channel();
    thread::spawn("diagnostics-gc", move || {
        let _ = tell.send(work());
    })?;
    told.await.map_err(io::Error::other)
}

/// How long jemalloc keeps pages that nobody uses: dirty ones as they are, then muzzy ones, which the system may take at any
/// time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
struct Decay {
    dirty_ms: Time,
    muzzy_ms: Time,
}

/// Milliseconds; -1 is for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Time(isize);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            ..0 => serializer.serialize_str("off"),
            milliseconds => serializer.serialize_i64(milliseconds as i64),
        }
    }
}

impl Time {
    fn parse(name: &str, value: &str) -> Result<Self, String> {
        // As large as jemalloc allows.
        const MOST: isize = (u64::MAX / 1_000_000) as isize;
        let number = match value {
            "off" => Some(-1),
            value => value
                .parse()
                .ok()
                .filter(|number| (0..=MOST).contains(number)),
        };
        number.map(Self).ok_or_else(|| {
            format!(
                "{name}={value:?} is neither `off` nor a whole number of milliseconds from 0 up."
            )
        })
    }
}

/// Why there is nothing to set, if so.
pub(super) fn keeps() -> Option<String> {
    (!slots::on_jemalloc()).then(|| {
        "No decay times: jemalloc, which has them, is not below diagnostics::Allocator.".to_owned()
    })
}

pub(super) async fn decay(RawQuery(query): RawQuery) -> Response {
    if query.is_some_and(|query| !query.is_empty()) {
        return refusal(
            StatusCode::BAD_REQUEST,
            "Decay times are changed with POST.",
        );
    }
    answer(allocator::decay())
}

/// Answers with what it was before.
pub(super) async fn set_decay(RawQuery(query): RawQuery) -> Response {
    let (mut dirty, mut muzzy) = (None, None);
    for pair in pairs(
        query.as_deref().unwrap_or_default(),
        &["dirty", "muzzy"],
        &[],
    ) {
        let parsed = pair.and_then(|(name, value)| Ok((name, Time::parse(name, value)?)));
        match parsed {
            Ok(("dirty", time)) => dirty = Some(time),
            Ok((_, time)) => muzzy = Some(time),
            Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
        }
    }
    let was = allocator::decay();
    if was.is_ok()
        && let Err(reason) = allocator::set_decay(dirty, muzzy)
    {
        return refusal(StatusCode::INTERNAL_SERVER_ERROR, &reason);
    }
    answer(was)
}

fn answer(decay: Result<Decay, String>) -> Response {
    match decay {
        Ok(decay) => json(&decay),
        Err(reason) => refusal(StatusCode::NOT_IMPLEMENTED, &reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_milliseconds_or_off() {
        for (text, json) in [("off", "\"off\""), ("0", "0"), ("10000", "10000")] {
            let time = Time::parse("dirty", text).expect(text);
            assert_eq!(serde_json::to_string(&time).expect("JSON"), json);
        }
        for wrong in ["", "-1", "ten", "99999999999999999999", "18446744073710"] {
            assert!(Time::parse("dirty", wrong).is_err(), "{wrong}");
        }
    }
}
