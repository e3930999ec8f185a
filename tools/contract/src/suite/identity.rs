//! What the server does to know who is calling: it forgets whoever is gone, and works for nobody who shows no token of its
//! own.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use http::HeaderName;
use serde::Deserialize;
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    client::Call,
    context::{Context, User},
    launch::Service,
    suite::{rooms, tokens},
    token::{claims, issue},
    wire::Wire,
};

/// Four processes on one database: whatever each of them remembers of a user, it is not for long.
pub async fn a_deleted_user_is_refused_within_seconds(context: &Context) -> Result<()> {
    const PROCESSES: usize = 4;
    const LIMIT: Duration = Duration::from_secs(5);
    let mut services = vec![context.start().await?];
    let database = services[0].database.clone();
    while services.len() < PROCESSES {
        services.push(context.launch(&database).start().await?);
    }
    let user = User::sign_up(&services[0].client).await?;
    let token = user.client.token().unwrap_or_default();
    let clients = services.iter().map(|one| one.client.with_token(token));
    let clients: Vec<_> = clients.collect();
    let room = rooms::any_id(&user.client).await?;
    let booking = || json!({ "room_id": room, "booked_on": context.day() });
    // Whatever a process remembers of the user, it now does.
    for client in &clients {
        client.get("/bookings").expect(200).await?;
        client.post("/bookings", &booking()).expect(201).await?;
    }

    let sql = "delete from users where email = $1";
    let gone = database.execute(sql, &[&user.email]).await?;
    ensure!(gone == 1, "{gone} users were deleted");
    let deleted = Instant::now();
    // Within that time a process may or may not know, but it may not fail; and who asks on and on is not let in for longer.
    while deleted.elapsed() < LIMIT {
        for client in &clients {
            let read = client.get("/bookings").send().await?;
            ensure!([200, 401].contains(&read.status.as_u16()), "{read}");
            let booked = client.post("/bookings", &booking()).send().await?;
            ensure!([201, 401].contains(&booked.status.as_u16()), "{booked}");
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for client in &clients {
        for answer in tokens::every_call(client, None).await? {
            answer.refused("invalid_token")?;
        }
    }
    Ok(())
}

/// Whoever has no token that the server has issued can make it look, but not ask its database.
pub async fn forged_tokens_cost_no_query(context: &Context) -> Result<()> {
    const CLIENTS: usize = 8;
    const REQUESTS: usize = 100;
    let service = context.start().await?;
    let user = User::sign_up(&service.client).await?;
    let of_another_server = "another-secret-of-as-many-bytes!";
    let before = service.spans_opened().await?;
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        let (client, user) = (service.client.clone(), user.id.clone());
        clients.spawn(async move {
            for request in 0..REQUESTS {
                // Half of them are for a user that there is.
                let id = match (number + request) % 2 {
                    0 => user.clone(),
                    _ => format!("nobody-{number}-{request}"),
                };
                let client = client.with_token(&issue(&claims(&id), of_another_server));
                client.get("/bookings").refused("invalid_token").await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(client) = clients.join_next().await {
        client??;
    }
    let opened = service.spans_opened().await? - before;
    let requests = (CLIENTS * REQUESTS) as u64;
    ensure!(
        opened == 2 * requests,
        "{requests} requests open {opened} spans: expected that of the request and that of authorization for each"
    );
    Ok(())
}

#[derive(Clone, Copy, Debug, Deserialize)]
struct Allocated {
    mallocs: u64,
    total_alloc: u64,
}

impl Allocated {
    async fn read(service: &Service) -> Result<Self> {
        service.diagnostics().get("/debug/memstats").read().await
    }

    /// What the server allocates for a call: the least of some, since it may do something of its own at any time.
    async fn by(call: &Call, service: &Service) -> Result<Self> {
        let mut wire = Wire::connect(call.address()).await?;
        let mut counted = Vec::new();
        for _ in 0..10 {
            let before = Self::read(service).await?;
            call.send_on(&mut wire).await?.refused("invalid_token")?;
            let after = Self::read(service).await?;
            counted.push(Self {
                mallocs: after.mallocs - before.mallocs,
                total_alloc: after.total_alloc - before.total_alloc,
            });
        }
        let least = |of: fn(&Self) -> u64| counted.iter().map(of).min().unwrap_or(0);
        Ok(Self {
            mallocs: least(|counted| counted.mallocs),
            total_alloc: least(|counted| counted.total_alloc),
        })
    }
}

/// A token has three parts, however many dots there are in it: who splits it at all of them lets a header of a few kilobytes
/// take a hundred and more (CVE-2025-30204 in Go's `golang-jwt`).
pub async fn a_token_full_of_dots_is_not_split(context: &Context) -> Result<()> {
    const LENGTH: usize = 8 * 1024;
    let service = context.start().await?;
    // As many bytes in a header that nobody reads, so that what it takes to receive them is in both.
    let padding = HeaderName::from_static("x-padding");
    let short = service.client.get("/bookings");
    let short = short.authorization("Bearer no.such.token");
    let short = short.header(padding, &"a".repeat(LENGTH));
    let short = Allocated::by(&short, &service).await?;
    for character in [".", "a"] {
        let long = format!("Bearer {}", character.repeat(LENGTH));
        let long = service.client.get("/bookings").authorization(long);
        let long = Allocated::by(&long, &service).await?;
        // One read or two, as the machine has time, decide about a buffer; a list would be made larger a dozen times.
        ensure!(
            long.mallocs <= short.mallocs + 2,
            "{LENGTH} times {character:?}: {long:?}, as much in another header: {short:?}"
        );
        // The first checkpoints copy it twice, and decoding makes room for three quarters of it; a list of what is between
        // the dots would take sixteen times its length.
        ensure!(
            long.total_alloc <= short.total_alloc + 3 * LENGTH as u64,
            "{LENGTH} times {character:?}: {long:?}, as much in another header: {short:?}"
        );
    }
    Ok(())
}
