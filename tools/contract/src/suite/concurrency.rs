//! Requests at the same moment.

use std::sync::Arc;

use anyhow::{Result, ensure};
use reqwest::StatusCode;
use serde_json::json;
use tokio::{sync::Barrier, task::JoinSet};
use uuid::Uuid;

use crate::{
    answer::Answer,
    client::Client,
    context::Context,
    suite::{bookings, rooms},
};

/// Lets all of them loose at once, each on a connection that is open already, and collects the answers.
async fn at_once<F>(
    clients: Vec<Client>,
    request: impl Fn(usize, Client) -> F,
) -> Result<Vec<Answer>>
where
    F: Future<Output = Result<Answer>> + Send + 'static,
{
    let barrier = Arc::new(Barrier::new(clients.len()));
    let mut tasks = JoinSet::new();
    for (number, client) in clients.into_iter().enumerate() {
        let (barrier, request) = (Arc::clone(&barrier), request(number, client.clone()));
        tasks.spawn(async move {
            client.get("/rooms").await?.expect(200)?;
            barrier.wait().await;
            request.await
        });
    }
    tasks.join_all().await.into_iter().collect()
}

fn count(answers: &[Answer], status: StatusCode) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .count()
}

/// Four users with as many connections as it takes to make 64.
async fn sixty_four(context: &Context) -> Result<Vec<Client>> {
    let mut users = Vec::new();
    for _ in 0..4 {
        users.push(context.user().await?.client);
    }
    Ok(users.iter().cycle().take(64).cloned().collect())
}

pub async fn one_of_64_gets_the_room(context: &Context) -> Result<()> {
    let clients = sixty_four(context).await?;
    let (room, day) = (rooms::any_id(&clients[0]).await?, context.day());
    let users: Vec<_> = clients[..4].to_vec();
    let booking = json!({ "room_id": room, "booked_on": day });
    let answers = at_once(clients, |_, client| {
        let booking = booking.clone();
        async move { client.post("/bookings", &booking).await }
    })
    .await?;
    let (booked, taken) = (
        count(&answers, StatusCode::CREATED),
        count(&answers, StatusCode::CONFLICT),
    );
    ensure!(
        booked == 1 && taken == 63,
        "expected 1 x 201 and 63 x 409, came {booked} and {taken} of {}",
        answers.len()
    );
    for answer in answers
        .into_iter()
        .filter(|answer| answer.status == StatusCode::CONFLICT)
    {
        answer.expect_error(409, "room_taken")?;
    }
    let mut stored = 0;
    for user in users {
        stored += bookings::list(&user).await?.len();
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
    let answers = at_once(clients, |_, client| {
        let booking = json!({ "room_id": room, "booked_on": context.day() });
        async move { client.post("/bookings", &booking).await }
    })
    .await?;
    for answer in answers {
        answer.expect(201)?;
    }
    Ok(())
}

pub async fn one_of_many_gets_the_name(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let name = Uuid::new_v4().simple().to_string();
    let answers = at_once(vec![client.clone(); 8], |_, client| {
        let body = json!({ "username": name, "password": "12345678", "email": format!("{name}@example.com") });
        async move { client.post("/auth/signup", &body).await }
    })
    .await?;
    let (made, taken) = (
        count(&answers, StatusCode::CREATED),
        count(&answers, StatusCode::CONFLICT),
    );
    ensure!(
        made == 1 && taken == 7,
        "expected 1 x 201 and 7 x 409, came {made} and {taken} of {}",
        answers.len()
    );
    Ok(())
}

pub async fn one_of_many_cancels(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let id = bookings::book(
        &user.client,
        &rooms::any_id(&user.client).await?,
        &context.day(),
    )
    .await?;
    let path = format!("/bookings/{id}");
    let answers = at_once(vec![user.client; 16], |_, client| {
        let path = path.clone();
        async move { client.delete(&path).await }
    })
    .await?;
    let (gone, unknown) = (
        count(&answers, StatusCode::NO_CONTENT),
        count(&answers, StatusCode::NOT_FOUND),
    );
    ensure!(
        gone == 1 && unknown == 15,
        "expected 1 x 204 and 15 x 404, came {gone} and {unknown}"
    );
    Ok(())
}
