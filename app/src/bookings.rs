//! A user's bookings: a room for a day, which nobody else can have then.

pub mod writes;

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
    db::{Db, in_span, on_pool},
    error::Error,
    values::Day,
};
use writes::{Delete, Insert, Write};

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
    let insert = Write::Insert(Insert {
        id: id.clone(),
        user_id: user.id,
        room_id: room,
        booked_on: day,
        created_at: OffsetDateTime::now_utc(),
    });
    in_span!("insert_booking", db = state.db.kind(); state.writes.done(insert).await)??;
    Ok((StatusCode::CREATED, Json(Created { id })))
}
// ANCHOR_END: create

async fn remove(
    State(state): State<AppState>,
    user: CurrentUser,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<StatusCode, Error> {
    let Path(id) = id.map_err(|_| Error::booking_not_found())?;
    let delete = Write::Delete(Delete {
        id: id.to_string(),
        user_id: user.id,
    });
    in_span!("delete_booking", db = state.db.kind(); state.writes.done(delete).await)??;
    Ok(StatusCode::NO_CONTENT)
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
