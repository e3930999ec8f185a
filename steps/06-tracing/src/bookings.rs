//! A user's bookings: a room for a day, which nobody else can have then.

use axum::{
    Json, Router,
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    routing::get,
};
use serde::{Deserialize, Serialize};
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use crate::{
    AppState,
    authorization::CurrentUser,
    body::Body,
    db::{Db, on_pool, on_writer},
    error::Error,
    reminders,
    values::Day,
};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/bookings", get(list).post(create))
        .route("/bookings/{id}", get(one).delete(remove))
}

#[derive(Debug, Serialize)]
struct Booking {
    id: String,
    room_id: String,
    booked_on: Day,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

/// A booking as the database has it.
type BookingRow = (String, String, Date, OffsetDateTime);

impl From<BookingRow> for Booking {
    fn from((id, room_id, booked_on, created_at): BookingRow) -> Self {
        Self {
            id,
            room_id,
            booked_on: Day(booked_on),
            created_at,
        }
    }
}

async fn list(
    State(state): State<AppState>,
    user: CurrentUser,
) -> Result<Json<Vec<Booking>>, Error> {
    Ok(Json(bookings_of_user(&state.db, &user).await?))
}

async fn one(
    State(state): State<AppState>,
    user: CurrentUser,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<Json<Booking>, Error> {
    let Path(id) = id.map_err(|_| Error::booking_not_found())?;
    let booking = booking_of_user(&state.db, &user, &id.to_string())
        .await?
        .ok_or_else(Error::booking_not_found)?;
    Ok(Json(booking))
}

#[derive(Debug, Deserialize)]
struct NewBooking {
    room_id: String,
    booked_on: String,
}

#[derive(Debug, Serialize)]
struct Created {
    id: String,
}

// ANCHOR: create
async fn create(
    State(state): State<AppState>,
    user: CurrentUser,
    Body(new): Body<NewBooking>,
) -> Result<(StatusCode, Json<Created>), Error> {
    let day = Day::parse(&new.booked_on).map_err(|_| Error::date_format(&new.booked_on))?;
    let room = Uuid::parse_str(&new.room_id)
        .map_err(|_| Error::room_not_found())?
        .to_string();
    let id = Uuid::new_v4().to_string();
    let now = OffsetDateTime::now_utc();
    insert_booking(&state.db, &id, &user, &room, day, now).await?;
    reminders::schedule(state.db, id.clone(), day, now);
    Ok((StatusCode::CREATED, Json(Created { id })))
}
// ANCHOR_END: create

async fn remove(
    State(state): State<AppState>,
    user: CurrentUser,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, Error> {
    let Path(id) = id.map_err(|_| Error::booking_not_found())?;
    if delete_booking(&state.db, &user, &id.to_string()).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(Error::booking_not_found())
    }
}

// ANCHOR: list
const BOOKINGS_OF_USER: &str = "\
    select id, room_id, booked_on, created_at \
    from bookings where user_id = $1 order by booked_on, id";

async fn bookings_of_user(db: &Db, user: &CurrentUser) -> Result<Vec<Booking>, Error> {
    let rows: Vec<BookingRow> = on_pool!(db, "bookings_of_user", pool => {
        sqlx::query_as(BOOKINGS_OF_USER).bind(&user.id).fetch_all(pool).await
    })?;
    Ok(rows.into_iter().map(Booking::from).collect())
}
// ANCHOR_END: list

const BOOKING_OF_USER: &str =
    "select id, room_id, booked_on, created_at from bookings where id = $1 and user_id = $2";

async fn booking_of_user(db: &Db, user: &CurrentUser, id: &str) -> Result<Option<Booking>, Error> {
    let row: Option<BookingRow> = on_pool!(db, "booking_of_user", pool => {
        sqlx::query_as(BOOKING_OF_USER).bind(id).bind(&user.id).fetch_optional(pool).await
    })?;
    Ok(row.map(Booking::from))
}

/// Inserts no row when there is no such room, and is refused by the schema when the room is taken.
const INSERT_BOOKING: &str = "\
    insert into bookings (id, user_id, room_id, booked_on, created_at) \
    select $1, $2, id, $4, $5 from rooms where id = $3";

async fn insert_booking(
    db: &Db,
    id: &str,
    user: &CurrentUser,
    room: &str,
    day: Day,
    now: OffsetDateTime,
) -> Result<(), Error> {
    let inserted = on_writer!(db, "insert_booking", pool => {
        let insert = sqlx::query(INSERT_BOOKING).bind(id).bind(&user.id).bind(room);
        insert.bind(day.0).bind(now).execute(pool).await.map(|done| done.rows_affected())
    });
    match inserted {
        Ok(0) => Err(Error::room_not_found()),
        Ok(_) => Ok(()),
        Err(error) => Err(match error.as_database_error() {
            Some(cause) if cause.is_unique_violation() => Error::room_taken(),
            // The user was deleted after the token was checked.
            Some(cause) if cause.is_foreign_key_violation() => Error::invalid_token(),
            _ => error.into(),
        }),
    }
}

const DELETE_BOOKING: &str = "delete from bookings where id = $1 and user_id = $2";

async fn delete_booking(db: &Db, user: &CurrentUser, id: &str) -> Result<bool, Error> {
    let deleted = on_writer!(db, "delete_booking", pool => {
        let delete = sqlx::query(DELETE_BOOKING).bind(id).bind(&user.id);
        delete.execute(pool).await.map(|done| done.rows_affected())
    })?;
    Ok(deleted > 0)
}
