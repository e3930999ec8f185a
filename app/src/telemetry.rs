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
use tracing::{Instrument, Span, debug, debug_span, error, field::Empty};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::{EnvFilter, Layer, fmt, layer::SubscriberExt, util::SubscriberInitExt};

use crate::{config::Config, error::Cause};

/// Is kept until the end of the program. What the log still keeps back then, it writes when this is dropped.
#[derive(Debug)]
pub struct Guard {
    _log_writer: WorkerGuard,
}

/// Starts the log on standard error, and hands spans and events to the diagnostics.
///
/// A thread of its own writes the log, so that a slow terminal or disk delays no request.
///
/// # Errors
/// When a log was started before.
// ANCHOR: init
pub fn init(config: &Config) -> Result<Guard> {
    let (writer, log_writer) = tracing_appender::non_blocking(io::stderr());
    let log = fmt::layer()
        .with_ansi(io::stderr().is_terminal())
        .with_writer(writer)
        .with_filter(EnvFilter::new(&config.log));
    tracing_subscriber::registry()
        .with(log)
        .with(diagnostics::layer())
        .try_init()
        .context("cannot start the log")?;
    Ok(Guard {
        _log_writer: log_writer,
    })
}
// ANCHOR_END: init

/// Logs a request when it has been answered; a failure on our side with its cause.
pub async fn log_request(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("", MatchedPath::as_str);
    let path = request.uri().path().to_owned();
    let span = debug_span!("request", %method, route, status = Empty);
    async {
        let start = Instant::now();
        let response = next.run(request).await;
        let status = response.status().as_u16();
        Span::current().record("status", status);
        debug!(path, took = ?start.elapsed(), "answered");
        if let Some(Cause(cause)) = response.extensions().get() {
            error!(%method, path, status, cause, "failed");
        }
        response
    }
    .instrument(span)
    .await
}
