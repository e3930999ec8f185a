//! How often a checkpoint asks its database who is calling. Up to 05 that is once for each request; from 06 on it is once for
//! each user, process and four seconds at most, however many requests there are, and at the same moment.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use contract::{
    checkpoint::Checkpoint,
    client::Client,
    context::Context,
    launch::{SECRET, Service},
    token::{claims, signed, signing_key},
    wire::Wire,
};
use test_tools::TestTools;
use tokio::task::JoinSet;

/// The first checkpoint that does not ask for each request.
const FIRST: &str = "step-06-tracing";

const PROCESSES: usize = 4;
const USERS: u32 = 10_000;
const CLIENTS: usize = 8;
/// How many requests of one user come at the same moment, before one that comes alone.
const AT_ONCE: usize = 2;
/// How long a process may take a user for known.
const GOOD_FOR: Duration = Duration::from_secs(4);

const INSERT_USERS: &str = "\
    insert into users (id, email, username, password_hash) \
    select 'user-' || n, 'user-' || n || '@example.com', 'user-' || n, '' from generate_series(0, 9999) as n";

#[test]
fn four_processes_ask_for_each_of_ten_thousand_users_once() -> Result<()> {
    if test_tools::needed(TestTools::here().initdb()).is_none() {
        return Ok(());
    }
    tokio::runtime::Runtime::new()?.block_on(async {
        for context in Context::on_postgres(Checkpoint::from(FIRST)?).await? {
            let held = count(&context).await;
            held.with_context(|| context.target().checkpoint.name.clone())?;
        }
        Ok(())
    })
}

async fn count(context: &Context) -> Result<()> {
    let database = context.database().await?;
    let mut services = Vec::new();
    for _ in 0..PROCESSES {
        services.push(context.launch(&database).start().await?);
    }
    let inserted = database.execute(INSERT_USERS, &[]).await?;
    ensure!(inserted == u64::from(USERS), "{inserted} users");
    let mut processes = JoinSet::new();
    for service in services {
        processes.spawn(all_users(service));
    }
    while let Some(process) = processes.join_next().await {
        process??;
    }
    Ok(())
}

/// Lets each user make some requests, and counts the process's queries.
async fn all_users(service: Service) -> Result<()> {
    let before = service.spans_opened().await?;
    let next = Arc::new(AtomicU32::new(0));
    let mut clients = JoinSet::new();
    for _ in 0..CLIENTS {
        // Without the description, which would cost more than the requests.
        let client = Client::new(service.server.address(), Arc::default());
        clients.spawn(some_users(client, Arc::clone(&next)));
    }
    let mut allowed = 0;
    while let Some(client) = clients.join_next().await {
        allowed += client??;
    }
    // A request opens a span, authorization another one, and a query a third.
    let requests = u64::from(USERS) * (AT_ONCE as u64 + 1);
    let queries = service.spans_opened().await? - before - 2 * requests;
    let expected = u64::from(USERS)..=allowed;
    ensure!(
        expected.contains(&queries),
        "{requests} requests of {USERS} users cost {queries} queries, expected {expected:?}"
    );
    println!("{requests} requests of {USERS} users: {queries} queries");
    Ok(())
}

/// Takes users as long as there are some, and returns how many queries their requests may have cost.
async fn some_users(client: Client, next: Arc<AtomicU32>) -> Result<u64> {
    let address = client.get("/").address();
    let mut wires = [Wire::connect(address).await?, Wire::connect(address).await?];
    let key = signing_key(SECRET);
    let mut allowed = 0;
    loop {
        let user = next.fetch_add(1, Ordering::Relaxed);
        if user >= USERS {
            return Ok(allowed);
        }
        let client = client.with_token(&signed(&claims(&format!("user-{user}")), &key));
        // It is refused for its path, which is looked at after the user and before the database.
        let call = client.get("/bookings/none");
        let start = Instant::now();
        let [one, other]: &mut [Wire; AT_ONCE] = &mut wires;
        let both = tokio::join!(call.send_on(one), call.send_on(other));
        let alone = call.send_on(one).await;
        for answer in [both.0, both.1, alone] {
            answer?.refused("booking_not_found")?;
        }
        allowed += 1 + start.elapsed().as_secs() / GOOD_FOR.as_secs();
    }
}
