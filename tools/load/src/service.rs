//! What comes before a measurement and after it, and is no part of it: the login, what the plan needs, the connections;
//! and that the bookings go away again.

use std::cell::RefCell;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use futures_util::future::try_join_all;
use serde_json::Value;
use time::{Date, macros::date};

use crate::api::{Kind, Operation, excerpt};
use crate::client::{Answer, Client, Failure, Request};
use crate::logins::Logins;
use crate::plan::{Plan, text_of, token_of};
use crate::target::Target;

/// The seeded user: every new database has this one, and `cargo database fill` books for it.
pub const SEEDED: &str = r#"{"username":"ipesenti","password":"abcd1234!!"}"#;

/// The user that a load books as, so that nobody's list of bookings grows. The first load signs it up, and it stays.
const OWN: &str = r#"{"username":"cargo-load","password":"abcd1234!!"}"#;
const SIGN_UP: &str =
    r#"{"username":"cargo-load","password":"abcd1234!!","email":"cargo-load@example.com"}"#;

/// Nobody else books days of these centuries. Each run begins at one of its own, so that two may run at a time.
const FIRST_DAY: Date = date!(3000 - 01 - 01);
const FIRST_DAYS: i64 = 500_000;

/// How long an answer is waited for after the load: it may have been ended since the service answers nothing any more.
const CLEAN_UP_TIMEOUT: Duration = Duration::from_secs(5);

/// What is to be sent, and to whom.
#[derive(Debug, Clone)]
pub struct Job {
    pub kind: Kind,
    pub url: Target,
    pub requests: u64,
    pub workers: u16,
    /// Requests per second in an open loop.
    pub rate: Option<f64>,
    /// What comes in meanwhile.
    pub logins: Option<Logins>,
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
    let login = if job.kind.books() {
        service.sign_up().await?;
        OWN
    } else {
        SEEDED
    };
    if !matches!(job.kind, Kind::Rooms | Kind::Room | Kind::Picture) {
        service.log_in(login).await?;
    }
    let rooms = match job.kind {
        Kind::Room | Kind::Bookings | Kind::Mixed => service.rooms().await?,
        _ => Vec::new(),
    };
    let first_day = job
        .kind
        .books()
        .then(|| FIRST_DAY.saturating_add(time::Duration::days(fastrand::i64(0..FIRST_DAYS))));
    let mut plan = Plan::new(job.kind, rooms, first_day, job.day, login, &service.token);
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

/// Takes away what the plan has booked, whether it was answered or not.
pub async fn clean_up(job: &Job, plan: &Plan) -> anyhow::Result<()> {
    let Some((first, last)) = plan.days() else {
        return Ok(());
    };
    let connect = |token| Service {
        client: Client::new(job.url.clone(), job.timeout.min(CLEAN_UP_TIMEOUT)),
        token,
    };
    let mut service = connect(String::new());
    service.log_in(OWN).await?;
    let bookings = service
        .list(Operation::MyBookings, "/bookings", ["id", "booked_on"])
        .await?;
    let days = first.to_string()..=last.to_string();
    let own = RefCell::new(bookings.iter().filter(|[_, day]| days.contains(day)));
    let next = || own.borrow_mut().next();
    let workers = (0..job.workers).map(async |_| {
        let mut service = connect(service.token.clone());
        while let Some([id, _]) = next() {
            let path = format!("/bookings/{id}");
            service.ask(Operation::DeleteBooking, &path, "").await?;
        }
        Ok(())
    });
    try_join_all(workers).await.map(drop)
}

/// A user's connection.
struct Service {
    client: Client,
    token: String,
}

impl Service {
    /// Makes sure that the load's own user is there.
    async fn sign_up(&mut self) -> anyhow::Result<()> {
        let operation = Operation::SignUp;
        let answer = self.send(operation, "/auth/signup", SIGN_UP).await?;
        match answer.status {
            // It was there before.
            409 => Ok(()),
            status if status == operation.expected() => Ok(()),
            status => Err(is_this_the_app(operation, status, answer.body)),
        }
    }

    async fn log_in(&mut self, login: &str) -> anyhow::Result<()> {
        let answer = self.ask(Operation::LogIn, "/auth/login", login).await?;
        let token = token_of(answer).ok_or_else(|| foreign(Operation::LogIn, answer))?;
        self.token = token;
        Ok(())
    }

    /// The ids of all rooms, at least one.
    async fn rooms(&mut self) -> anyhow::Result<Vec<String>> {
        let rooms = self.list(Operation::ListRooms, "/rooms", ["id"]).await?;
        ensure!(
            !rooms.is_empty(),
            "the service has no rooms: start it on a database that it may seed"
        );
        Ok(rooms.into_iter().map(|[id]| id).collect())
    }

    /// Some fields of all objects in a list.
    async fn list<const N: usize>(
        &mut self,
        operation: Operation,
        path: &str,
        fields: [&str; N],
    ) -> anyhow::Result<Vec<[String; N]>> {
        let answer = self.ask(operation, path, "").await?;
        let objects: Option<Vec<Value>> = serde_json::from_slice(answer).ok();
        let texts = |object: &Value| {
            let texts: Option<Vec<_>> = fields.iter().map(|field| text_of(object, field)).collect();
            texts?.try_into().ok()
        };
        let all = objects.and_then(|objects| objects.iter().map(texts).collect());
        all.ok_or_else(|| foreign(operation, answer))
    }

    /// The body of the right answer.
    async fn ask(&mut self, operation: Operation, path: &str, body: &str) -> anyhow::Result<&[u8]> {
        let answer = self.send(operation, path, body).await?;
        match (operation, answer.status) {
            (_, status) if status == operation.expected() => Ok(answer.body),
            (Operation::LogIn, 401) => bail!(
                "the service refuses the login of the user that every new database has: start it on a database of its own"
            ),
            (_, status) => Err(is_this_the_app(operation, status, answer.body)),
        }
    }

    async fn send(
        &mut self,
        operation: Operation,
        path: &str,
        body: &str,
    ) -> anyhow::Result<Answer<'_>> {
        let request = Request {
            method: operation.method(),
            path,
            body,
            token: (!self.token.is_empty()).then_some(&self.token),
        };
        let answer = self.client.send(request).await;
        answer.with_context(|| format!("{} failed", operation.label()))
    }
}

fn is_this_the_app(operation: Operation, status: u16, body: &[u8]) -> anyhow::Error {
    let unexpected = operation.unexpected(status, body);
    anyhow::anyhow!("{unexpected}\nIs this the coworking app?")
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
