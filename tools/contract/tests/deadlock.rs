//! From 07 on a batch that PostgreSQL has ended for a deadlock is tried again, and nobody notices.

use anyhow::{Context as _, Result, ensure};
use contract::{
    checkpoint::Checkpoint,
    context::{Context, User},
};
use serde_json::json;
use test_tools::TestTools;
use tokio::task::JoinSet;

/// The first checkpoint that writes batches.
const FIRST: &str = "step-07-agent-inspection";

/// Every second insert fails as the victim of a deadlock does. A sequence goes on when its transaction is rolled back.
const EVERY_SECOND_ONE: [&str; 3] = [
    "create sequence attempts",
    "create function be_a_victim() returns trigger language plpgsql as $$ begin \
     if nextval('attempts') % 2 = 1 then raise exception 'a victim' using errcode = 'deadlock_detected'; end if; \
     return null; end $$",
    "create trigger be_a_victim before insert on bookings for each statement execute function be_a_victim()",
];

#[test]
fn a_batch_that_was_a_deadlocks_victim_is_tried_again() -> Result<()> {
    if test_tools::needed(TestTools::here().initdb()).is_none() {
        return Ok(());
    }
    tokio::runtime::Runtime::new()?.block_on(async {
        for context in Context::on_postgres(Checkpoint::from(FIRST)?).await? {
            let held = book(&context).await;
            held.with_context(|| context.target().checkpoint.name.clone())?;
        }
        Ok(())
    })
}

async fn book(context: &Context) -> Result<()> {
    let service = context.start().await?;
    let client = User::sign_up(&service.client).await?.client;
    let rooms: serde_json::Value = client.get("/rooms").read().await?;
    for sql in EVERY_SECOND_ONE {
        service.database.execute(sql, &[]).await?;
    }
    for _ in 0..4 {
        let mut calls = JoinSet::new();
        for _ in 0..16 {
            let booking = json!({ "room_id": rooms[0]["id"], "booked_on": context.day() });
            calls.spawn(client.post("/bookings", &booking).expect(201));
        }
        for answer in calls.join_all().await {
            answer?;
        }
    }
    let victims = service
        .database
        .number("select last_value / 2 from attempts")
        .await?;
    ensure!(victims > 0, "no batch was a victim");
    let stored = "select count(*) from bookings";
    let stored = service.database.number(stored).await?;
    ensure!(stored == 64, "{stored} of 64 bookings are stored");
    println!("{victims} batches were tried again");
    Ok(())
}
