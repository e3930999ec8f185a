//! Requests at the same moment.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    answer::Answer,
    client::{Call, Client},
    context::Context,
    suite::{bookings, rooms},
    wire::Wire,
};

/// Sends all requests but for the last byte of each, then the last bytes in one go, and reads the answers: closer
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
    let mut answers = JoinSet::new();
    for (call, mut wire, _) in ready {
        answers.spawn(async move { call.answer_on(&mut wire).await });
    }
    answers.join_all().await.into_iter().collect()
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
