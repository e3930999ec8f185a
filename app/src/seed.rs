//! The data of a new database: one user and the rooms of `rooms.json`. Seeding again changes and deletes nothing.

use std::{borrow::Cow, fmt, fs, path::Path};

use anyhow::{Context, Result};
use serde::Deserialize;

use crate::{
    HOME,
    auth::hash_password,
    db::{BoxFuture, Db, on_writer},
    values::Password,
};

/// A room in the shape of `rooms.json`. Its strings are those of the file's text, except one with an escape in it, which
/// has to be made: hence `Cow` and not `&str`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct SeedRoom<'text> {
    #[serde(borrow)]
    pub id: Cow<'text, str>,
    #[serde(borrow)]
    pub name: Cow<'text, str>,
    pub cost: f64,
    pub number_of_seats: i64,
    #[serde(borrow)]
    pub category: Cow<'text, str>,
    #[serde(borrow)]
    pub main_photo: Cow<'text, str>,
    #[serde(borrow)]
    pub photos: Vec<Photo<'text>>,
}

/// A picture's path. It has a type of its own because serde's `borrow` reaches the `Cow` of a field, and not those within
/// a `Vec`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
pub struct Photo<'text>(#[serde(borrow)] Cow<'text, str>);

impl fmt::Display for Photo<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Puts the user and the rooms where they are missing.
///
/// # Errors
/// When `rooms.json` is wrong or the database refuses.
pub fn seed(db: &Db) -> BoxFuture<'_, Result<()>> {
    Box::pin(insert_missing(db))
}

async fn insert_missing(db: &Db) -> Result<()> {
    let path = Path::new(HOME).join("rooms.json");
    for room in RoomsFile::open(&path)?.rooms()? {
        insert_room(db, &room)
            .await
            .with_context(|| format!("cannot seed the room {}", room.name))?;
    }
    insert_user(db).await.context("cannot seed the user")
}

// ANCHOR: read
/// The text of a JSON file of rooms, from which the rooms borrow.
#[derive(Debug)]
pub struct RoomsFile<'path> {
    path: &'path Path,
    text: Vec<u8>,
}

impl<'path> RoomsFile<'path> {
    /// # Errors
    /// When the file cannot be read.
    pub fn open(path: &'path Path) -> Result<Self> {
        let text = fs::read(path).with_context(|| format!("cannot open {}", path.display()))?;
        Ok(Self { path, text })
    }

    /// # Errors
    /// When the file is not a JSON array of rooms.
    pub fn rooms(&self) -> Result<Vec<SeedRoom<'_>>> {
        serde_json::from_slice(&self.text)
            .with_context(|| format!("{} is not a JSON array of rooms", self.path.display()))
    }
}
// ANCHOR_END: read

const INSERT_ROOM: &str = "\
    insert into rooms (id, name, cost, number_of_seats, category, main_photo) \
    values ($1, $2, $3, $4, $5, $6) \
    on conflict do nothing";

const INSERT_PHOTO: &str =
    "insert into photos (room_id, position, path) values ($1, $2, $3) on conflict do nothing";

async fn insert_room(db: &Db, room: &SeedRoom<'_>) -> sqlx::Result<()> {
    on_writer!(db, "insert_room", pool => {
        let insert = sqlx::query(INSERT_ROOM).bind(&*room.id).bind(&*room.name).bind(room.cost);
        let insert = insert.bind(room.number_of_seats).bind(&*room.category).bind(&*room.main_photo);
        insert.execute(pool).await.map(drop)
    })?;
    for (position, Photo(path)) in (1_i64..).zip(&room.photos) {
        on_writer!(db, "insert_photo", pool => {
            let insert = sqlx::query(INSERT_PHOTO).bind(&*room.id).bind(position).bind(&**path);
            insert.execute(pool).await.map(drop)
        })?;
    }
    Ok(())
}

const INSERT_USER: &str = "\
    insert into users (id, email, username, password_hash) \
    values ('5c7d1e90-2f4a-4c8b-b6e3-7a8f9d0c1b04', 'ipesenti@example.com', 'ipesenti', $1) \
    on conflict do nothing";

async fn insert_user(db: &Db) -> Result<()> {
    let password = Password::try_from("abcd1234!!".to_owned()).map_err(anyhow::Error::msg)?;
    let hash = hash_password(&password)?;
    on_writer!(db, "insert_user", pool => {
        sqlx::query(INSERT_USER).bind(hash).execute(pool).await.map(drop)
    })?;
    Ok(())
}
