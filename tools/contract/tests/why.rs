//! `rops trace why` finds what chapter 6 finds, in the last checkpoint that has it, and tells what is there in its place in the
//! next one: the cause, with the line where it stands.
//!
//! How long anything takes is up to the machine and its scheduler. So of all requests to a route, the slowest first, one has to be
//! slow for this reason: by most of its time, with at most a twentieth that is not explained.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use contract::{
    checkpoint::{self, Checkpoint},
    client::Client,
    context::{Context, User},
    launch::Service,
};
use serde::Deserialize;
use serde_json::{Value, json};
use test_tools::{Folder, Ran};
use time::{Date, Duration as Days, macros::date};
use tokio::task::JoinSet;

const BEFORE: &str = "step-06-tracing";
const AFTER: &str = "step-07-agent-inspection";

const ROOMS: &str = "/rooms/{id}";
const LOGINS: &str = "/auth/login";
const BOOKINGS: &str = "/bookings";

/// Enough for all clients. Connections are given back by tasks, which workers that hash do not poll either: with few, a look at a
/// room waits for those first.
const POOL: &str = "64";

/// Each client logs in so often, or books twice as often.
const REQUESTS: usize = 10;
const CLIENTS: usize = 16;

/// Rooms are looked at as long as others log in, so often that some looks fall on hashes and that there are not too many to ask about.
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

#[test]
fn before_a_look_at_a_room_waits_for_workers_that_hash() -> Result<()> {
    let traced = Traced::of(BEFORE, rooms_beside_logins)?;
    let hashing = traced.line("src/auth.rs", "debug_span!(\"hashing\")")?;
    let who = format!("{} in `hashing`, {hashing}", workers());
    traced.has_one(
        &traced.slowest_of(ROOMS)?,
        "ready",
        &["ready but not polled: ", &who],
    )?;
    Ok(())
}

#[test]
fn after_it_waits_for_none_and_logins_wait_for_threads_that_hash() -> Result<()> {
    let traced = Traced::of(AFTER, rooms_beside_logins)?;
    let hashing = traced.line("src/auth.rs", "debug_span!(\"hashing\")")?;
    let queue = traced.line("src/hashing.rs", "debug_span!(\"hashing_queue\")")?;

    for request in traced.slowest_of(ROOMS)?.iter().take(10) {
        let held = traced.why(*request)?.reasons.into_iter().find(|reason| {
            reason.sentence.contains(workers()) && reason.sentence.contains("`hashing`")
        });
        ensure!(held.is_none(), "a worker hashes: {held:?}");
    }
    let mut logins = traced.slowest_of(LOGINS)?;
    let waited = format!("waited in `hashing_queue`, {queue}");
    let meanwhile = format!("was in `hashing`, {hashing}");
    traced.has_one(&logins, "waiting", &[&waited, &meanwhile])?;
    // Such as the first one, which comes alone.
    logins.reverse();
    let worked = format!("worked in `hashing`, {hashing}");
    traced.has_one(&logins, "other thread", &[&worked])?;
    Ok(())
}

#[test]
fn before_a_booking_waits_for_the_commits_of_others_and_for_its_own() -> Result<()> {
    let traced = Traced::of(BEFORE, bookings)?;
    let commit = traced.line("src/bookings.rs", "on_writer!(db, \"insert_booking\"")?;
    let waited = format!("waited in `commit`, {commit}");
    let meanwhile = "was in `commit` for others";
    let why = traced.has_one(
        &traced.slowest_of(BOOKINGS)?,
        "waiting",
        &[&waited, meanwhile],
    )?;
    let own = format!("worked in `commit`, {commit}");
    let mut reasons = why.reasons.iter();
    let has_own = reasons.any(|one| one.kind == "other thread" && one.sentence.contains(&own));
    ensure!(has_own, "nobody commits for it: {why:#?}");
    Ok(())
}

#[test]
fn after_it_waits_for_the_batch_that_one_task_commits() -> Result<()> {
    let traced = Traced::of(AFTER, bookings)?;
    let booking = traced.line("src/bookings.rs", "in_span!(\"insert_booking\"")?;
    let insert = traced.line("src/bookings/writes.rs", "in_span!(\"insert_bookings\"")?;
    let batch = traced.line("src/batches.rs", "debug_span!(\"batch\"")?;
    let waited = format!("waited in `insert_booking`, {booking}");
    let meanwhile = format!("was in `insert_bookings`, {insert}, of `batch`, {batch}");
    traced.has_one(
        &traced.slowest_of(BOOKINGS)?,
        "waiting",
        &[&waited, &meanwhile],
    )?;
    Ok(())
}

/// How a sentence begins with those who poll.
fn workers() -> &'static str {
    match thread::available_parallelism() {
        Ok(count) if count.get() > 1 => "workers were",
        _ => "worker was",
    }
}

/// What a checkpoint's recorder has kept of a load.
struct Traced {
    /// The checkpoint's folder, as its binary names its sources, and where that is.
    folder: (String, PathBuf),
    file: PathBuf,
    rops: PathBuf,
    _files: Folder,
    _alone: MutexGuard<'static, ()>,
}

/// What `why` prints of a request with `--json`.
#[derive(Debug, Deserialize)]
struct Why {
    length: u64,
    unexplained: u64,
    reasons: Vec<Reason>,
}

#[derive(Debug, Deserialize)]
struct Reason {
    length: u64,
    kind: String,
    sentence: String,
}

