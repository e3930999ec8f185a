//! What comes before a measurement, and is no part of it: the login, what the plan needs, the connections.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use time::{Date, OffsetDateTime};

use crate::api::{Kind, Operation, excerpt};
use crate::client::{Client, Failure, Request};
use crate::plan::{LOGIN, Plan, parse_day, text_of, token_of};
use crate::target::Target;

/// What is to be sent, and to whom.
#[derive(Debug, Clone)]
pub struct Job {
    pub kind: Kind,
    pub url: Target,
    pub requests: u64,
    pub workers: u16,
    /// Requests per second in an open loop.
    pub rate: Option<f64>,
    /// Rooms are listed with their availability on this day.
    pub day: Option<Date>,
    /// How long an answer is waited for.
    pub timeout: Duration,
}

/// A job that can start.
#[derive(Debug)]
pub struct Prepared {
    pub plan: Plan,
    /// One for each worker.
    pub clients: Vec<Client>,
}

/// Logs in, reads what the plan needs and opens the connections.
pub async fn prepare(job: &Job) -> anyhow::Result<Prepared> {
    let mut first = Client::new(job.url.clone(), job.timeout);
    let connected = first.connect().await;
    connected.map_err(|failure| unreachable_service(&job.url, &failure))?;
    let mut service = Service {
        client: first,
        token: String::new(),
    };
    let books = matches!(job.kind, Kind::Bookings | Kind::Mixed);
    if !matches!(job.kind, Kind::Rooms | Kind::Room | Kind::Picture) {
        service.log_in().await?;
    }
    let rooms = match job.kind {
        Kind::Room | Kind::Bookings | Kind::Mixed => service.rooms().await?,
        _ => Vec::new(),
    };
    let first_day = match books {
        true => Some(service.first_free_day().await?),
        false => None,
    };
    let mut plan = Plan::new(job.kind, rooms, first_day, job.day, &service.token);
    for _ in 0..plan.bookings_before(job.workers) {
        let booking = plan.booking().context("no free day is left")?;
        plan.add_booking(service.ask(Operation::Book, "/bookings", &booking).await?)?;
    }
    let mut clients = Vec::new();
    for _ in 0..job.workers {
        let mut client = Client::new(job.url.clone(), job.timeout);
        client.connect().await.with_context(|| {
            format!(
                "cannot open {} connections: try fewer --workers",
                job.workers
            )
        })?;
        clients.push(client);
    }
    Ok(Prepared { plan, clients })
}

/// The seeded user's connection.
struct Service {
    client: Client,
    token: String,
}

impl Service {
    async fn log_in(&mut self) -> anyhow::Result<()> {
        let answer = self.ask(Operation::LogIn, "/auth/login", LOGIN).await?;
        let token = token_of(answer).ok_or_else(|| foreign(Operation::LogIn, answer))?;
        self.token = token;
        Ok(())
    }

    /// The ids of all rooms, at least one.
    async fn rooms(&mut self) -> anyhow::Result<Vec<String>> {
        let rooms = self.list(Operation::ListRooms, "/rooms", "id").await?;
        ensure!(
            !rooms.is_empty(),
            "the service has no rooms: start it on a database that it may seed"
        );
        Ok(rooms)
    }

    /// The day after the user's latest booking, tomorrow at the earliest: everything from there on is free of them.
    async fn first_free_day(&mut self) -> anyhow::Result<Date> {
        let days = self
            .list(Operation::MyBookings, "/bookings", "booked_on")
            .await?;
        // Days of this form sort like text, so only the last one has to be understood.
        let latest = days.iter().max().map(|day| parse_day(day)).transpose();
        let latest = latest.map_err(|error| anyhow::anyhow!("GET /bookings: {error}"))?;
        let today = OffsetDateTime::now_utc().date();
        let first = latest.map_or(today, |latest| latest.max(today)).next_day();
        first.context("the user has booked the last day that there is")
    }

    /// One field of all objects in a list.
    async fn list(
        &mut self,
        operation: Operation,
        path: &str,
        field: &str,
    ) -> anyhow::Result<Vec<String>> {
        let answer = self.ask(operation, path, "").await?;
        let objects: Option<Vec<Value>> = serde_json::from_slice(answer).ok();
        let texts =
            objects.and_then(|objects| objects.iter().map(|it| text_of(it, field)).collect());
        texts.ok_or_else(|| foreign(operation, answer))
    }

    /// The body of the right answer.
    async fn ask(&mut self, operation: Operation, path: &str, body: &str) -> anyhow::Result<&[u8]> {
        let request = Request {
            method: operation.method(),
            path,
            body,
            token: (!self.token.is_empty()).then_some(&self.token),
        };
        let answer = self.client.send(request).await;
        let answer = answer.with_context(|| format!("{} failed", operation.label()))?;
        match (operation, answer.status) {
            (_, status) if status == operation.expected() => Ok(answer.body),
            (Operation::LogIn, 401) => bail!(
                "the service refuses the login of the user that every new database has: start it on a database of its own"
            ),
            (_, status) => bail!(
                "{}\nIs this the coworking app?",
                operation.unexpected(status, answer.body)
            ),
        }
    }
}

fn foreign(operation: Operation, answer: &[u8]) -> anyhow::Error {
    let (call, answer) = (operation.label(), excerpt(answer));
    anyhow::anyhow!("{call} answered what the coworking app does not: {answer}")
}

fn unreachable_service(url: &Target, failure: &Failure) -> anyhow::Error {
    let listen = match url.addresses.first() {
        Some(address) if address.port() != 8080 => format!(" -- --listen {address}"),
        _ => String::new(),
    };
    anyhow::anyhow!(
        "no service answers at {url}: {failure}\nIs it running? Start it with: cargo run --release -p step-01-discovery{listen}"
    )
}
