//! `GET /rooms`, `/rooms/{id}`, `/rooms/{id}/photos`.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use crate::{client::Client, context::Context};

/// A room as API.md has it, without a field more or less.
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

/// Name, seats, cost, category and number of photos of the rooms that every new database has, as API.md says.
const SEEDED: [(&str, i64, f64, &str, usize); 3] = [
    ("Green", 4, 12.5, "Open Space", 2),
    ("Red", 50, 100.0, "Conference Hall", 1),
    ("Yellow", 1, 4.5, "Shared Desk", 3),
];

/// All rooms, by name.
pub async fn list(client: &Client, query: &str) -> Result<Vec<Room>> {
    let mut rooms: Vec<Room> = client
        .get(&format!("/rooms{query}"))
        .await?
        .expect(200)?
        .json()?;
    rooms.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(rooms)
}

/// The id of one of the rooms.
pub async fn any_id(client: &Client) -> Result<String> {
    let rooms = list(client, "").await?;
    Ok(rooms.first().context("there are no rooms")?.id.clone())
}

pub async fn all_rooms(context: &Context) -> Result<()> {
    let rooms = list(&context.client().await?, "").await?;
    ensure!(
        rooms.len() == SEEDED.len(),
        "expected {} rooms, {rooms:?}",
        SEEDED.len()
    );
    for (room, (name, seats, cost, category, _)) in rooms.iter().zip(SEEDED) {
        let right = room.name == name && room.number_of_seats == seats && room.category == category;
        ensure!(
            right && (room.cost - cost).abs() < f64::EPSILON,
            "not the seeded {name}: {room:?}"
        );
        ensure!(
            Uuid::parse_str(&room.id).is_ok(),
            "the id is no UUID: {room:?}"
        );
        ensure!(
            room.main_photo == format!("/{}_0001.svg", name.to_lowercase()),
            "not its photo: {room:?}"
        );
        ensure!(
            room.is_available,
            "without a day every room is available: {room:?}"
        );
    }
    Ok(())
}

pub async fn one_room(context: &Context) -> Result<()> {
    let client = context.client().await?;
    for listed in list(&client, "").await? {
        let room: Room = client
            .get(&format!("/rooms/{}", listed.id))
            .await?
            .expect(200)?
            .json()?;
        ensure!(
            room == listed,
            "one room and the list differ: {room:?}, {listed:?}"
        );
    }
    Ok(())
}

pub async fn an_unknown_room(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let unknown = Uuid::new_v4().to_string();
    for id in [
        unknown.as_str(),
        "1",
        "green",
        "..%2f..",
        "%00",
        "%FF",
        "a%20b",
        "'%20or%201=1--",
        &"9".repeat(2000),
    ] {
        for path in [format!("/rooms/{id}"), format!("/rooms/{id}/photos")] {
            client
                .get_verbatim(path.as_bytes())
                .await?
                .expect_error(404, "room_not_found")?;
        }
    }
    Ok(())
}

pub async fn photos(context: &Context) -> Result<()> {
    let client = context.client().await?;
    for (room, (name, .., count)) in list(&client, "").await?.into_iter().zip(SEEDED) {
        let answer = client
            .get(&format!("/rooms/{}/photos", room.id))
            .await?
            .expect(200)?;
        let photos: Photos = answer.json()?;
        ensure!(photos.id == room.id, "another room's photos: {answer}");
        ensure!(
            photos.photos.len() == count,
            "{name} has {count} photos: {answer}"
        );
        let start = format!("/{}_", name.to_lowercase());
        ensure!(
            photos.photos.iter().all(|photo| photo.starts_with(&start)),
            "not {name}'s photos: {answer}"
        );
    }
    Ok(())
}

pub async fn a_day_tells_which_rooms_are_free(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let (day, other_day) = (context.day(), context.day());
    let rooms = list(&user.client, &format!("?day_to_book={day}")).await?;
    ensure!(
        rooms.iter().all(|room| room.is_available),
        "nobody has booked {day}: {rooms:?}"
    );

    let booked = &rooms[1];
    user.client
        .post(
            "/bookings",
            &json!({ "room_id": booked.id, "booked_on": day }),
        )
        .await?
        .expect(201)?;
    for room in list(&user.client, &format!("?day_to_book={day}")).await? {
        ensure!(
            room.is_available == (room.id != booked.id),
            "only {} is booked on {day}: {room:?}",
            booked.name
        );
    }
    for query in [
        "",
        "?day_to_book=2030-12-31",
        &format!("?day_to_book={other_day}"),
    ] {
        let rooms = list(&user.client.without_token(), query).await?;
        ensure!(
            rooms.iter().all(|room| room.is_available),
            "all rooms are free with {query:?}: {rooms:?}"
        );
    }
    Ok(())
}

pub async fn a_wrong_day_is_refused(context: &Context) -> Result<()> {
    let client = context.client().await?;
    for day in [
        "",
        "today",
        "2031-02-29",
        "2031-13-01",
        "2031-00-10",
        "2031-1-1",
        "20310101",
        "31-01-2031",
        "2031-01-01T00:00:00Z",
        "2031-01-01%20",
        "%202031-01-01",
        "+2031-01-01",
        "-031-01-01",
        "12031-01-01",
        "%00",
        "%FF",
        "2031-01-0%D9%A1",
    ] {
        let path = format!("/rooms?day_to_book={day}");
        client
            .get_verbatim(path.as_bytes())
            .await?
            .expect_error(400, "date_format")?;
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
        let answer = client
            .get_verbatim(format!("/rooms?{query}").as_bytes())
            .await?;
        ensure!([200, 400].contains(&answer.status.as_u16()), "{answer}");
    }
    // A leap day, and what is asked for beside the day.
    list(&client, "?day_to_book=2032-02-29&colour=red").await?;
    Ok(())
}
