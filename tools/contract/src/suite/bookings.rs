//! `GET`, `POST /bookings` and `GET`, `DELETE /bookings/{id}`.

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime, format_description::well_known::Rfc3339};
use uuid::Uuid;

use crate::{client::Client, context::Context, suite::rooms};

/// A booking as API.md has it, without a field more or less.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Booking {
    pub id: String,
    pub room_id: String,
    pub booked_on: String,
    pub created_at: String,
}

/// Books and returns the booking's id.
pub async fn book(client: &Client, room: &str, day: &str) -> Result<String> {
    let answer = client
        .post("/bookings", &json!({ "room_id": room, "booked_on": day }))
        .await?
        .expect(201)?;
    let body: Value = answer.json()?;
    ensure!(
        body.as_object().is_some_and(|body| body.len() == 1),
        "expected an id alone, {answer}"
    );
    let id = body["id"].as_str().context("booking returns an id")?;
    ensure!(Uuid::parse_str(id).is_ok(), "the id is no UUID, {answer}");
    Ok(id.to_owned())
}

pub async fn list(client: &Client) -> Result<Vec<Booking>> {
    client.get("/bookings").await?.expect(200)?.json()
}

pub async fn book_read_list_cancel(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let room = rooms::any_id(&user.client).await?;
    let days = [context.day(), context.day()];
    ensure!(
        list(&user.client).await?.is_empty(),
        "a new user has no bookings"
    );
    let first = book(&user.client, &room, &days[0]).await?;
    let second = book(&user.client, &room, &days[1]).await?;

    let mut booked = list(&user.client).await?;
    booked.sort_by(|a, b| a.booked_on.cmp(&b.booked_on));
    ensure!(booked.len() == 2, "expected both bookings, {booked:?}");
    for (booking, (id, day)) in booked.iter().zip([(&first, &days[0]), (&second, &days[1])]) {
        let right = booking.id == *id && booking.booked_on == *day && booking.room_id == room;
        ensure!(right, "expected {id} on {day}, {booking:?}");
        let age = OffsetDateTime::now_utc() - OffsetDateTime::parse(&booking.created_at, &Rfc3339)?;
        ensure!(
            age.abs() < Duration::minutes(1),
            "it was created now: {booking:?}"
        );
        let one: Booking = user
            .client
            .get(&format!("/bookings/{id}"))
            .await?
            .expect(200)?
            .json()?;
        ensure!(
            one == *booking,
            "one booking and the list differ: {one:?}, {booking:?}"
        );
    }

    let path = format!("/bookings/{first}");
    user.client.delete(&path).await?.expect(204)?;
    user.client
        .get(&path)
        .await?
        .expect_error(404, "booking_not_found")?;
    user.client
        .delete(&path)
        .await?
        .expect_error(404, "booking_not_found")?;
    let left = list(&user.client).await?;
    ensure!(
        left.len() == 1 && left[0].id == second,
        "the other booking stays: {left:?}"
    );
    // The room is free again on that day.
    let again = book(&user.client, &room, &days[0]).await?;
    ensure!(again != first, "a new booking has a new id");
    Ok(())
}

pub async fn a_taken_day_is_refused(context: &Context) -> Result<()> {
    let (one, other) = (context.user().await?.client, context.user().await?.client);
    let rooms = rooms::list(&one, "").await?;
    let day = context.day();
    book(&one, &rooms[0].id, &day).await?;
    for client in [&one, &other] {
        let body = json!({ "room_id": rooms[0].id, "booked_on": day });
        client
            .post("/bookings", &body)
            .await?
            .expect_error(409, "room_taken")?;
    }
    // The same room written in another way is still the same, or none.
    let (upper, simple) = (rooms[0].id.to_uppercase(), rooms[0].id.replace('-', ""));
    for spelling in [
        upper,
        simple,
        format!("{{{}}}", rooms[0].id),
        format!("urn:uuid:{}", rooms[0].id),
    ] {
        let answer = other
            .post(
                "/bookings",
                &json!({ "room_id": spelling, "booked_on": day }),
            )
            .await?;
        ensure!(
            [404, 409].contains(&answer.status.as_u16()),
            "{spelling} is booked twice, {answer}"
        );
    }
    // Another room on that day is another matter.
    book(&other, &rooms[1].id, &day).await?;
    ensure!(
        list(&one).await?.len() == 1,
        "what was refused is not a booking"
    );
    Ok(())
}

