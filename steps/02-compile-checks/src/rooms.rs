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
use time::Date;
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
const ALL_ROOMS: &str =
    "select id, name, cost, number_of_seats, category, main_photo from rooms order by name";

const ALL_BOOKINGS: &str = "select room_id, booked_on from bookings";

async fn all_rooms(db: &Db, day: Option<Day>) -> Result<Vec<Room>, Error> {
    let rooms: Vec<RoomRow> = on_pool!(db, "all_rooms", pool => {
        sqlx::query_as(ALL_ROOMS).fetch_all(pool).await
    })?;
    let bookings: Vec<(String, Date)> = on_pool!(db, "all_bookings", pool => {
        sqlx::query_as(ALL_BOOKINGS).fetch_all(pool).await
    })?;
    let is_taken = |room: &str| {
        bookings
            .iter()
            .any(|(room_id, booked_on)| room_id == room && day == Some(Day(*booked_on)))
    };
    Ok(rooms
        .into_iter()
        .map(|row| {
            let free = !is_taken(&row.0);
            Room::new(row, free)
        })
        .collect())
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
