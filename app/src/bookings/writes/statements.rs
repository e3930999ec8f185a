//! The statements of a batch, each one text however many rows there are: PostgreSQL takes a batch as arrays, one for each
//! column, SQLite as JSON.

use serde::Serialize;
use sqlx::{Database, PgConnection, Postgres, Sqlite, SqliteConnection};

use super::{Delete, Insert};

/// Why a row was not inserted.
#[derive(Debug)]
pub struct Missing {
    pub id: String,
    pub has_room: bool,
    pub has_user: bool,
    pub is_taken: bool,
}

impl From<(String, bool, bool, bool)> for Missing {
    fn from((id, has_room, has_user, is_taken): (String, bool, bool, bool)) -> Self {
        Self {
            id,
            has_room,
            has_user,
            is_taken,
        }
    }
}

/// A database that can do them.
pub trait Statements: Database {
    /// Begins a transaction that is going to write.
    const BEGIN: &'static str;

    /// Executes a statement that returns nothing.
    fn execute(
        connection: &mut Self::Connection,
        statement: &'static str,
    ) -> impl Future<Output = sqlx::Result<()>> + Send;

    /// Inserts those of these rows that can be, in their order, and returns how many: their room and their user are there,
    /// and the room is free. Every other violation of the schema is an error.
    fn insert(
        connection: &mut Self::Connection,
        rows: &[&Insert],
    ) -> impl Future<Output = sqlx::Result<u64>> + Send;

    /// Finds those of these rows that were not inserted, and what they lack.
    fn missing(
        connection: &mut Self::Connection,
        rows: &[&Insert],
    ) -> impl Future<Output = sqlx::Result<Vec<Missing>>> + Send;

    /// Deletes these rows, and returns ids and users of those that were there.
    fn delete(
        connection: &mut Self::Connection,
        rows: &[&Delete],
    ) -> impl Future<Output = sqlx::Result<Vec<(String, String)>>> + Send;
}

/// Who comes alone does not wait for JSON to be taken apart. It means what the statement for many does.
const INSERT_ONE: &str = "\
    insert into bookings (id, user_id, room_id, booked_on, created_at) \
    select $1, users.id, rooms.id, $4, $5 from users, rooms where users.id = $2 and rooms.id = $3 \
    on conflict (room_id, booked_on) do nothing";

/// Binds it for either database.
macro_rules! insert_one {
    ($row:expr) => {
        sqlx::query(INSERT_ONE)
            .bind(&$row.id)
            .bind(&$row.user_id)
            .bind(&$row.room_id)
            .bind($row.booked_on.0)
            .bind($row.created_at)
    };
}

const DELETE_ONE: &str = "delete from bookings where id = $1 and user_id = $2";

/// Executes it on either database.
macro_rules! delete_one {
    ($connection:expr, $row:expr) => {{
        let delete = sqlx::query(DELETE_ONE).bind(&$row.id).bind(&$row.user_id);
        let deleted = delete.execute($connection).await?.rows_affected() > 0;
        let row = ($row.id.clone(), $row.user_id.clone());
        Ok(deleted.then_some(row).into_iter().collect())
    }};
}

// ANCHOR: insert
const INSERT_ON_SQLITE: &str = "\
    insert into bookings (id, user_id, room_id, booked_on, created_at) \
    select new.value ->> 'id', users.id, rooms.id, \
    new.value ->> 'booked_on', new.value ->> 'created_at' \
    from json_each($1) as new \
    join users on users.id = new.value ->> 'user_id' \
    join rooms on rooms.id = new.value ->> 'room_id' \
    where true order by new.key \
    on conflict (room_id, booked_on) do nothing";
// ANCHOR_END: insert

const MISSING_ON_SQLITE: &str = "\
    select value ->> 'id', \
    exists (select 1 from rooms where id = value ->> 'room_id'), \
    exists (select 1 from users where id = value ->> 'user_id'), \
    exists (select 1 from bookings where room_id = value ->> 'room_id' and booked_on = value ->> 'booked_on') \
    from json_each($1) where not exists (select 1 from bookings where id = value ->> 'id')";

const DELETE_ON_SQLITE: &str = "\
    delete from bookings where (id, user_id) in \
    (select value ->> 'id', value ->> 'user_id' from json_each($1)) returning id, user_id";

/// The rows as one value.
fn json(rows: &impl Serialize) -> sqlx::Result<String> {
    serde_json::to_string(rows).map_err(|error| sqlx::Error::Encode(error.into()))
}

impl Statements for Sqlite {
    /// A transaction that has read may not write any more once somebody else has begun to.
    const BEGIN: &'static str = "begin immediate";

