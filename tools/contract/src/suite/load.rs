//! Bookings without pause, from several clients, until the server is gone.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use reqwest::{Method, StatusCode, header::CONNECTION};
use serde_json::{Value, json};
use time::{Date, Month};
use tokio::task::JoinSet;

use crate::{
    client::Client,
    context::{SEEDED, Service, User, log_in},
    suite::{bookings, rooms},
};

/// How many clients are at work, so how many requests can be under way at most.
pub const CLIENTS: usize = 8;
const PATIENCE: Duration = Duration::from_secs(60);

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
        let rooms: Vec<_> = rooms::list(&client, "")
            .await?
            .into_iter()
            .map(|room| room.id)
            .collect();
        let (rooms, next, acknowledged) = (
            Arc::new(rooms),
            Arc::new(AtomicUsize::new(first)),
            Arc::default(),
        );
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
            ensure!(
                Instant::now() < deadline,
                "fewer than {bookings} bookings within a minute"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
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
                ensure!(
                    all.acknowledged.insert(id.clone(), booking).is_none(),
                    "the id {id} was given twice"
                );
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
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let (room, day) = (
                &self.rooms[number % self.rooms.len()],
                day(number / self.rooms.len())?,
            );
            let body = json!({ "room_id": room, "booked_on": day });
            let mut call = self.client.call(Method::POST, "/bookings").json(&body);
            if !self.keeps_connection {
                call = call.header(CONNECTION, "close");
            }
            let answer = match call.send().await {
                Ok(answer) => answer,
                Err(error) if is_unanswered(&error) => return Ok(report),
                Err(error) if is_cut_off(&error) => {
                    return Ok(Report {
                        cut_off: 1,
                        ..report
                    });
                }
                Err(error) => return Err(error),
            };
            ensure!(
                answer.status == StatusCode::CREATED,
                "every booking under load succeeds, {answer}"
            );
            let id = answer.json::<Value>()?["id"]
                .as_str()
                .context("booking returns an id")?
                .to_owned();
            report.acknowledged.insert(id, (room.clone(), day));
            self.acknowledged.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn http_error(error: &anyhow::Error) -> Option<&reqwest::Error> {
    let error = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<reqwest::Error>());
    error.filter(|error| !error.is_timeout())
}

/// Whether the server went away before the answer had begun.
fn is_unanswered(error: &anyhow::Error) -> bool {
    http_error(error).is_some_and(|error| error.is_connect() || error.is_request())
}

/// Whether the server went away in the middle of the answer.
fn is_cut_off(error: &anyhow::Error) -> bool {
    http_error(error).is_some_and(|error| error.is_body() || error.is_decode())
}

fn day(number: usize) -> Result<String> {
    let first = Date::from_calendar_date(2040, Month::January, 1)?;
    let day = first + time::Duration::days(number.try_into()?);
    Ok(format!(
        "{:04}-{:02}-{:02}",
        day.year(),
        u8::from(day.month()),
        day.day()
    ))
}

/// What the database holds, by the booking's id, none of it twice.
pub async fn stored(client: &Client) -> Result<Booked> {
    let client = client.with_token(&log_in(client, SEEDED.0, SEEDED.1).await?);
    let (mut all, mut taken) = (Booked::new(), std::collections::HashSet::new());
    for booking in bookings::list(&client).await? {
        let what = (booking.room_id, booking.booked_on);
        ensure!(taken.insert(what.clone()), "{what:?} is booked twice");
        ensure!(
            all.insert(booking.id.clone(), what).is_none(),
            "the id {} is stored twice",
            booking.id
        );
    }
    Ok(all)
}
