//! What the listener answers, by path.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use serde::Serialize;

use super::{guard, index};
use crate::MemStats;
use crate::install::Shared;

const INDEX: &str = "/debug/pprof/";

/// The pages, behind the guard.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/", get(async || Redirect::temporary(INDEX)))
        .route("/debug/pprof", get(async || Redirect::temporary(INDEX)))
        .route(INDEX, get(index::page))
        .route("/debug/pprof/cmdline", get(cmdline))
        .route("/debug/memstats", get(memstats))
        .route("/debug/runtime", get(runtime))
        .fallback(unknown)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared),
            guard::check,
        ))
        .layer(middleware::from_fn(headers))
        .with_state(shared)
}

/// The command line with its arguments separated by NUL, as Go and `/proc` give it.
async fn cmdline() -> Response {
    let mut line = Vec::new();
    for (index, argument) in std::env::args_os().enumerate() {
        if index > 0 {
            line.push(0);
        }
        line.extend_from_slice(argument.as_encoded_bytes());
    }
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], line).into_response()
}

async fn memstats() -> Response {
    match MemStats::read() {
        Ok(stats) => json(&stats),
        Err(error) => (StatusCode::NOT_IMPLEMENTED, format!("{error}\n")).into_response(),
    }
}

async fn runtime(State(shared): State<Arc<Shared>>) -> Response {
    json(&shared.runtime_stats())
}

/// Indented and with a newline at its end, since people read it in a terminal.
fn json(value: &impl Serialize) -> Response {
    match serde_json::to_string_pretty(value) {
        Ok(text) => (
            [(header::CONTENT_TYPE, "application/json")],
            format!("{text}\n"),
        )
            .into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, format!("{error}\n")).into_response(),
    }
}

async fn unknown(request: Request) -> Response {
    let path = request.uri().path();
    (
        StatusCode::NOT_FOUND,
        format!("There is nothing at {path}. What there is stands on the index page, {INDEX}.\n"),
    )
        .into_response()
}

/// A reading is old a moment later, and no page may be taken for something else or fetch anything.
async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none'; base-uri 'none'",
        ),
    ] {
        response
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    response
}
