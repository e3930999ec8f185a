//! Bookings without pause, from several clients, until the server is gone.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use anyhow::{Result, ensure};
use http::header::CONNECTION;
use serde_json::json;
use time::{Duration, macros::date};
use tokio::task::JoinSet;

use crate::{
    client::Client,
    context::User,
    launch::Service,
    suite::{
        bookings::{self, Made},
        rooms,
    },
    wire::{Lost, Wire},
};

/// How many clients are at work, so how many requests can be under way at most.
pub const CLIENTS: usize = 8;
const PATIENCE: Duration = Duration::MINUTE;

/// What was booked, by the booking's id: room and day.
pub type Booked = HashMap<String, (String, String)>;

/// What the clients have to tell once the server is gone.
#[derive(Debug, Default)]
pub struct Report {
    pub acknowledged: Booked,
    /// How many answers had begun and did not come to their end.
    pub cut_off: usize,
}

/// Clients at work. Each books room after room and day after day, none twice.
#[derive(Debug)]
pub struct Load {
    clients: JoinSet<Result<Report>>,
    acknowledged: Arc<AtomicUsize>,
}

impl Load {
    /// Starts the clients, which go on until they lose the server. A later round on the same database starts with a
    /// number that no former one has reached, so that it finds every room free.
    pub async fn start(service: &Service, first: usize) -> Result<Self> {
        let client = User::seeded(&service.client).await?;
        let rooms = rooms::list(&client, "").await?.into_iter();
        let rooms = Arc::new(rooms.map(|room| room.id).collect());
        let next = Arc::new(AtomicUsize::new(first));
        let acknowledged = Arc::default();
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let work = Work {
                client: client.clone(),
                rooms: Arc::clone(&rooms),
                next: Arc::clone(&next),
                acknowledged: Arc::clone(&acknowledged),
                // Half of them open a connection for each request, the others keep theirs.
                keeps_connection: number % 2 == 0,
            };
            clients.spawn(work.run());
        }
        Ok(Self {
            clients,
            acknowledged,
        })
    }

    /// Waits until the server has acknowledged so many bookings.
    pub async fn wait_for(&self, bookings: usize) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        while self.acknowledged.load(Ordering::Relaxed) < bookings {
            let in_time = Instant::now() < deadline;
            ensure!(in_time, "fewer than {bookings} bookings within a minute");
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Waits until every client has lost the server, and puts their reports together.
    pub async fn finish(mut self) -> Result<Report> {
        let mut all = Report::default();
        while let Some(client) = self.clients.join_next().await {
            let report = client??;
            all.cut_off += report.cut_off;
            for (id, booking) in report.acknowledged {
                let is_new = all.acknowledged.insert(id.clone(), booking).is_none();
                ensure!(is_new, "the id {id} was given twice");
            }
        }
        Ok(all)
    }
}

#[derive(Debug)]
struct Work {
    client: Client,
    rooms: Arc<Vec<String>>,
    next: Arc<AtomicUsize>,
    acknowledged: Arc<AtomicUsize>,
    keeps_connection: bool,
}

impl Work {
    async fn run(self) -> Result<Report> {
        let mut report = Report::default();
        let mut kept = None;
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let room = &self.rooms[number % self.rooms.len()];
            let days = Duration::days((number / self.rooms.len()).try_into()?);
            let day = (date!(2040 - 01 - 01) + days).to_string();
            match self.book(&mut kept, room, &day).await {
                Ok(id) => report.acknowledged.insert(id, (room.clone(), day)),
                Err(error) => match error.downcast_ref() {
                    Some(Lost::BeforeTheAnswer) => return Ok(report),
                    Some(Lost::WithinTheAnswer) => {
                        let cut_off = 1;
                        return Ok(Report { cut_off, ..report });
                    }
                    None => return Err(error.context("every booking under load succeeds")),
                },
            };
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }

    async fn book(&self, kept: &mut Option<Wire>, room: &str, day: &str) -> Result<String> {
        let booking = json!({ "room_id": room, "booked_on": day });
        let mut call = self.client.post("/bookings", &booking);
        if !self.keeps_connection {
            call = call.header(CONNECTION, "close");
        }
        let mut wire = match kept.take() {
            Some(wire) => wire,
            None => Wire::connect(call.address()).await?,
        };
        let answer = call.send_on(&mut wire).await?.expect(201)?;
        if self.keeps_connection {
            *kept = Some(wire);
        }
        Ok(answer.json::<Made>()?.id.to_string())
    }
}

/// What the database holds, by the booking's id, none of it twice.
pub async fn stored(client: &Client) -> Result<Booked> {
    let client = User::seeded(client).await?;
    let (mut all, mut taken) = (Booked::new(), std::collections::HashSet::new());
    for booking in bookings::list(&client).await? {
        let what = (booking.room_id, booking.booked_on);
        ensure!(taken.insert(what.clone()), "{what:?} is booked twice");
        let id = booking.id;
        let is_new = all.insert(id.clone(), what).is_none();
        ensure!(is_new, "the id {id} is stored twice");
    }
    Ok(all)
}
