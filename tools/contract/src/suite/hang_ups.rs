//! Clients that do not wait for their answers.

use std::{collections::HashSet, time::Duration};

use anyhow::{Context as _, Result, ensure};
use http::Method;
use serde_json::json;
use time::macros::date;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    context::Context,
    suite::{SHORT, bookings, rooms},
    wire::Wire,
};

/// A thousand clients book, and all but forty hang up amid it. What becomes of theirs is the server's affair, but not of anything
/// else: who stays has what he is told, the whole contract holds on that server, and no connection of its is stuck in a
/// transaction.
pub async fn a_thousand_amid_bookings(context: &Context) -> Result<()> {
    const ROUNDS: usize = 8;
    const CLIENTS: usize = 125;
    /// So many leave, a millisecond after each other, for one that stays.
    const LEAVING: usize = 24;
    let context = Context::new(context.target().clone(), None)?;
    let service = context.shared().await?;
    let client = context.user().await?.client;
    let room = rooms::any_id(&client).await?;
    let mut told = Vec::new();
    for round in 0..ROUNDS {
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            let days = time::Duration::days((round * CLIENTS + number).try_into()?);
            let day = (date!(2050 - 01 - 01) + days).to_string();
            let call = client.post("/bookings", &json!({ "room_id": room, "booked_on": day }));
            clients.spawn(async move {
                let mut wire = Wire::connect(call.address()).await?;
                wire.send(&call.bytes()).await?;
                let wait = number % (LEAVING + 1);
                if wait == LEAVING {
                    let answer = wire.read_answer(&Method::POST, "/bookings").await?;
                    answer.expect(201)?;
                    return Ok(Some(day));
                }
                // Some leave before the server has read it, and some in the moment of the commit.
                sleep(Duration::from_millis(wait as u64)).await;
                anyhow::Ok(None)
            });
        }
        for client in clients.join_all().await {
            told.extend(client?);
        }
    }
    let clients = ROUNDS * CLIENTS;
    let stored = bookings::list(&client).await?;
    let days: HashSet<_> = stored.iter().map(|booking| &booking.booked_on).collect();
    ensure!(days.len() == stored.len(), "a day is booked twice");
    for day in &told {
        ensure!(days.contains(day), "{day} was booked, and is not");
    }
    for case in SHORT {
        let held = case.run(&context).await;
        held.with_context(|| format!("after {clients} clients hung up: {case:?}"))?;
    }
    service.database.expect_no_open_transaction().await
}
