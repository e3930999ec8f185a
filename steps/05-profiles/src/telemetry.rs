//! The log: what the app writes about itself, and one line for each request.

use std::{
    io::{self, IsTerminal},
    time::Instant,
};

use anyhow::{Context, Result};
use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};
use diagnostics::Diagnostics;
use tracing::{Instrument, debug, error, info_span};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{config::Config, error::Cause};

/// Starts the log on standard error, and hands spans and events to the diagnostics.
///
/// A thread of its own writes the log, so that a slow terminal or disk delays no request.
/// What is still unwritten when the guard is dropped is written then.
///
/// # Errors
/// When a log was started before.
// ANCHOR: init
pub fn init(config: &Config, diagnostics: &Diagnostics) -> Result<WorkerGuard> {
    let (writer, guard) = tracing_appender::non_blocking(io::stderr());
    let log = fmt::layer()
        .with_ansi(io::stderr().is_terminal())
        .with_writer(writer)
        .with_filter(EnvFilter::new(&config.log));
    tracing_subscriber::registry()
        .with(log)
        .with(diagnostics.layer())
        .try_init()
        .context("cannot start the log")?;
    Ok(guard)
}
// ANCHOR_END: init

/// Logs a request when it has been answered; a failure on our side with its cause.
pub async fn log_request(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("", MatchedPath::as_str);
    let span = info_span!("request", method = %request.method(), route);
    let path = request.uri().path().to_owned();
    async {
        let start = Instant::now();
        let response = next.run(request).await;
        let status = response.status().as_u16();
        debug!(path, status, took = ?start.elapsed(), "answered");
        if let Some(Cause(cause)) = response.extensions().get() {
            error!(path, status, cause, "failed");
        }
        response
    }
    .instrument(span)
    .await
}
