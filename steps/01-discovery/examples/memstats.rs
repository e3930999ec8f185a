//! What a start, and then one `GET /rooms`, does to the memory. It takes the service's own flags:
//!
//! ```console
//! cargo run --release -p PACKAGE --example memstats
//! ```

use anyhow::{Context, Result, ensure};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use diagnostics::memstats::measure_async;
use tower::ServiceExt;

use step_01_discovery as app;

use app::{AppState, config::Config, db::Db, router::router, seed::seed};

// ANCHOR: allocator
#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();
// ANCHOR_END: allocator

fn main() -> Result<()> {
    let config = Config::load()?;
    tokio::runtime::Runtime::new()?.block_on(measure(config))
}

// ANCHOR: measure
async fn measure(config: Config) -> Result<()> {
    let db = measure_async("migrate and seed", start(&config)).await?;

    let app = router(AppState::new(config, db.clone()));
    // The first request prepares what all later ones use.
    get_rooms(&app).await?;
    let bytes = measure_async("GET /rooms", get_rooms(&app)).await?;
    println!("the answer has {bytes} bytes");

    db.close().await;
    Ok(())
}
// ANCHOR_END: measure

async fn start(config: &Config) -> Result<Db> {
    let db = Db::connect(config).await?;
    seed(&db).await?;
    Ok(db)
}

/// Asks without a socket, and returns the answer's length in bytes.
async fn get_rooms(app: &Router) -> Result<usize> {
    let request = Request::get("/rooms").body(Body::empty())?;
    let response = app.clone().oneshot(request).await?;
    ensure!(
        response.status().is_success(),
        "GET /rooms answered {}",
        response.status()
    );
    let body = to_bytes(response.into_body(), usize::MAX).await;
    Ok(body.context("the answer broke off")?.len())
}
