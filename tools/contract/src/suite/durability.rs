//! What the server has acknowledged outlives it.

use std::{fs, time::Duration};

use anyhow::{Result, ensure};
use rustix::process::Signal;
use serde_json::json;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    client::Client,
    context::{Context, User},
    launch::Service,
    suite::{
        bookings::{self, Made},
        load::{self, Booked, Load},
        rooms,
    },
};

/// Twice on the same database: the second server starts on what the first one left in the middle of its work.
pub async fn kill_9_loses_no_acknowledged_booking(context: &Context) -> Result<()> {
    let mut service = context.start().await?;
    let mut known = Booked::new();
    for round in 0..2 {
        let load = Load::start(&service, round * 50_000).await?;
        load.wait_for(200).await?;
        service.server.signal(Signal::KILL)?;
        service.server.wait(Duration::from_secs(10)).await?;
        known.extend(load.finish().await?.acknowledged);

        service = context.launch(&service.database).start().await?;
        let stored = load::stored(&service.client).await?;
        for (id, booking) in &known {
            let kept = stored.get(id) == Some(booking);
            ensure!(kept, "{id} of {booking:?} was acknowledged and is lost");
        }
        // The last request of each client may have been done without its answer getting through.
        let untold = stored.len() - known.len();
        ensure!(
            untold <= load::CLIENTS,
            "{untold} bookings that nobody was told of, of {} clients",
            load::CLIENTS
        );
        known = stored;
    }
    Ok(())
}

/// A backup, or a person with a console, holds the database's lock for a while: whoever books waits, and none fails.
pub async fn a_lock_of_seconds_delays_bookings(context: &Context) -> Result<()> {
    const HELD: Duration = Duration::from_secs(3);
    let service = context.start().await?;
    let client = User::sign_up(&service.client).await?.client;
    let room = rooms::any_id(&client).await?;
    let mut waiting = JoinSet::new();
    let locked = async {
        for _ in 0..16 {
            let (client, room, day) = (client.clone(), room.clone(), context.day());
            waiting.spawn(async move { bookings::book(&client, &room, &day).await });
        }
        sleep(HELD).await;
        let booked = waiting.try_join_next().is_some();
        ensure!(!booked, "a booking did not wait for the database's lock");
        Ok(())
    };
    service.database.locked(locked).await?;
    let booked: Result<Vec<_>> = waiting.join_all().await.into_iter().collect();
    let booked = booked?.len();
    let stored = bookings::list(&client).await?.len();
    ensure!(
        stored == booked,
        "{booked} were acknowledged, {stored} are stored"
    );
    Ok(())
}

/// Bookings fail while there is no room for them, with an answer, and those that were acknowledged stay. Once there is room
/// again, so is the service.
pub async fn a_full_disk_loses_nothing(context: &Context) -> Result<()> {
    let launch = context.launch(&context.database().await?);
    // The log's file must not be the one that becomes too large.
    let launch = launch.variable("COWORKING_LOG", "off");
    let service = launch.surviving_large_files().start().await?;
    let client = User::sign_up(&service.client).await?.client;
    let mut acknowledged = Vec::new();
    let first = book_at_once(context, &client).await?;
    ensure!(first.failed == 0, "{first:?}, and there is room");
    acknowledged.extend(first.acknowledged);

    fill_disk(&service).await?;
    let mut failed = 0;
    for _ in 0..500 {
        let round = book_at_once(context, &client).await?;
        acknowledged.extend(round.acknowledged);
        failed += round.failed;
        if failed > 32 {
            break;
        }
    }
    ensure!(
        failed > 32,
        "the disk is full, and {failed} bookings failed"
    );
    // Reading goes on.
    let stored = bookings::list(&client).await?;
    let is_stored = |id: &String| stored.iter().any(|booking| booking.id == *id);
    let lost = acknowledged.iter().find(|id| !is_stored(id));
    ensure!(lost.is_none(), "{lost:?} was acknowledged and is lost");
    ensure!(
        stored.len() <= acknowledged.len() + failed,
        "{} are stored, {} were acknowledged and {failed} failed",
        stored.len(),
        acknowledged.len()
    );

    make_room(&service).await?;
    let last = book_at_once(context, &client).await?;
    ensure!(last.failed == 0, "{last:?}, and there is room again");
    Ok(())
}

#[derive(Debug, Default)]
struct Round {
    acknowledged: Vec<String>,
    failed: usize,
}

/// Eight bookings at the same moment, of which some may fail, but in the documented way.
async fn book_at_once(context: &Context, client: &Client) -> Result<Round> {
    let room = rooms::any_id(client).await?;
    let mut calls = JoinSet::new();
    for _ in 0..8 {
        let booking = json!({ "room_id": room, "booked_on": context.day() });
        calls.spawn(client.post("/bookings", &booking).send());
    }
    let mut round = Round::default();
    for answer in calls.join_all().await {
        let answer = answer?;
        if answer.status == 201 {
            round
                .acknowledged
                .push(answer.json::<Made>()?.id.to_string());
        } else {
            answer.refused("internal")?;
            round.failed += 1;
        }
    }
    Ok(round)
}

/// SQLite's files can become a little larger, and no more; PostgreSQL says what it says then.
async fn fill_disk(service: &Service) -> Result<()> {
    const A_LITTLE: u64 = 64 * 1024;
    if let Some(folder) = service.database.folder() {
        let sizes = fs::read_dir(folder)?.map(|file| Ok(file?.metadata()?.len()));
        let largest = sizes.collect::<Result<Vec<_>>>()?.into_iter().max();
        return service
            .server
            .limit_files(largest.map(|size| size + A_LITTLE));
    }
    for sql in [
        "create function full_disk() returns trigger language plpgsql as \
         $$ begin raise exception 'no space left on device' using errcode = 'disk_full'; end $$",
        "create trigger full_disk before insert on bookings for each row execute function full_disk()",
    ] {
        service.database.execute(sql, &[]).await?;
    }
    Ok(())
}

async fn make_room(service: &Service) -> Result<()> {
    if service.database.folder().is_some() {
        return service.server.limit_files(None);
    }
    let sql = "drop trigger full_disk on bookings";
    service.database.execute(sql, &[]).await.map(drop)
}