    async fn execute(
        connection: &mut SqliteConnection,
        statement: &'static str,
    ) -> sqlx::Result<()> {
        sqlx::raw_sql(statement).execute(connection).await.map(drop)
    }

    async fn insert(connection: &mut SqliteConnection, rows: &[&Insert]) -> sqlx::Result<u64> {
        let insert = match rows {
            [row] => insert_one!(row),
            rows => sqlx::query(INSERT_ON_SQLITE).bind(json(&rows)?),
        };
        Ok(insert.execute(connection).await?.rows_affected())
    }

    async fn missing(
        connection: &mut SqliteConnection,
        rows: &[&Insert],
    ) -> sqlx::Result<Vec<Missing>> {
        let missing = sqlx::query_as(MISSING_ON_SQLITE).bind(json(&rows)?);
        let rows: Vec<(String, bool, bool, bool)> = missing.fetch_all(connection).await?;
        Ok(rows.into_iter().map(Missing::from).collect())
    }

    async fn delete(
        connection: &mut SqliteConnection,
        rows: &[&Delete],
    ) -> sqlx::Result<Vec<(String, String)>> {
        if let [row] = rows {
            return delete_one!(connection, row);
        }
        let delete = sqlx::query_as(DELETE_ON_SQLITE).bind(json(&rows)?);
        delete.fetch_all(connection).await
    }
}

const INSERT_ON_POSTGRES: &str = "\
    insert into bookings (id, user_id, room_id, booked_on, created_at) \
    select new.id, users.id, rooms.id, new.booked_on, new.created_at \
    from unnest($1::text[], $2::text[], $3::text[], $4::date[], $5::timestamptz[]) with ordinality \
    as new (id, user_id, room_id, booked_on, created_at, place) \
    join users on users.id = new.user_id \
    join rooms on rooms.id = new.room_id \
    order by new.place \
    on conflict (room_id, booked_on) do nothing";

const MISSING_ON_POSTGRES: &str = "\
    select new.id, \
    exists (select from rooms where id = new.room_id), \
    exists (select from users where id = new.user_id), \
    exists (select from bookings where room_id = new.room_id and booked_on = new.booked_on) \
    from unnest($1::text[], $2::text[], $3::text[], $4::date[]) as new (id, user_id, room_id, booked_on) \
    where not exists (select from bookings where id = new.id)";

const DELETE_ON_POSTGRES: &str = "\
    delete from bookings using unnest($1::text[], $2::text[]) as gone (id, user_id) \
    where bookings.id = gone.id and bookings.user_id = gone.user_id returning gone.id, gone.user_id";

/// One column of the rows.
fn column<'a, R, T>(rows: &[&'a R], value: impl Fn(&'a R) -> T) -> Vec<T> {
    rows.iter().map(|row| value(row)).collect()
}

impl Statements for Postgres {
    const BEGIN: &'static str = "begin";

    async fn execute(connection: &mut PgConnection, statement: &'static str) -> sqlx::Result<()> {
        sqlx::raw_sql(statement).execute(connection).await.map(drop)
    }

    async fn insert(connection: &mut PgConnection, rows: &[&Insert]) -> sqlx::Result<u64> {
        let insert = match rows {
            [row] => insert_one!(row),
            rows => sqlx::query(INSERT_ON_POSTGRES)
                .bind(column(rows, |row| row.id.as_str()))
                .bind(column(rows, |row| row.user_id.as_str()))
                .bind(column(rows, |row| row.room_id.as_str()))
                .bind(column(rows, |row| row.booked_on.0))
                .bind(column(rows, |row| row.created_at)),
        };
        Ok(insert.execute(connection).await?.rows_affected())
    }

    async fn missing(
        connection: &mut PgConnection,
        rows: &[&Insert],
    ) -> sqlx::Result<Vec<Missing>> {
        let missing = sqlx::query_as(MISSING_ON_POSTGRES)
            .bind(column(rows, |row| row.id.as_str()))
            .bind(column(rows, |row| row.user_id.as_str()))
            .bind(column(rows, |row| row.room_id.as_str()))
            .bind(column(rows, |row| row.booked_on.0));
        let rows: Vec<(String, bool, bool, bool)> = missing.fetch_all(connection).await?;
        Ok(rows.into_iter().map(Missing::from).collect())
    }

    async fn delete(
        connection: &mut PgConnection,
        rows: &[&Delete],
    ) -> sqlx::Result<Vec<(String, String)>> {
        if let [row] = rows {
            return delete_one!(connection, row);
        }
        let delete = sqlx::query_as(DELETE_ON_POSTGRES)
            .bind(column(rows, |row| row.id.as_str()))
            .bind(column(rows, |row| row.user_id.as_str()));
        delete.fetch_all(connection).await
    }
}
