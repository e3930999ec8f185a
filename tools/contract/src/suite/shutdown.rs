//! SIGTERM and Ctrl-C: what the server has received it answers in full, then it closes the database and ends.
//!
//! What a client may demand is an answer to what the server has received. A connection that waits for its next
//! request, or to be accepted, may be closed at any moment, and the client tries again elsewhere. From outside there
//! are two ways to tell the cases apart, and each has its test: with `Expect: 100-continue` the server itself says
//! that it has received a request; and under load, the database tells which requests were done.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use http::header::EXPECT;
use rustix::process::Signal;
use serde_json::json;
use tokio::net::TcpStream;

use crate::{
    answer::Answer,
    client::{Call, Client},
    context::{Context, SEEDED, User},
    database::Database,
    launch::Service,
    suite::{
        bookings::Made,
        load::{self, Booked, Load},
        rooms,
    },
    wire::Wire,
};

/// How long the requests in flight may take.
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
        let in_time = Instant::now() < deadline;
        ensure!(
            in_time,
            "new connections are still accepted {GRACE:?} after the signal"
        );
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// A request of which the server has said that it has received its head and waits for its body.
struct HalfSent {
    call: Call,
    wire: Wire,
    body: Vec<u8>,
}

impl HalfSent {
    async fn start(call: Call) -> Result<Self> {
        let call = call.header(EXPECT, "100-continue");
        let mut wire = Wire::connect(call.address()).await?;
        let (head, body) = call.parts();
        wire.send(&head).await?;
        wire.read_continue().await?;
        let body = body.to_owned();
        Ok(Self { call, wire, body })
    }

    async fn booking(context: &Context, client: &Client, room: &str) -> Result<Self> {
        let booking = json!({ "room_id": room, "booked_on": context.day() });
        Self::start(client.post("/bookings", &booking)).await
    }

    /// Sends the body and reads the answer.
    async fn finish(mut self) -> Result<Answer> {
        let sent = self.wire.send(&self.body).await;
        sent.context("it was in flight at SIGTERM")?;
        let answer = self.call.answer_on(&mut self.wire).await;
        answer.context("it was in flight at SIGTERM")
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
    let credentials = json!({ "username": SEEDED.0, "password": SEEDED.1 });
    for _ in 0..LOGINS {
        let login = client.post("/auth/login", &credentials);
        logins.push(HalfSent::start(login).await?);
    }
    service.server.signal(Signal::TERM)?;
    closed_its_door(&service).await?;
    let mut acknowledged = Vec::new();
    for booking in bookings {
        let made: Made = booking.finish().await?.expect(201)?.json()?;
        acknowledged.push(made.id.to_string());
    }
    for login in logins {
        login.finish().await?.expect(200)?;
    }
    let service = context.launch(&ended(service).await?).start().await?;
    let stored = load::stored(&service.client).await?;
    let kept = acknowledged.iter().all(|id| stored.contains_key(id));
    ensure!(
        stored.len() == BOOKINGS && kept,
        "acknowledged were {acknowledged:?}, stored are {stored:?}"
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
    let cut_off = report.cut_off;
    ensure!(cut_off == 0, "{cut_off} answers were cut off");

    let service = context.launch(&database).start().await?;
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
