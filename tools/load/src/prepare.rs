//! What comes before the measurement, and is no part of it.

use std::sync::Arc;

use anyhow::Context;
use time::{Date, OffsetDateTime};

use crate::args::{Args, Kind};
use crate::client::{Client, Endpoint, Failure};
use crate::plan::{Ingredients, Plan};
use crate::session::Session;
use crate::target::Target;
use crate::token::Token;

/// An open loop needs connections for the requests that come in while others wait.
const OPEN_LOOP_WORKERS: u64 = 64;

/// What a measurement needs, and no part of what it measures.
pub struct Prepared {
    pub plan: Plan,
    pub clients: Vec<Client>,
    pub session: Session,
    /// Present if the load makes calls that need it.
    pub token: Option<String>,
}

/// Logs in, reads what the plan needs and opens the connections.
pub async fn prepare(
    args: &Args,
    url: &Target,
    endpoint: &Arc<Endpoint>,
) -> anyhow::Result<Prepared> {
    let mut client = Client::new(Arc::clone(endpoint));
    client
        .connect()
        .await
        .map_err(|failure| unreachable_service(url, failure))?;
    let mut session = Session::new(client, &args.user, &args.password);
    if args.sign_up {
        session.sign_up().await?;
    }
    let books = matches!(args.kind, Kind::Bookings | Kind::Mixed);
    let token = match args.kind {
        Kind::Rooms | Kind::Room | Kind::Picture => None,
        _ => Some(session.log_in().await?),
    };
    let header = token.as_deref().map(Token::new).transpose()?;
    let header = header.map(|token| token.header());
    let rooms = if books || args.kind == Kind::Room {
        session.rooms().await?
    } else {
        Vec::new()
    };
    let first_day = match (&header, args.first_day) {
        _ if !books => None,
        (_, Some(day)) => Some(day),
        (None, None) => None,
        (Some(header), None) => Some(first_free_day(session.latest_day(header.clone()).await?)?),
    };
    let workers = workers(args);
    let mut plan = Plan::new(Ingredients {
        kind: args.kind,
        requests: args.requests,
        workers,
        seed: args.seed,
        rooms,
        first_day,
        availability_on: args.day,
        credentials: session.credentials(),
    })?;
    if let Some(header) = header {
        let bookings: Vec<_> = plan.bookings_before().collect();
        for booking in bookings {
            plan.add_booking(&session.book(booking, header.clone()).await?)?;
        }
    }
    let mut clients = Vec::new();
    for _ in 0..workers {
        let mut client = Client::new(Arc::clone(endpoint));
        client
            .connect()
            .await
            .with_context(|| format!("cannot open {workers} connections: try fewer --workers"))?;
        clients.push(client);
    }
    Ok(Prepared {
        plan,
        clients,
        session,
        token,
    })
}

fn workers(args: &Args) -> u64 {
    match (args.workers, args.rate) {
        (Some(workers), _) => u64::from(workers),
        (None, Some(_)) => OPEN_LOOP_WORKERS,
        (None, None) => std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64),
    }
}

/// The day after the user's latest booking: everything from there on is free of them.
fn first_free_day(latest: Option<Date>) -> anyhow::Result<Date> {
    let tomorrow = OffsetDateTime::now_utc().date().next_day();
    let after_latest = match latest {
        Some(latest) => Some(latest.next_day().context(
            "the user has booked the last day of the year 9999: choose a free --first-day or an empty database",
        )?),
        None => None,
    };
    tomorrow
        .max(after_latest)
        .context("this machine's clock is at the end of the calendar")
}

fn unreachable_service(url: &Target, failure: Failure) -> anyhow::Error {
    let start = match url.port() {
        8080 => "cargo run --release -p step-01-discovery".to_owned(),
        port => format!("cargo run --release -p step-01-discovery -- --listen 127.0.0.1:{port}"),
    };
    anyhow::anyhow!("no service answers at {url}: {failure}\nIs it running? Start it with: {start}")
}
