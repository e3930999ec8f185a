//! `GET /rooms`, `/rooms/{id}`, `/rooms/{id}/photos`.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{client::Client, context::Context};

/// A room as `openapi.json` has it, without a field more or less.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Room {
    pub id: String,
    pub name: String,
    pub cost: f64,
    pub number_of_seats: i64,
    pub category: String,
    pub main_photo: String,
    pub is_available: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Photos {
    pub id: String,
    pub photos: Vec<String>,
}

/// Name, seats, cost, category and number of photos of the rooms that every new database has.
const SEEDED: [(&str, i64, f64, &str, usize); 3] = [
    ("Green", 4, 12.5, "Open Space", 2),
    ("Red", 50, 100.0, "Conference Hall", 1),
    ("Yellow", 1, 4.5, "Shared Desk", 3),
];

/// Days that are none, as JSON and in a query.
pub const WRONG_DAYS: [&str; 14] = [
    "",
    "today",
    "2031-02-29",
    "2031-13-01",
    "2031-00-10",
    "2031-1-1",
    "20310101",
    "31-01-2031",
    "2031-01-01T00:00:00Z",
    "+2031-01-01",
    "-031-01-01",
    "12031-01-01",
    "2031-01-01,",
    "2031/01/01",
];

/// All rooms, by name.
pub async fn list(client: &Client, query: &str) -> Result<Vec<Room>> {
    let mut rooms: Vec<Room> = client.get(format!("/rooms{query}")).read().await?;
    rooms.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(rooms)
}

/// The id of one of the rooms.
pub async fn any_id(client: &Client) -> Result<String> {
    let rooms = list(client, "").await?;
    Ok(rooms.first().context("there are no rooms")?.id.clone())
}

/// Segments of a path that are the id of nothing.
pub fn unknown_ids() -> [String; 9] {
    let words = [
        "1",
        "green",
        "..%2f..",
        "%00",
        "%FF",
        "a%20b",
        "'%20or%201=1--",
    ];
    let [a, b, c, d, e, f, g] = words.map(str::to_owned);
    [
        Uuid::new_v4().to_string(),
        "9".repeat(2000),
        a,
        b,
        c,
        d,
        e,
        f,
        g,
    ]
}

pub async fn all_rooms(context: &Context) -> Result<()> {
    let rooms = list(&context.client().await?, "").await?;
    ensure!(rooms.len() == SEEDED.len(), "there are others: {rooms:?}");
    for (room, (name, seats, cost, category, _)) in rooms.iter().zip(SEEDED) {
        let seeded = Room {
            id: room.id.parse::<Uuid>()?.to_string(),
            name: name.to_owned(),
            cost,
            number_of_seats: seats,
            category: category.to_owned(),
            main_photo: format!("/{}_0001.svg", name.to_lowercase()),
            // As all are without a day.
            is_available: true,
        };
        ensure!(*room == seeded, "expected {seeded:?}, found {room:?}");
    }
    Ok(())
}

pub async fn one_room(context: &Context) -> Result<()> {
    let client = context.client().await?;
    for listed in list(&client, "").await? {
        let room: Room = client.get(format!("/rooms/{}", listed.id)).read().await?;
        ensure!(room == listed, "it is {room:?}, and in the list {listed:?}");
    }
    Ok(())
}

pub async fn an_unknown_room(context: &Context) -> Result<()> {
    let client = context.client().await?;
    for id in unknown_ids() {
        for path in [format!("/rooms/{id}"), format!("/rooms/{id}/photos")] {
            client.get(path).refused("room_not_found").await?;
        }
    }
    Ok(())
}

pub async fn photos(context: &Context) -> Result<()> {
    let client = context.client().await?;
    for (room, (name, .., count)) in list(&client, "").await?.into_iter().zip(SEEDED) {
        let photos: Photos = client
            .get(format!("/rooms/{}/photos", room.id))
            .read()
            .await?;
        ensure!(photos.id == room.id, "another room's photos: {photos:?}");
        let start = format!("/{}_", name.to_lowercase());
        let right = photos
            .photos
            .iter()
            .filter(|photo| photo.starts_with(&start));
        ensure!(
            right.count() == count && photos.photos.len() == count,
            "{name} has {count} photos, not {photos:?}"
        );
    }
    Ok(())
}

pub async fn a_day_tells_which_rooms_are_free(context: &Context) -> Result<()> {
    let client = context.user().await?.client;
    let (day, other_day) = (context.day(), context.day());
    let on = |day: &str| format!("?day_to_book={day}");
    let room = any_id(&client).await?;
    let expect_booked = async |query: &str, booked: Option<&str>| -> Result<()> {
        for room in list(&client, query).await? {
            let right = room.is_available == (booked != Some(&room.id));
            ensure!(right, "with {query:?} {booked:?} is booked, not {room:?}");
        }
        Ok(())
    };
    expect_booked(&on(&day), None).await?;
    let booking = json!({ "room_id": room, "booked_on": day });
    client.post("/bookings", &booking).expect(201).await?;
    expect_booked(&on(&day), Some(&room)).await?;
    for query in ["", &on("2030-12-31"), &on(&other_day)] {
        expect_booked(query, None).await?;
    }
    Ok(())
}

pub async fn a_wrong_day_is_refused(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let more = [
        "2031-01-01%20",
        "%202031-01-01",
        "%00",
        "%FF",
        "2031-01-0%D9%A1",
    ];
    for day in WRONG_DAYS.into_iter().chain(more) {
        let call = client.get(format!("/rooms?day_to_book={day}"));
        call.refused("date_format").await?;
    }
    // Nothing says what these mean; they are an answer in its form in any case.
    for query in [
        "day_to_book",
        "day_to_book=2031-01-01&day_to_book=2031-01-02",
        "%",
        "&&==&",
        "%FF=%FF",
        "day_to_book=%",
    ] {
        let answer = client.get(format!("/rooms?{query}")).send().await?;
        ensure!([200, 400].contains(&answer.status.as_u16()), "{answer}");
    }
    // A leap day, and what is asked for beside the day.
    list(&client, "?day_to_book=2032-02-29&colour=red").await?;
    Ok(())
}
