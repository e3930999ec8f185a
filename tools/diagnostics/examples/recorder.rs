//! A service of your own that asks its flight recorder: a route that answers with what has just been, and a condition of
//! yours on which it is kept in a file.
//!
//! ```console
//! cargo run -p diagnostics --example recorder
//! ```
//!
//! It prints where the service and where the diagnostics listen, on free ports, and keeps its dumps in `dumps`.

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use diagnostics::{Options, flight_recorder};
use tracing_subscriber::prelude::*;

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

fn main() -> Result<(), Box<dyn std::error::Error>> {
    fs::create_dir_all("dumps")?;
    // ANCHOR: set-up
    let options = Options::default()
        .recorder_size(16 << 20)
        .dump_folder("dumps")
        .slow_request(Duration::from_millis(500))
        .slow_poll(Duration::from_millis(100));
    let diagnostics = diagnostics::install_with(options)?;
    tracing_subscriber::registry()
        .with(diagnostics::layer())
        .init();
    let runtime = diagnostics.runtime().build()?;
    // ANCHOR_END: set-up
    runtime.block_on(async {
        let app = Router::new()
            .route("/trace", get(trace))
            .route("/report", get(report));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        writeln!(
            std::io::stdout(),
            "{}\nlistening on http://{}",
            diagnostics.listen(([127, 0, 0, 1], 0).into()),
            listener.local_addr()?
        )?;
        Ok(axum::serve(listener, app).await?)
    })
}

// ANCHOR: handler
/// What the last five seconds were like. It takes a moment, so not on a thread that serves requests.
async fn trace() -> impl IntoResponse {
    let written = tokio::task::spawn_blocking(|| {
        let mut trace = Vec::new();
        let last = Duration::from_secs(5);
        flight_recorder().write_to(&mut trace, last).map(|()| trace)
    });
    match written.await {
        Ok(Ok(trace)) => Ok(([(header::CONTENT_TYPE, "application/json")], trace)),
        _ => Err(StatusCode::INTERNAL_SERVER_ERROR),
    }
}
// ANCHOR_END: handler

// ANCHOR: logic
/// A report should take 50 ms. When one takes longer, keep what came before.
async fn report() -> &'static str {
    let start = Instant::now();
    tokio::time::sleep(Duration::from_millis(60)).await;
    if start.elapsed() > Duration::from_millis(50) {
        tokio::task::spawn_blocking(|| match flight_recorder().dump("a slow report") {
            Ok(path) => tracing::warn!("a slow report: see {}", path.display()),
            Err(error) => tracing::warn!(%error, "a slow report"),
        });
    }
    "done\n"
}
// ANCHOR_END: logic
