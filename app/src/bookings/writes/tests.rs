use anyhow::{Result, bail};
use axum::response::IntoResponse;
use sqlx::{Sqlite, SqlitePool};
use tempfile::TempDir;
use time::macros::{date, datetime};

use super::*;
use crate::{config::Config, seed::seed};

const GREEN: &str = "0d0f3a86-5e0c-4b0e-9d0a-4b3f7c1e9a01";
const USER: &str = "5c7d1e90-2f4a-4c8b-b6e3-7a8f9d0c1b04";

async fn database() -> Result<(Writer<Sqlite>, SqlitePool, TempDir)> {
    let folder = tempfile::tempdir()?;
    let url = format!("sqlite://{}", folder.path().join("app.db").display());
    let db = Db::connect(&Config::from_flags(["coworking", "--database-url", &url])?).await?;
    seed(&db).await?;
    let Db::Sqlite { writer: pool, .. } = db else {
        bail!("the URL is one of SQLite");
    };
    let writer = Writer { pool: pool.clone() };
    Ok((writer, pool, folder))
}

/// A booking of the first of May, or of the days after it.
fn insert(id: &str, days: i64) -> Insert {
    Insert {
        id: id.to_owned(),
        user_id: USER.to_owned(),
        room_id: GREEN.to_owned(),
        booked_on: Day(date!(2041 - 05 - 01) + time::Duration::days(days)),
        created_at: datetime!(2041-04-30 23:59:59.000_120_000 UTC),
    }
}

fn delete(id: &str) -> Write {
    Write::Delete(Delete {
        id: id.to_owned(),
        user_id: USER.to_owned(),
    })
}

/// Writes and commits a batch, and returns the statuses of its answers: 200 for what was done.
async fn statuses(writer: &Writer<Sqlite>, writes: Vec<Write>) -> Result<Vec<u16>> {
    let open = writer.write(writes).await?;
    let answers = writer.commit(open).await?;
    let statuses = answers.into_iter().map(|answer| match answer {
        Ok(()) => 200,
        Err(error) => error.into_response().status().as_u16(),
    });
    Ok(statuses.collect())
}

#[tokio::test]
async fn each_of_a_batch_has_its_own_answer() -> Result<()> {
    let (writer, pool, _folder) = database().await?;
    let somewhere = Insert {
        room_id: "nowhere".to_owned(),
        ..insert("no-room", 1)
    };
    let nobody = |id: &str, days| Insert {
        user_id: "nobody".to_owned(),
        ..insert(id, days)
    };
    let batch = vec![
        Write::Insert(insert("second-day", 1)),
        Write::Insert(insert("first-day", 0)),
        Write::Insert(insert("too-late", 1)),
        Write::Insert(somewhere),
        Write::Insert(nobody("no-user", 2)),
        Write::Insert(nobody("no-user-but-taken", 1)),
    ];
    let expected = [200, 200, 409, 404, 401, 409];
    assert_eq!(statuses(&writer, batch).await?, expected);
    let stored: Vec<String> = sqlx::query_scalar("select id from bookings order by id")
        .fetch_all(&pool)
        .await?;
    assert_eq!(stored, ["first-day", "second-day"]);
    Ok(())
}

#[tokio::test]
async fn what_is_cancelled_and_booked_anew_is_so_in_that_order() -> Result<()> {
    let (writer, pool, _folder) = database().await?;
    let somebody_elses = Write::Delete(Delete {
        id: "a".to_owned(),
        user_id: "somebody".to_owned(),
    });
    let batch = vec![
        Write::Insert(insert("a", 0)),
        somebody_elses,
        delete("a"),
        delete("a"),
        Write::Insert(insert("b", 0)),
        Write::Insert(insert("c", 0)),
        delete("c"),
    ];
    let expected = [200, 404, 200, 404, 200, 409, 404];
    assert_eq!(statuses(&writer, batch).await?, expected);
    let stored: Vec<String> = sqlx::query_scalar("select id from bookings")
        .fetch_all(&pool)
        .await?;
    assert_eq!(stored, ["b"]);
    Ok(())
}

#[tokio::test]
async fn a_violation_that_is_no_taken_day_fails_the_batch_and_leaves_nothing() -> Result<()> {
    let (writer, pool, _folder) = database().await?;
    let twice = || vec![Write::Insert(insert("a", 0)), Write::Insert(insert("a", 1))];
    assert!(statuses(&writer, twice()).await.is_err());
    let mut in_a_transaction = twice();
    in_a_transaction.push(delete("a"));
    assert!(statuses(&writer, in_a_transaction).await.is_err());
    let batch = vec![Write::Insert(insert("a", 0))];
    assert_eq!(statuses(&writer, batch).await?, [200]);
    let stored: i64 = sqlx::query_scalar("select count(*) from bookings")
        .fetch_one(&pool)
        .await?;
    assert_eq!(stored, 1);
    Ok(())
}

/// The rows look as if each had been inserted by a statement of its own, with values that sqlx encodes.
#[tokio::test]
async fn what_is_stored_is_what_sqlx_would_store() -> Result<()> {
    let (writer, pool, _folder) = database().await?;
    let one = insert("one", 0);
    sqlx::query("insert into bookings (id, user_id, room_id, booked_on, created_at) values ('two', $1, $2, $3, $4)")
        .bind(&one.user_id)
        .bind(&one.room_id)
        .bind(one.booked_on.0.next_day())
        .bind(one.created_at)
        .execute(&pool)
        .await?;
    // Alone, and as one of several.
    assert_eq!(statuses(&writer, vec![Write::Insert(one)]).await?, [200]);
    let several = vec![
        Write::Insert(insert("three", 2)),
        Write::Insert(insert("four", 3)),
    ];
    assert_eq!(statuses(&writer, several).await?, [200, 200]);
    let stored = sqlx::query_as(
        "select quote(booked_on), quote(created_at), typeof(booked_on), typeof(created_at), quote(reminded_at) \
         from bookings order by booked_on",
    );
    let stored: Vec<(String, String, String, String, String)> = stored.fetch_all(&pool).await?;
    let days: Vec<_> = stored.iter().map(|row| row.0.as_str()).collect();
    let expected = [
        "'2041-05-01'",
        "'2041-05-02'",
        "'2041-05-03'",
        "'2041-05-04'",
    ];
    assert_eq!(days, expected);
    let by_sqlx = &stored[1];
    for row in &stored {
        let others = (&row.1, &row.2, &row.3, &row.4);
        assert_eq!(others, (&by_sqlx.1, &by_sqlx.2, &by_sqlx.3, &by_sqlx.4));
    }
    Ok(())
}
