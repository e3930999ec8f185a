//! What a request costs within the app: its handlers without sockets and without a log.
//!
//! In the crate's folder: `cargo bench --bench handler`

use std::{error::Error, time::Duration};

use coworking as app;

use app::{AppState, config::Config, db::Db, router::router, seed::seed};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::{Request, StatusCode},
};
use criterion::Criterion;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();

/// One of the rooms that every new database has.
const ROOM: &str = "/rooms/0d0f3a86-5e0c-4b0e-9d0a-4b3f7c1e9a01";

// ANCHOR: bench
fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Runtime::new()?;
    let folder = tempfile::tempdir()?;
    let database = format!("sqlite://{}", folder.path().join("bench.db").display());
    let app = runtime.block_on(app_on(&database))?;

    let criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    let mut suite = benchmem::Suite::from_args(criterion);
    let mut group = suite.group("Handler");
    group.bench_async("one_room", &runtime, || get(&app, ROOM));
    group.bench_async("all_rooms", &runtime, || get(&app, "/rooms"));
    group.finish();
    suite.finish();
    Ok(())
}
// ANCHOR_END: bench

/// The app as it is after its start, on a database of its own.
async fn app_on(database: &str) -> Result<Router, Box<dyn Error>> {
    let config = Config::from_flags(["handler", "--database-url", database])?;
    let db = Db::connect(&config).await?;
    seed(&db).await?;
    Ok(router(AppState::new(config, db)))
}

async fn get(app: &Router, path: &str) -> Bytes {
    let request = Request::get(path).body(Body::empty());
    let request = request.expect("the path is a URI");
    let response = app.clone().oneshot(request).await;
    let response = response.expect("the app answers everything");
    assert_eq!(response.status(), StatusCode::OK);
    let body = to_bytes(response.into_body(), usize::MAX).await;
    body.expect("the body is in memory")
}