pub async fn wrong_bookings_are_refused(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let room = rooms::any_id(&user.client).await?;
    for day in [
        "",
        "today",
        "2031-02-29",
        "2031-13-01",
        "2031-1-1",
        "20310101",
        "2031-01-01T00:00:00Z",
        " 2031-01-01",
        "2031-01-01\0",
        "+2031-01-01",
        "-031-01-01",
        "12031-01-01",
        "२०३१-०१-०१",
    ] {
        let body = json!({ "room_id": room, "booked_on": day });
        user.client
            .post("/bookings", &body)
            .await?
            .expect_error(400, "date_format")?;
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
        user.client
            .post("/bookings", &body)
            .await?
            .expect_error(400, "validation")?;
    }
    for day in [
        json!(null),
        json!(20_310_101),
        json!([2031, 1]),
        json!({ "year": 2031 }),
        json!(true),
    ] {
        user.client
            .post("/bookings", &json!({ "room_id": room, "booked_on": day }))
            .await?
            .expect(400)?;
    }
    ensure!(
        list(&user.client).await?.is_empty(),
        "what was refused is not a booking"
    );
    Ok(())
}

pub async fn an_unknown_room_cannot_be_booked(context: &Context) -> Result<()> {
    let user = context.user().await?;
    for room in [
        &Uuid::new_v4().to_string(),
        "",
        "1",
        "Green",
        "nul\0byte",
        "' or 1=1--",
        &"9".repeat(10_000),
    ] {
        let body = json!({ "room_id": room, "booked_on": context.day() });
        user.client
            .post("/bookings", &body)
            .await?
            .expect_error(404, "room_not_found")?;
    }
    ensure!(
        list(&user.client).await?.is_empty(),
        "what was refused is not a booking"
    );
    Ok(())
}

pub async fn an_unknown_booking(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let unknown = Uuid::new_v4().to_string();
    for id in [
        unknown.as_str(),
        "1",
        "..%2f..",
        "%00",
        "%FF",
        "a%20b",
        "'%20or%201=1--",
        &"9".repeat(2000),
    ] {
        let path = format!("/bookings/{id}");
        user.client
            .get_verbatim(path.as_bytes())
            .await?
            .expect_error(404, "booking_not_found")?;
    }
    for id in [unknown.as_str(), "1", "%00", "%FF"] {
        user.client
            .delete(&format!("/bookings/{id}"))
            .await?
            .expect_error(404, "booking_not_found")?;
    }
    Ok(())
}

pub async fn other_users_bookings_are_out_of_reach(context: &Context) -> Result<()> {
    let (owner, other) = (context.user().await?.client, context.user().await?.client);
    let id = book(&owner, &rooms::any_id(&owner).await?, &context.day()).await?;
    let path = format!("/bookings/{id}");
    let theirs = other
        .get(&path)
        .await?
        .expect_error(404, "booking_not_found")?;
    other
        .delete(&path)
        .await?
        .expect_error(404, "booking_not_found")?;
    ensure!(
        list(&other).await?.is_empty(),
        "another user's booking is in the list"
    );
    // It looks like one that does not exist, and it is still there.
    let missing = other.get(&format!("/bookings/{}", Uuid::new_v4())).await?;
    ensure!(
        theirs.body == missing.body,
        "the answers differ: {theirs}, {missing}"
    );
    owner.get(&path).await?.expect(200)?;
    Ok(())
}
