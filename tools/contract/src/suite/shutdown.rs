//! SIGTERM and Ctrl-C: what the server has received it answers in full, then it closes the database and ends.
//!
//! What a client may demand is an answer to what the server has received. A connection that waits for its next
//! request, or to be accepted, may be closed at any moment, and the client tries again elsewhere. From outside there
//! are two ways to tell the cases apart, and each has its test: with `Expect: 100-continue` the server itself says
//! that it has received a request; and under load, the database tells which requests were done.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use reqwest::Method;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::{
    answer::Answer,
    client::Client,
    context::{Context, SEEDED, Service, User},
    database::Database,
    suite::{
        load::{self, Booked, Load},
        rooms,
    },
    wire::{self, Wire},
};

/// What API.md gives the requests in flight.
const GRACE: Duration = Duration::from_secs(10);
/// What a busy machine may add.
const MARGIN: Duration = Duration::from_secs(5);

/// Waits for the server to end in order, and returns its database.
async fn ended(mut service: Service) -> Result<Database> {
    let status = service.server.wait(GRACE + MARGIN).await?;
    ensure!(
        status.success(),
        "it ended with {status}; its log:\n{}",
        service.server.log()?
    );
    service.database.expect_closed().await?;
    Ok(service.database)
}

/// Waits until no new connection is accepted, so that the signal has been understood.
async fn closed_its_door(service: &Service) -> Result<()> {
    let deadline = Instant::now() + GRACE;
    while TcpStream::connect(service.server.address()).await.is_ok() {
        ensure!(
            Instant::now() < deadline,
            "new connections are still accepted {GRACE:?} after the signal"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// A request of which the server has said that it has received its head and waits for its body.
struct HalfSent {
    client: Client,
    wire: Wire,
    path: &'static str,
    body: String,
}

impl HalfSent {
    async fn start(client: &Client, path: &'static str, body: &Value) -> Result<Self> {
        let body = body.to_string();
        let mut wire = Wire::connect(client.address()).await?;
        let mut request = wire::head(&Method::POST, path.as_bytes());
        let token = client.token().unwrap_or_default();
        let headers =
            format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n");
        request.extend(headers.as_bytes());
        request.extend(
            format!(
                "Content-Length: {}\r\nExpect: 100-continue\r\n\r\n",
                body.len()
            )
            .as_bytes(),
        );
        wire.send(&request).await?;
        wire.read_continue().await?;
        Ok(Self {
            client: client.clone(),
            wire,
            path,
            body,
        })
    }

    async fn booking(context: &Context, client: &Client, room: &str) -> Result<Self> {
        Self::start(
            client,
            "/bookings",
            &json!({ "room_id": room, "booked_on": context.day() }),
        )
        .await
    }

    /// Sends the body and reads the answer.
    async fn finish(mut self) -> Result<Answer> {
        let in_flight = || format!("POST {} was in flight at SIGTERM", self.path);
        self.wire
            .send(self.body.as_bytes())
            .await
            .with_context(in_flight)?;
        let answer = self
            .wire
            .read_answer(&Method::POST, self.path)
            .await
            .with_context(in_flight)?;
        self.client.record().check(&answer, None)?;
        Ok(answer)
    }
}

pub async fn requests_in_flight_are_finished(context: &Context) -> Result<()> {
    const BOOKINGS: usize = 16;
    const LOGINS: usize = 4;
    let service = context.start().await?;
    let client = User::seeded(&service.client).await?;
    let room = rooms::any_id(&client).await?;
    let (mut bookings, mut logins) = (Vec::new(), Vec::new());
    for _ in 0..BOOKINGS {
        bookings.push(HalfSent::booking(context, &client, &room).await?);
    }
    for _ in 0..LOGINS {
        let credentials = json!({ "username": SEEDED.0, "password": SEEDED.1 });
        logins.push(HalfSent::start(&client, "/auth/login", &credentials).await?);
    }
    service.server.signal(Signal::TERM)?;
    closed_its_door(&service).await?;
    let mut acknowledged = Vec::new();
    for booking in bookings {
        let body: Value = booking.finish().await?.expect(201)?.json()?;
        acknowledged.push(
            body["id"]
                .as_str()
                .context("booking returns an id")?
                .to_owned(),
        );
    }
    for login in logins {
        login.finish().await?.expect(200)?;
    }
    let database = ended(service).await?;

    let service = context.restart(database).await?;
    let stored = load::stored(&service.client).await?;
    ensure!(
        stored.len() == BOOKINGS,
        "{BOOKINGS} bookings were acknowledged, {} are stored",
        stored.len()
    );
    ensure!(
        acknowledged.iter().all(|id| stored.contains_key(id)),
        "an acknowledged booking is lost"
    );
    Ok(())
}

/// A request that was done and not answered would be in the database and unknown to its client; one that was answered
/// and not done would be the other way round. Neither exists.
pub async fn sigterm_under_load_answers_what_it_has_done(context: &Context) -> Result<()> {
    let service = context.start().await?;
    let load = Load::start(&service, 0).await?;
    load.wait_for(200).await?;
    service.server.signal(Signal::TERM)?;
    let database = ended(service).await?;
    let report = load.finish().await?;
    ensure!(
        report.cut_off == 0,
        "{} answers were cut off",
        report.cut_off
    );

    let service = context.restart(database).await?;
    let stored = load::stored(&service.client).await?;
    let only_in =
        |these: &Booked, those: &Booked| these.keys().filter(|id| !those.contains_key(*id)).count();
    let lost = only_in(&report.acknowledged, &stored);
    ensure!(lost == 0, "{lost} acknowledged bookings are lost");
    let untold = only_in(&stored, &report.acknowledged);
    ensure!(untold == 0, "{untold} requests were done and not answered");
    Ok(())
}

/// One client that never sends the rest of its request, and one that never sends anything.
pub async fn a_stalled_client_does_not_hold_the_server(context: &Context) -> Result<()> {
    let service = context.start().await?;
    let client = User::seeded(&service.client).await?;
    let room = rooms::any_id(&client).await?;
    let stalled = HalfSent::booking(context, &client, &room).await?;
    let silent = Wire::connect(service.server.address()).await?;
    service.server.signal(Signal::TERM)?;
    ended(service).await?;
    drop((stalled, silent));
    Ok(())
}

pub async fn ctrl_c_ends_the_server_too(context: &Context) -> Result<()> {
    let service = context.start().await?;
    rooms::list(&service.client, "").await?;
    service.server.signal(Signal::INT)?;
    ended(service).await?;
    Ok(())
}
