//! The tasks that are alive, as Go's page of goroutines: for `go tool pprof`, and as text with `debug=1`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime};

use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use profile::{Builder, Profile};

use super::{Named, file, name, refusal};
use crate::sampling::tasks::{self, Alive, Idle};
use crate::server::query;

/// Why this process has no list, if so.
pub(in crate::server) fn absent() -> Option<String> {
    let reason = if cfg!(not(tokio_unstable)) {
        "the build lacks `--cfg tokio_unstable`"
    } else if tasks::read().is_none() {
        "no runtime has the hooks (`Diagnostics::runtime`, `hook`)"
    } else {
        return None;
    };
    Some(format!("No list of tasks: {reason}."))
}

pub(in crate::server) async fn tasks(RawQuery(query): RawQuery) -> Response {
    let as_text = match query::is_text(query.as_deref()) {
        Ok(as_text) => as_text,
        Err(reason) => return refusal(StatusCode::BAD_REQUEST, &reason),
    };
    let (None, Some(alive)) = (absent(), tasks::read()) else {
        return refusal(StatusCode::NOT_IMPLEMENTED, &absent().unwrap_or_default());
    };
    if as_text {
        return text(&alive).into_response();
    }
    let headers = file("attachment; filename=\"tasks\"");
    (headers, profile(&alive).encode()).into_response()
}

fn profile(alive: &Alive) -> Profile {
    let kind = ("tasks", "count");
    // A place is not where code runs, so nothing is mapped.
    let mut builder = Builder::new([kind], &[]);
    builder.period(kind, 1);
    builder.taken(SystemTime::now(), Duration::ZERO);
    for (&(label, idle), &count) in &alive.counts {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        builder.sample(&[label.into()], [count], &[("idle", idle.name().into())]);
    }
    if let Some(sentence) = without_room(alive) {
        builder.comment(&sentence);
    }
    let mut profile = builder.build();
    for &(label, _) in alive.counts.keys() {
        let place = label.place();
        name(
            &mut profile,
            label.into(),
            Named {
                function: &label.to_string(),
                file: place.map_or("", |place| place.file()),
                line: place.map_or(0, |place| place.line()),
            },
        );
    }
    profile
}

fn text(alive: &Alive) -> String {
    let mut places: BTreeMap<String, BTreeMap<Idle, u64>> = BTreeMap::new();
    for (&(label, idle), &count) in &alive.counts {
        *places
            .entry(label.to_string())
            .or_default()
            .entry(idle)
            .or_default() += count;
    }
    let mut places: Vec<_> = places
        .into_iter()
        .map(|(place, times)| (times.values().sum::<u64>(), place, times))
        .collect();
    places.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.cmp(&other.1)));
    let total: u64 = places.iter().map(|(count, ..)| count).sum();
    let mut text = format!("tasks: total {total}\n");
    for (count, place, times) in &places {
        let _ = writeln!(text, "\n{count} spawned at {place}");
        for (idle, count) in times {
            let idle = match idle {
                Idle::Running => "running".into(),
                _ => format!("idle for {}", idle.name()),
            };
            let _ = writeln!(text, "    {count} {idle}");
        }
    }
    if let Some(sentence) = without_room(alive) {
        let _ = writeln!(text, "\n{sentence}");
    }
    text
}

fn without_room(alive: &Alive) -> Option<String> {
    let count = alive.without_room;
    (count > 0).then(|| {
        format!("{count} tasks since the start are in no count: there were too many at once.")
    })
}
