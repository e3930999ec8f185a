//! Where requests wait, as Go's page of what blocks goroutines.

use std::ops::RangeInclusive;
use std::time::{Duration, SystemTime};

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use profile::{Builder, Profile};

use super::trace::remembers_nothing;
use super::{Named, file, name, refusal};
use crate::recorder::timeline::{self, Place};
use crate::server::query::{number, pairs};

/// How far to look back, in seconds.
const SECONDS: RangeInclusive<u64> = 1..=60;

/// Why this process has none, if so.
pub(in crate::server) fn absent() -> Option<String> {
    match cfg!(feature = "tracing") {
        true => remembers_nothing(),
        false => {
            Some("No waits: this program is built without diagnostics' feature `tracing`.".into())
        }
    }
}

pub(in crate::server) async fn waits(RawQuery(query): RawQuery) -> Response {
    let duration = match seconds(&query.unwrap_or_default()) {
        Ok(duration) => duration,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
    };
    if let Some(reason) = absent() {
        return refusal(StatusCode::NOT_IMPLEMENTED, &reason);
    }
    // It waits a moment, and reads megabytes.
    let profile = tokio::task::spawn_blocking(move || profile(duration).encode()).await;
    match profile {
        Ok(profile) => (file("attachment; filename=\"waits\""), profile).into_response(),
        Err(_) => refusal(
            StatusCode::INTERNAL_SERVER_ERROR,
            "No waits: their thread has ended early.",
        ),
    }
}

fn seconds(query: &str) -> Result<Duration, String> {
    let mut seconds = *SECONDS.end();
    for pair in pairs(query, &["seconds"], &[]) {
        let (name, value) = pair?;
        seconds = number(name, value, SECONDS)?;
    }
    Ok(Duration::from_secs(seconds))
}

/// Go's types: how often, and how long.
fn profile(duration: Duration) -> Profile {
    let waits = timeline::waits(duration);
    let types = [("contentions", "count"), ("delay", "nanoseconds")];
    // A call site is not where code runs, so nothing is mapped, and the addresses are numbers.
    let mut builder = Builder::new(types, &[]);
    builder.period(types[0], 1);
    builder.taken(SystemTime::now(), waits.length);
    builder.default_sample_type("delay");
    let mut places: Vec<&Place> = Vec::new();
    for wait in &waits.stacks {
        let numbers: Vec<_> = wait
            .stack
            .iter()
            .map(|place| {
                let known = places.iter().position(|known| *known == place);
                known.unwrap_or_else(|| {
                    places.push(place);
                    places.len() - 1
                }) as u64
                    + 1
            })
            .collect();
        let values =
            [wait.count, wait.nanoseconds].map(|value| i64::try_from(value).unwrap_or(i64::MAX));
        let route = wait.route.map(|route| route.to_string());
        let labels: Vec<_> = route
            .iter()
            .map(|route| ("route", route.as_str().into()))
            .collect();
        builder.sample(&numbers, values, &labels);
    }
    let mut profile = builder.build();
    for (number, place) in (1..).zip(&places) {
        let named = Named {
            function: &place.span,
            file: &place.file,
            line: place.line,
        };
        name(&mut profile, number, named);
    }
    profile
}