impl Traced {
    fn of(name: &str, load: impl AsyncFnOnce(&Service) -> Result<()>) -> Result<Self> {
        // One load after the other: a service that shares the processors with another one is slow for that.
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let checkpoints = Checkpoint::all()?.into_iter();
        let checkpoint = checkpoints.filter(|one| one.name == name).collect();
        let context = Context::on_sqlite(checkpoint)?.remove(0);
        let folder = context.target().checkpoint.folder.clone();
        let trace = tokio::runtime::Runtime::new()?.block_on(async {
            let launch = context.launch(&context.database().await?);
            let service = launch.variable("COWORKING_POOL_SIZE", POOL).start().await?;
            load(&service).await?;
            let recorder = "/debug/flight-recorder?seconds=60";
            let trace = service.diagnostics().get(recorder);
            anyhow::Ok(trace.expect(200).await?.body)
        })?;
        let files = Folder::new();
        let file = files.path("trace.json");
        fs::write(&file, trace)?;
        let last = folder.file_name().context("a folder has a name")?;
        Ok(Self {
            folder: (format!("steps/{}", last.display()), folder),
            file,
            // As readers call it. A dependency on its library would have sqlx compiled with other features.
            rops: checkpoint::build_one("rops")?,
            _files: files,
            _alone: alone,
        })
    }

    /// Where a line of the source with this text is, as sentences have it. It is the only one.
    fn line(&self, file: &str, text: &str) -> Result<String> {
        let (name, folder) = &self.folder;
        let source = fs::read_to_string(folder.join(file))?;
        let lines = source.lines().zip(1..);
        let mut found = lines.filter(|(line, _)| line.contains(text));
        let (_, number) = found.next().with_context(|| format!("no {text}"))?;
        ensure!(found.next().is_none(), "{text} is there twice");
        Ok(format!("{name}/{file}:{number}"))
    }

    /// The spans of the requests to a route, the slowest first.
    fn slowest_of(&self, route: &str) -> Result<Vec<u64>> {
        let trace: Value = serde_json::from_slice(&fs::read(&self.file)?)?;
        let events = trace["traceEvents"].as_array().context("events")?;
        let requests = events.iter();
        let requests = requests.filter(|event| event["cat"] == "request" && event["name"] == route);
        let mut requests: Vec<_> = requests
            .filter_map(|event| Some((event["dur"].as_f64()?, event["args"]["span"].as_u64()?)))
            .collect();
        requests.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        ensure!(!requests.is_empty(), "nobody has asked for {route}");
        Ok(requests.into_iter().map(|(_, span)| span).collect())
    }

    /// What a reader is told of a request. All of its time is told.
    fn why(&self, request: u64) -> Result<Why> {
        let mut rops = Command::new(&self.rops);
        rops.args(["trace", "why", "--json", &request.to_string()]);
        let ran = Ran::of(rops.arg(&self.file)).expect(0);
        let why: Why = serde_json::from_str(&ran.stdout)?;
        let all: u64 = why.reasons.iter().map(|reason| reason.length).sum();
        ensure!(all == why.length, "the parts make {all} ns: {why:#?}");
        Ok(why)
    }

    /// One of these requests is slow for this reason.
    fn has_one(&self, requests: &[u64], kind: &str, words: &[&str]) -> Result<Why> {
        let mut others = Vec::new();
        for request in requests {
            let why = self.why(*request)?;
            let main = &why.reasons[0];
            if main.kind == kind
                && words.iter().all(|word| main.sentence.contains(word))
                && main.length * 2 > why.length
                && why.unexplained * 20 <= why.length
            {
                println!("after {} others: {}", others.len(), main.sentence);
                return Ok(why);
            }
            others.push(why);
        }
        let count = others.len();
        others.truncate(3);
        anyhow::bail!("none of {count} requests is {kind} with {words:?}: {others:#?}");
    }
}

/// A user, and a client that is logged in, without the description: that would cost more than the requests.
async fn user(service: &Service) -> Result<(User, Client)> {
    let user = User::sign_up(&service.client).await?;
    let client = Client::new(service.server.address(), Arc::default());
    let client = client.with_token(user.client.token().unwrap_or_default());
    Ok((user, client))
}

/// Three times as many clients log in as can hash at once, and one looks at a room meanwhile.
async fn rooms_beside_logins(service: &Service) -> Result<()> {
    let (user, client) = user(service).await?;
    let rooms: Value = client.get("/rooms").read().await?;
    let room = rooms[0]["id"].as_str().context("a room has an id")?;
    let mut logins = JoinSet::new();
    for _ in 0..3 * thread::available_parallelism()?.get() {
        let (client, credentials) = (client.clone(), user.credentials());
        logins.spawn(async move {
            for _ in 0..REQUESTS {
                client.post("/auth/login", &credentials).expect(200).await?;
            }
            anyhow::Ok(())
        });
    }
    while !logins.is_empty() {
        client.get(format!("/rooms/{room}")).expect(200).await?;
        tokio::time::sleep(BETWEEN_LOOKS).await;
        while let Some(login) = logins.try_join_next() {
            login??;
        }
    }
    Ok(())
}

/// As many clients as in the chapter book at the same time, each on days of its own.
async fn bookings(service: &Service) -> Result<()> {
    let (_, client) = user(service).await?;
    let rooms: Value = client.get("/rooms").read().await?;
    let mut days = (0..).map(|day| date!(2100 - 01 - 01) + Days::days(day));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        let (client, room) = (client.clone(), rooms[0]["id"].clone());
        let days: Vec<Date> = days.by_ref().take(2 * REQUESTS).collect();
        clients.spawn(async move {
            for day in days {
                let booking = json!({ "room_id": room, "booked_on": day.to_string() });
                client.post("/bookings", &booking).expect(201).await?;
            }
            anyhow::Ok(())
        });
    }
    clients.join_all().await.into_iter().collect()
}
