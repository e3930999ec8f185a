//! Where one `GET /rooms` allocates, or several at once: writes `dhat-heap.json` for dhat's viewer. It takes the service's own
//! flags:
//!
//! ```console
//! AT_ONCE=1 cargo run --release -p PACKAGE --example dhat
//! ```

use std::env;

use anyhow::{Result, ensure};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::Request,
};
use coworking as app;
use tokio::task::JoinSet;
use tower::ServiceExt;

use app::{AppState, config::Config, db::Db, router::router, seed::seed};

// Each allocation takes a backtrace with it. That is too slow for a service, so this is a program of its own.
#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

fn main() -> Result<()> {
    let config = Config::load()?;
    tokio::runtime::Runtime::new()?.block_on(profile(config))
}

// ANCHOR: profile
async fn profile(config: Config) -> Result<()> {
    let db = Db::connect(&config).await?;
    seed(&db).await?;
    let app = router(AppState::new(config, db.clone()));
    let at_once = env::var("AT_ONCE").map_or(Ok(1), |count| count.parse())?;
    // The first requests prepare what all later ones use.
    get_rooms(&app, at_once).await?;

    // It records until it is dropped, and writes the file then.
    let profiler = dhat::Profiler::new_heap();
    get_rooms(&app, at_once).await?;
    drop(profiler);

    db.close().await;
    Ok(())
}
// ANCHOR_END: profile

async fn get_rooms(app: &Router, at_once: usize) -> Result<()> {
    let mut requests = JoinSet::new();
    for _ in 0..at_once {
        let request = Request::get("/rooms").body(Body::empty())?;
        requests.spawn(app.clone().oneshot(request));
    }
    while let Some(response) = requests.join_next().await {
        let response = response??;
        ensure!(
            response.status().is_success(),
            "GET /rooms answered {}",
            response.status()
        );
        to_bytes(response.into_body(), usize::MAX).await?;
    }
    Ok(())
}
