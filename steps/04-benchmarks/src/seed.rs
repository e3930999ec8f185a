//! The data of a new database: one user and the rooms of `rooms.json`. Seeding again changes and deletes nothing.

use std::{fs::File, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::{
    HOME,
    auth::hash_password,
    db::{Db, on_writer},
    values::Password,
};

/// A room in the shape of `rooms.json`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct SeedRoom {
    pub id: String,
    pub name: String,
    pub cost: f64,
    pub number_of_seats: i64,
    pub category: String,
    pub main_photo: String,
    pub photos: Vec<String>,
}

/// Puts the user and the rooms where they are missing.
///
/// # Errors
/// When `rooms.json` is wrong or the database refuses.
pub async fn seed(db: &Db) -> Result<()> {
    for room in read_rooms(&Path::new(HOME).join("rooms.json"))? {
        insert_room(db, &room)
            .await
            .with_context(|| format!("cannot seed the room {}", room.name))?;
    }
    insert_user(db).await.context("cannot seed the user")
}

/// Reads rooms from a JSON file.
///
/// # Errors
/// When the file cannot be read or is not a JSON array of rooms.
pub fn read_rooms(path: &Path) -> Result<Vec<SeedRoom>> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    serde_json::from_reader(file)
        .with_context(|| format!("{} is not a JSON array of rooms", path.display()))
}

const INSERT_ROOM: &str = "\
    insert into rooms (id, name, cost, number_of_seats, category, main_photo) \
    values ($1, $2, $3, $4, $5, $6) \
    on conflict do nothing";

const INSERT_PHOTO: &str =
    "insert into photos (room_id, position, path) values ($1, $2, $3) on conflict do nothing";

async fn insert_room(db: &Db, room: &SeedRoom) -> sqlx::Result<()> {
    on_writer!(db, pool => {
        let insert = sqlx::query(INSERT_ROOM).bind(&room.id).bind(&room.name).bind(room.cost);
        let insert = insert.bind(room.number_of_seats).bind(&room.category).bind(&room.main_photo);
        insert.execute(pool).await?;
        for (position, path) in (1_i64..).zip(&room.photos) {
            sqlx::query(INSERT_PHOTO).bind(&room.id).bind(position).bind(path).execute(pool).await?;
        }
    });
    Ok(())
}

const INSERT_USER: &str = "\
    insert into users (id, email, username, password_hash) \
    values ('5c7d1e90-2f4a-4c8b-b6e3-7a8f9d0c1b04', 'ipesenti@example.com', 'ipesenti', $1) \
    on conflict do nothing";

async fn insert_user(db: &Db) -> Result<()> {
    let password = Password::try_from("abcd1234!!".to_owned()).map_err(anyhow::Error::msg)?;
    let hash = hash_password(&password)?;
    on_writer!(db, pool => sqlx::query(INSERT_USER).bind(hash).execute(pool).await.map(drop))?;
    Ok(())
}
