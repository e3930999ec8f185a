//! `GET`, `POST /bookings` and `GET`, `DELETE /bookings/{id}`.

use anyhow::{Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{client::Client, context::Context, suite::rooms};

/// A booking as `openapi.json` has it, without a field more or less.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Booking {
    pub id: String,
    pub room_id: String,
    pub booked_on: String,
    pub created_at: String,
}

/// What is answered to who makes something: its id and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Made {
    pub id: Uuid,
}

/// Books and returns the booking's id.
pub async fn book(client: &Client, room: &str, day: &str) -> Result<String> {
    let booking = json!({ "room_id": room, "booked_on": day });
    let answer = client.post("/bookings", &booking).expect(201).await?;
    Ok(answer.json::<Made>()?.id.to_string())
}

pub async fn list(client: &Client) -> Result<Vec<Booking>> {
    client.get("/bookings").read().await
}

async fn expect_none(client: &Client) -> Result<()> {
    let booked = list(client).await?;
    ensure!(booked.is_empty(), "nothing was booked, but {booked:?}");
    Ok(())
}

pub async fn book_read_list_cancel(context: &Context) -> Result<()> {
    let client = context.user().await?.client;
    let room = rooms::any_id(&client).await?;
    let days = [context.day(), context.day()];
    expect_none(&client).await?;
    let first = book(&client, &room, &days[0]).await?;
    let second = book(&client, &room, &days[1]).await?;

    let mut booked = list(&client).await?;
    booked.sort_by(|a, b| a.booked_on.cmp(&b.booked_on));
    ensure!(booked.len() == 2, "expected both bookings, {booked:?}");
    for (booking, (id, day)) in booked.iter().zip([(&first, &days[0]), (&second, &days[1])]) {
        let right = booking.id == *id && booking.booked_on == *day && booking.room_id == room;
        ensure!(right, "expected {id} on {day}, {booking:?}");
        let age = OffsetDateTime::now_utc() - OffsetDateTime::parse(&booking.created_at, &Rfc3339)?;
        let is_new = age.abs() < Duration::minutes(1);
        ensure!(is_new, "it was created now: {booking:?}");
        let one: Booking = client.get(format!("/bookings/{id}")).read().await?;
        ensure!(
            one == *booking,
            "it is {one:?}, and in the list {booking:?}"
        );
    }

    let path = format!("/bookings/{first}");
    client.delete(&path).expect(204).await?;
    client.get(&path).refused("booking_not_found").await?;
    client.delete(&path).refused("booking_not_found").await?;
    let left = list(&client).await?;
    let stays = left.len() == 1 && left[0].id == second;
    ensure!(stays, "the other booking stays: {left:?}");
    // The room is free again on that day.
    let again = book(&client, &room, &days[0]).await?;
    ensure!(again != first, "a new booking has a new id");
    Ok(())
}

pub async fn a_taken_day_is_refused(context: &Context) -> Result<()> {
    let (one, other) = (context.user().await?.client, context.user().await?.client);
    let rooms = rooms::list(&one, "").await?;
    let (room, day) = (&rooms[0].id, context.day());
    book(&one, room, &day).await?;
    let booking = |room: &str| json!({ "room_id": room, "booked_on": day });
    for client in [&one, &other] {
        let call = client.post("/bookings", &booking(room));
        call.refused("room_taken").await?;
    }
    // The same room written in another way is still the same, or none.
    for spelling in [
        room.to_uppercase(),
        room.replace('-', ""),
        format!("{{{room}}}"),
        format!("urn:uuid:{room}"),
    ] {
        let answer = other.post("/bookings", &booking(&spelling)).send().await?;
        let refused = [404, 409].contains(&answer.status.as_u16());
        ensure!(refused, "{spelling} is booked twice, {answer}");
    }
    // Another room on that day is another matter.
    book(&other, &rooms[1].id, &day).await?;
    let booked = list(&one).await?;
    ensure!(booked.len() == 1, "one booking was accepted: {booked:?}");
    Ok(())
}

pub async fn wrong_bookings_are_refused(context: &Context) -> Result<()> {
    let client = context.user().await?.client;
    let room = rooms::any_id(&client).await?;
    let refused = |body: &Value, code| client.post("/bookings", body).refused(code);
    let more = [" 2031-01-01", "2031-01-01 ", "2031-01-01\0", "२०३१-०१-०१"];
    for day in rooms::WRONG_DAYS.into_iter().chain(more) {
        let booking = json!({ "room_id": room, "booked_on": day });
        refused(&booking, "date_format").await?;
    }
    for body in [
        json!({}),
        json!({ "room_id": room }),
        json!({ "booked_on": "2031-01-01" }),
        json!({ "room_id": null, "booked_on": "2031-01-01" }),
        json!({ "room_id": 1, "booked_on": "2031-01-01" }),
        json!({ "room_id": [room], "booked_on": "2031-01-01" }),
        json!([]),
        json!(null),
    ] {
        refused(&body, "validation").await?;
    }
    for day in [
        json!(null),
        json!(20_310_101),
        json!([2031, 1]),
        json!({ "year": 2031 }),
        json!(true),
    ] {
        let booking = json!({ "room_id": room, "booked_on": day });
        client.post("/bookings", &booking).expect(400).await?;
    }
    expect_none(&client).await
}

pub async fn an_unknown_room_cannot_be_booked(context: &Context) -> Result<()> {
    let client = context.user().await?.client;
    for room in [
        &Uuid::new_v4().to_string(),
        "",
        "1",
        "Green",
        "nul\0byte",
        "' or 1=1--",
        &"9".repeat(10_000),
    ] {
        let booking = json!({ "room_id": room, "booked_on": context.day() });
        let call = client.post("/bookings", &booking);
        call.refused("room_not_found").await?;
    }
    expect_none(&client).await
}

pub async fn an_unknown_booking(context: &Context) -> Result<()> {
    let client = context.user().await?.client;
    for id in rooms::unknown_ids() {
        let path = format!("/bookings/{id}");
        client.get(&path).refused("booking_not_found").await?;
        client.delete(&path).refused("booking_not_found").await?;
    }
    Ok(())
}

pub async fn other_users_bookings_are_out_of_reach(context: &Context) -> Result<()> {
    let (owner, other) = (context.user().await?.client, context.user().await?.client);
    let id = book(&owner, &rooms::any_id(&owner).await?, &context.day()).await?;
    let path = format!("/bookings/{id}");
    let theirs = other.get(&path).refused("booking_not_found").await?;
    other.delete(&path).refused("booking_not_found").await?;
    expect_none(&other).await?;
    // It looks like one that does not exist, and it is still there.
    let missing = other.get(format!("/bookings/{}", Uuid::new_v4()));
    let missing = missing.send().await?;
    let alike = theirs.body == missing.body;
    ensure!(alike, "the answers differ: {theirs}, {missing}");
    owner.get(&path).expect(200).await?;
    Ok(())
}
