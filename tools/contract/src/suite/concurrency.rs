//! Requests at the same moment.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use uuid::Uuid;

use crate::{
    answer::Answer,
    client::{Call, Client},
    context::{Context, User},
    suite::{bookings, rooms},
    wire::Wire,
};

/// Sends all requests but for the last byte of each, then the last bytes in one go, and reads the answers, in the calls' order: closer
/// together than any number of clients would manage that first have to put a request together.
async fn at_once(calls: Vec<Call>) -> Result<Vec<Answer>> {
    let mut ready = Vec::new();
    for call in calls {
        let (mut wire, bytes) = (Wire::connect(call.address()).await?, call.bytes());
        let (start, last) = bytes.split_at(bytes.len() - 1);
        wire.send(start).await?;
        ready.push((call, wire, last.to_owned()));
    }
    // Time for the server to get as far as it can; the test holds without it, but finds less.
    tokio::time::sleep(Duration::from_millis(200)).await;
    for (_, wire, last) in &mut ready {
        wire.send(last).await?;
    }
    let mut answers = Vec::new();
    for (call, mut wire, _) in ready {
        answers.push(tokio::spawn(async move { call.answer_on(&mut wire).await }));
    }
    let mut read = Vec::new();
    for answer in answers {
        read.push(answer.await??);
    }
    Ok(read)
}

/// Sends all at once; one of them has this status, and the others, which are returned, have that one.
async fn one_wins(calls: Vec<Call>, status: u16, others: u16) -> Result<Vec<Answer>> {
    let all = calls.len();
    let has_won = |answer: &Answer| answer.status == status;
    let (won, lost): (Vec<_>, Vec<_>) = at_once(calls).await?.into_iter().partition(has_won);
    let won = won.len();
    ensure!(won == 1, "{won} of {all} were answered {status}");
    lost.into_iter()
        .map(|answer| answer.expect(others))
        .collect()
}

const USERS: usize = 4;

/// So many users, again and again; each once among the first.
async fn sixty_four(context: &Context) -> Result<Vec<Client>> {
    let mut users = Vec::new();
    for _ in 0..USERS {
        users.push(context.user().await?.client);
    }
    Ok(users.iter().cycle().take(64).cloned().collect())
}

pub async fn one_of_64_gets_the_room(context: &Context) -> Result<()> {
    let clients = sixty_four(context).await?;
    let room = rooms::any_id(&clients[0]).await?;
    let booking = json!({ "room_id": room, "booked_on": context.day() });
    let calls = clients
        .iter()
        .map(|client| client.post("/bookings", &booking));
    for answer in one_wins(calls.collect(), 201, 409).await? {
        answer.refused("room_taken")?;
    }
    let mut stored = 0;
    for user in &clients[..USERS] {
        stored += bookings::list(user).await?.len();
    }
    ensure!(
        stored == 1,
        "one booking was acknowledged, {stored} are stored"
    );
    Ok(())
}

pub async fn bookings_of_different_days_all_succeed(context: &Context) -> Result<()> {
    let clients = sixty_four(context).await?;
    let room = rooms::any_id(&clients[0]).await?;
    let booking = || json!({ "room_id": room, "booked_on": context.day() });
    let calls = clients
        .iter()
        .map(|client| client.post("/bookings", &booking()));
    for answer in at_once(calls.collect()).await? {
        answer.expect(201)?;
    }
    Ok(())
}

pub async fn one_of_many_gets_the_name(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let (name, email) = (Uuid::new_v4().simple(), "@example.com");
    let body =
        json!({ "username": name, "password": "12345678", "email": format!("{name}{email}") });
    let calls = vec![client.post("/auth/signup", &body); 8];
    one_wins(calls, 201, 409).await?;
    Ok(())
}

pub async fn one_of_many_cancels(context: &Context) -> Result<()> {
    let client = context.user().await?.client;
    let id = bookings::book(&client, &rooms::any_id(&client).await?, &context.day()).await?;
    let calls = vec![client.delete(format!("/bookings/{id}")); 16];
    one_wins(calls, 204, 404).await?;
    Ok(())
}

/// Two processes on one database book the same days, each in another order than the other one.
pub async fn two_processes_share_the_days(context: &Context) -> Result<()> {
    const DAYS: usize = 64;
    let first = context.start().await?;
    let second = context.launch(&first.database).start().await?;
    let user = User::sign_up(&first.client).await?;
    let room = rooms::any_id(&first.client).await?;
    for _ in 0..3 {
        let days: Vec<_> = (0..DAYS).map(|_| context.day()).collect();
        let booking = |day: &String| json!({ "room_id": room, "booked_on": day });
        let token = user.client.token().unwrap_or_default();
        let [first, second] = [&first, &second].map(|one| one.client.with_token(token));
        let forwards = days
            .iter()
            .map(|day| first.post("/bookings", &booking(day)));
        let backwards = days.iter().rev();
        let backwards = backwards.map(|day| second.post("/bookings", &booking(day)));
        let calls = forwards
            .zip(backwards)
            .flat_map(|(one, other)| [one, other]);
        let answers = at_once(calls.collect()).await?;
        let mut won = 0;
        for answer in answers {
            match answer.status == 201 {
                true => won += 1,
                false => _ = answer.refused("room_taken")?,
            }
        }
        ensure!(won == DAYS, "{won} bookings were accepted for {DAYS} days");
    }
    let stored = bookings::list(&user.client).await?.len();
    ensure!(stored == 3 * DAYS, "{stored} bookings are stored");
    Ok(())
}

/// Whatever a server does together for those who come together, each gets the answer to what he has asked.
pub async fn each_of_many_gets_its_own_answer(context: &Context) -> Result<()> {
    const EACH: usize = 8;
    let service = context.start().await?;
    let user = User::sign_up(&service.client).await?.client;
    let gone = User::sign_up(&service.client).await?;
    let room = rooms::any_id(&user).await?;
    let taken = context.day();
    bookings::book(&user, &room, &taken).await?;
    let mut cancelled = Vec::new();
    for _ in 0..EACH {
        cancelled.push(bookings::book(&user, &room, &context.day()).await?);
    }
    // A server that remembers its users believes for a moment that this one is there.
    gone.client.get("/bookings").expect(200).await?;
    let sql = "delete from users where email = $1";
    service.database.execute(sql, &[&gone.email]).await?;

    let booking = |room: &str, day: &str| json!({ "room_id": room, "booked_on": day });
    let nowhere = Uuid::new_v4().to_string();
    let mut calls = Vec::new();
    for id in &cancelled {
        let missing = Uuid::new_v4();
        calls.extend([
            user.post("/bookings", &booking(&room, &context.day())),
            user.delete(format!("/bookings/{id}")),
            user.post("/bookings", &booking(&room, &taken)),
            user.post("/bookings", &booking(&nowhere, &taken)),
            gone.client
                .post("/bookings", &booking(&room, &context.day())),
            user.delete(format!("/bookings/{missing}")),
        ]);
    }
    for answers in at_once(calls).await?.chunks(6) {
        let [booked, cancelled, taken, nowhere, nobody, missing] = answers else {
            anyhow::bail!("{} answers", answers.len());
        };
        booked.clone().expect(201)?;
        cancelled.clone().expect(204)?;
        taken.clone().refused("room_taken")?;
        nowhere.clone().refused("room_not_found")?;
        nobody.clone().refused("invalid_token")?;
        missing.clone().refused("booking_not_found")?;
    }
    let stored = bookings::list(&user).await?.len();
    ensure!(stored == 1 + EACH, "{stored} bookings are stored");
    Ok(())
}
