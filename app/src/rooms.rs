//! The rooms, whether they are free on a day, and their photos.

use axum::{
    Json, Router,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    routing::get,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    AppState,
    db::{Db, on_pool},
    error::Error,
    values::Day,
};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/rooms", get(list))
        .route("/rooms/{id}", get(one))
        .route("/rooms/{id}/photos", get(photos))
}

#[derive(Debug, Serialize)]
struct Room {
    id: String,
    name: String,
    cost: f64,
    number_of_seats: i64,
    category: String,
    main_photo: String,
    is_available: bool,
}

/// A room as the database has it.
type RoomRow = (String, String, f64, i64, String, String);

/// The same, and whether the room is free on a day.
type AvailableRoomRow = (String, String, f64, i64, String, String, bool);

impl Room {
    fn new(
        (id, name, cost, number_of_seats, category, main_photo): RoomRow,
        is_available: bool,
    ) -> Self {
        Self {
            id,
            name,
            cost,
            number_of_seats,
            category,
            main_photo,
            is_available,
        }
    }
}

#[derive(Debug, Deserialize)]
struct Filter {
    day_to_book: Option<String>,
}

async fn list(
    State(state): State<AppState>,
    filter: Result<Query<Filter>, QueryRejection>,
) -> Result<Json<Vec<Room>>, Error> {
    let Query(filter) = filter.map_err(|rejection| Error::validation(rejection.body_text()))?;
    let day = match &filter.day_to_book {
        Some(text) => Some(Day::parse(text).map_err(|_| Error::date_format(text))?),
        None => None,
    };
    Ok(Json(all_rooms(&state.db, day).await?))
}

async fn one(
    State(state): State<AppState>,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<Json<Room>, Error> {
    let Path(id) = id.map_err(|_| Error::room_not_found())?;
    let room = room_by_id(&state.db, &id.to_string())
        .await?
        .ok_or_else(Error::room_not_found)?;
    Ok(Json(room))
}

#[derive(Debug, Serialize)]
struct Photos {
    id: String,
    photos: Vec<String>,
}

async fn photos(
    State(state): State<AppState>,
    id: Result<Path<Uuid>, PathRejection>,
) -> Result<Json<Photos>, Error> {
    let Path(id) = id.map_err(|_| Error::room_not_found())?;
    let id = id.to_string();
    let photos = photos_of_room(&state.db, &id)
        .await?
        .ok_or_else(Error::room_not_found)?;
    Ok(Json(Photos { id, photos }))
}

// ANCHOR: all
/// Without a day nothing is booked on it, so every room is available.
const ALL_ROOMS: &str = "\
    select id, name, cost, number_of_seats, category, main_photo, not exists ( \
        select 1 from bookings where room_id = rooms.id and booked_on = $1 \
    ) from rooms order by name";

async fn all_rooms(db: &Db, day: Option<Day>) -> Result<Vec<Room>, Error> {
    let day = day.map(|Day(date)| date);
    let rooms: Vec<AvailableRoomRow> = on_pool!(db, "all_rooms", pool => {
        sqlx::query_as(ALL_ROOMS).bind(day).fetch_all(pool).await
    })?;
    let room = |(id, name, cost, seats, category, photo, is_available)| {
        Room::new((id, name, cost, seats, category, photo), is_available)
    };
    Ok(rooms.into_iter().map(room).collect())
}
// ANCHOR_END: all

const ROOM_BY_ID: &str =
    "select id, name, cost, number_of_seats, category, main_photo from rooms where id = $1";

async fn room_by_id(db: &Db, id: &str) -> Result<Option<Room>, Error> {
    let room: Option<RoomRow> = on_pool!(db, "room_by_id", pool => {
        sqlx::query_as(ROOM_BY_ID).bind(id).fetch_optional(pool).await
    })?;
    Ok(room.map(|row| Room::new(row, true)))
}

const PHOTOS_OF_ROOM: &str = "\
    select photos.path from rooms left join photos on photos.room_id = rooms.id \
    where rooms.id = $1 order by photos.position";

/// The photos in the order in which they are shown, or nothing when there is no such room.
async fn photos_of_room(db: &Db, id: &str) -> Result<Option<Vec<String>>, Error> {
    let rows: Vec<(Option<String>,)> = on_pool!(db, "photos_of_room", pool => {
        sqlx::query_as(PHOTOS_OF_ROOM).bind(id).fetch_all(pool).await
    })?;
    if rows.is_empty() {
        return Ok(None);
    }
    Ok(Some(rows.into_iter().filter_map(|(path,)| path).collect()))
}
