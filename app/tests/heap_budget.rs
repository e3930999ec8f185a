//! A budget for the heap: whatever `GET /rooms` allocates, it must not grow with the number of bookings.
//!
//! dhat counts the whole process, so this file has one test only.

use anyhow::{Context, Result};
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    http::Request,
};
use coworking as app;
use tower::ServiceExt;

use app::{AppState, config::Config, db::Db, router::router, seed::seed};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// For one answer, in bytes.
const BUDGET: u64 = 64 * 1024;

/// Every room is booked on each of the first ten thousand days after the year 2030 began.
const BOOKINGS: &str = "\
    with recursive days (number) as (select 0 union all select number + 1 from days where number < 9999) \
    insert into bookings (id, user_id, room_id, booked_on, created_at) \
    select rooms.id || number, users.id, rooms.id, date('2030-01-01', number || ' days'), '2030-01-01 00:00:00' \
    from days, rooms, users";

// ANCHOR: budget
#[test]
fn rooms_stay_within_their_budget() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}", folder.path().join("app.db").display());
    tokio::runtime::Runtime::new()?.block_on(async {
        let app = app_with_bookings(&url).await?;
        // The first request prepares what all later ones use.
        get_rooms(&app).await?;

        let profiler = dhat::Profiler::builder().testing().build();
        let rooms = get_rooms(&app).await?;
        let stats = dhat::HeapStats::get();
        // Nothing but the request belongs to the figures, an assertion's message neither.
        drop(profiler);

        assert_eq!(
            rooms.matches(r#""is_available":false"#).count(),
            3,
            "{rooms}"
        );
        assert!(
            stats.total_bytes <= BUDGET,
            "GET /rooms allocated {} bytes in {} blocks: the budget is {BUDGET} bytes",
            stats.total_bytes,
            stats.total_blocks
        );
        Ok(())
    })
}
// ANCHOR_END: budget

async fn app_with_bookings(url: &str) -> Result<Router> {
    let config = Config::from_flags(["coworking", "--database-url", url])?;
    let db = Db::connect(&config).await?;
    seed(&db).await?;
    let Db::Sqlite { writer, .. } = &db else {
        anyhow::bail!("{url} is not SQLite");
    };
    let booked = sqlx::query(BOOKINGS).execute(writer).await?.rows_affected();
    assert_eq!(booked, 30_000);
    Ok(router(AppState::new(config, db)))
}

async fn get_rooms(app: &Router) -> Result<String> {
    let request = Request::get("/rooms?day_to_book=2030-01-31").body(Body::empty())?;
    let response = app.clone().oneshot(request).await?;
    let body: Bytes = to_bytes(response.into_body(), usize::MAX).await?;
    String::from_utf8(body.to_vec()).context("the answer is not text")
}
