use anyhow::Result;
use sqlx::SqlitePool;
use tempfile::TempDir;
use time::macros::datetime;

use super::*;
use crate::{config::Config, seed::seed};

const USER: &str = "5c7d1e90-2f4a-4c8b-b6e3-7a8f9d0c1b04";

async fn database() -> Result<(Db, SqlitePool, TempDir)> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}", folder.path().join("app.db").display());
    let db = Db::connect(&Config::from_flags(["coworking", "--database-url", &url])?).await?;
    seed(&db).await?;
    let Db::Sqlite { writer, .. } = &db else {
        anyhow::bail!("the URL is one of SQLite");
    };
    let pool = writer.clone();
    Ok((db, pool, folder))
}

/// Books a room of its own for that day.
async fn book(pool: &SqlitePool, id: &str, day: Date, created_at: OffsetDateTime) -> Result<()> {
    let room = "insert into rooms select $1, name, cost, number_of_seats, category, main_photo from rooms limit 1";
    sqlx::query(room).bind(id).execute(pool).await?;
    let booking = "insert into bookings (id, user_id, room_id, booked_on, created_at) values ($1, $2, $1, $3, $4)";
    let booking = sqlx::query(booking).bind(id).bind(USER).bind(day);
    booking.bind(created_at).execute(pool).await?;
    Ok(())
}

/// Whom it has reminded at that time and at none before.
async fn reminded(db: &Db, pool: &SqlitePool, now: OffsetDateTime) -> Result<Vec<String>> {
    const OPEN: &str = "select id from bookings where reminded_at is null order by id";
    let mut open: Vec<String> = sqlx::query_scalar(OPEN).fetch_all(pool).await?;
    remind(db, now).await?;
    let left: Vec<String> = sqlx::query_scalar(OPEN).fetch_all(pool).await?;
    open.retain(|id| !left.contains(id));
    Ok(open)
}

#[test]
fn it_sleeps_until_nine_and_a_minute_at_most() {
    let second = Duration::SECOND;
    for (now, expected) in [
        (datetime!(2031-05-01 0:00 UTC), 60 * second),
        (datetime!(2031-05-01 8:59:30 UTC), 30 * second),
        (datetime!(2031-05-01 8:59:59.5 UTC), second / 2),
        (datetime!(2031-05-01 9:00 UTC), 60 * second),
        (datetime!(2031-05-01 23:59:59 UTC), 60 * second),
        (datetime!(9999-12-31 23:59:59 UTC), 60 * second),
    ] {
        assert_eq!(until_due(now), expected, "{now}");
    }
}

#[tokio::test]
async fn it_reminds_on_the_eve_from_nine_on_of_what_was_booked_before() -> Result<()> {
    let (db, pool, _folder) = database().await?;
    let eve = datetime!(2031-05-01 9:00 UTC);
    let nanosecond = Duration::NANOSECOND;
    let tomorrow = eve.date() + Duration::DAY;
    book(&pool, "long ago", tomorrow, eve - 300 * Duration::DAY).await?;
    book(&pool, "just before", tomorrow, eve - nanosecond).await?;
    book(&pool, "at nine", tomorrow, eve).await?;
    book(&pool, "just after", tomorrow, eve + nanosecond).await?;
    book(
        &pool,
        "later",
        tomorrow + Duration::DAY,
        eve - Duration::DAY,
    )
    .await?;
    book(&pool, "today", eve.date(), eve - Duration::DAY * 2).await?;

    let none: [&str; 0] = [];
    assert_eq!(reminded(&db, &pool, eve - nanosecond).await?, none);
    assert_eq!(
        reminded(&db, &pool, eve).await?,
        ["just before", "long ago"]
    );
    assert_eq!(reminded(&db, &pool, eve).await?, none);
    // Made before nine, and stored after it.
    book(&pool, "slow", tomorrow, eve - nanosecond).await?;
    assert_eq!(
        reminded(&db, &pool, eve + Duration::MINUTE).await?,
        ["slow"]
    );
    Ok(())
}

#[tokio::test]
async fn a_clock_may_jump_forward_and_back() -> Result<()> {
    let (db, pool, _folder) = database().await?;
    let eve = datetime!(2031-05-01 12:00 UTC);
    let created = eve - 90 * Duration::DAY;
    for (id, days) in [("1", 1), ("2", 2), ("3", 3), ("30", 30)] {
        book(&pool, id, eve.date() + days * Duration::DAY, created).await?;
    }
    let none: [&str; 0] = [];
    let at = async |days: i32| reminded(&db, &pool, eve + days * Duration::DAY).await;
    assert_eq!(at(0).await?, ["1"]);
    // The days in between are over: it is too late for a word about "2".
    assert_eq!(at(2).await?, ["3"]);
    assert_eq!(at(-50).await?, none);
    // And now they lie ahead again; who was reminded is not reminded twice.
    assert_eq!(at(0).await?, none);
    assert_eq!(at(1).await?, ["2"]);
    assert_eq!(at(2).await?, none);
    assert_eq!(at(29).await?, ["30"]);
    Ok(())
}

#[tokio::test]
async fn more_than_one_statement_claims_are_all_claimed() -> Result<()> {
    let (db, pool, _folder) = database().await?;
    let eve = datetime!(2031-05-01 12:00 UTC);
    let many = AT_ONCE + 1;
    for number in 0..many {
        let tomorrow = eve.date() + Duration::DAY;
        book(&pool, &number.to_string(), tomorrow, eve - Duration::DAY).await?;
    }
    assert_eq!(reminded(&db, &pool, eve).await?.len(), many);
    Ok(())
}
