//! Requests at the same moment.

use std::time::Duration;

use anyhow::{Result, ensure};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    answer::Answer,
    client::Client,
    context::Context,
    suite::{bookings, rooms},
    wire::{self, Wire},
};

/// One of the requests that are sent at once.
struct Request {
    client: Client,
    method: Method,
    path: String,
    body: Option<Value>,
}

impl Request {
    fn post(client: &Client, path: &str, body: Value) -> Self {
        let (client, path) = (client.clone(), path.to_owned());
        Self {
            client,
            method: Method::POST,
            path,
            body: Some(body),
        }
    }

    fn bytes(&self) -> Vec<u8> {
        let mut bytes = wire::head(&self.method, self.path.as_bytes());
        if let Some(token) = self.client.token() {
            bytes.extend(format!("Authorization: Bearer {token}\r\n").into_bytes());
        }
        match &self.body {
            Some(body) => {
                let body = body.to_string();
                let headers = "Content-Type: application/json\r\nContent-Length:";
                bytes.extend(format!("{headers} {}\r\n\r\n{body}", body.len()).into_bytes());
            }
            None => bytes.extend(b"\r\n"),
        }
        bytes
    }
}

/// Sends all requests but for the last byte of each, then the last bytes in one go, and reads the answers: closer
/// together than any number of clients would manage that first have to put a request together.
async fn at_once(requests: Vec<Request>) -> Result<Vec<Answer>> {
    let mut ready = Vec::new();
    for request in requests {
        let (mut wire, bytes) = (
            Wire::connect(request.client.address()).await?,
            request.bytes(),
        );
        let (start, last) = bytes.split_at(bytes.len() - 1);
        wire.send(start).await?;
        ready.push((request, wire, last.to_owned()));
    }
    // Time for the server to get as far as it can; the test holds without it, but finds less.
    tokio::time::sleep(Duration::from_millis(200)).await;
    for (_, wire, last) in &mut ready {
        wire.send(last).await?;
    }
    let mut answers = JoinSet::new();
    for (request, mut wire, _) in ready {
        answers.spawn(async move {
            let answer = wire.read_answer(&request.method, &request.path).await?;
            request
                .client
                .record()
                .check(&answer, request.body.as_ref())?;
            Ok(answer)
        });
    }
    answers.join_all().await.into_iter().collect()
}

fn count(answers: &[Answer], status: StatusCode) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .count()
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
    let booking =
        json!({ "room_id": rooms::any_id(&clients[0]).await?, "booked_on": context.day() });
    let requests = clients
        .iter()
        .map(|client| Request::post(client, "/bookings", booking.clone()));
    let answers = at_once(requests.collect()).await?;
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
    let requests = clients
        .iter()
        .map(|client| Request::post(client, "/bookings", booking()));
    for answer in at_once(requests.collect()).await? {
        answer.expect(201)?;
    }
    Ok(())
}

pub async fn one_of_many_gets_the_name(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let name = Uuid::new_v4().simple().to_string();
    let body =
        json!({ "username": name, "password": "12345678", "email": format!("{name}@example.com") });
    let requests = (0..8).map(|_| Request::post(&client, "/auth/signup", body.clone()));
    let answers = at_once(requests.collect()).await?;
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
    let client = context.user().await?.client;
    let id = bookings::book(&client, &rooms::any_id(&client).await?, &context.day()).await?;
    let cancel = || Request {
        client: client.clone(),
        method: Method::DELETE,
        path: format!("/bookings/{id}"),
        body: None,
    };
    let answers = at_once((0..16).map(|_| cancel()).collect()).await?;
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
