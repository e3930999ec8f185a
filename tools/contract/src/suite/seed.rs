//! The data of a new database, and of one that is not new.

use std::time::Duration;

use anyhow::{Result, ensure};
use rustix::process::Signal;

use crate::{
    context::{Context, User, log_in},
    launch::Service,
    suite::{bookings, rooms},
};

/// Fails unless there are so many users, rooms, photos and bookings in the database.
async fn expect_counts(service: &Service, expected: [i64; 4]) -> Result<()> {
    let mut counts = [0; 4];
    let tables = ["users", "rooms", "photos", "bookings"];
    for (count, table) in counts.iter_mut().zip(tables) {
        let sql = format!("select count(*) from {table}");
        *count = service.database.number(&sql).await?;
    }
    let right = counts == expected;
    ensure!(right, "{tables:?}: expected {expected:?}, found {counts:?}");
    Ok(())
}

pub async fn a_new_database_has_the_seed(context: &Context) -> Result<()> {
    let service = context.start().await?;
    expect_counts(&service, [1, 3, 6, 0]).await?;
    User::seeded(&service.client).await?;
    Ok(())
}

pub async fn seeding_again_changes_nothing(context: &Context) -> Result<()> {
    let mut service = context.start().await?;
    let before = rooms::list(&service.client, "").await?;
    let user = User::sign_up(&service.client).await?;
    let seeded = User::seeded(&service.client).await?;
    let booking = bookings::book(&user.client, &before[0].id, &context.day()).await?;
    let of_seeded = bookings::book(&seeded, &before[1].id, &context.day()).await?;
    for _ in 0..2 {
        service.server.signal(Signal::TERM)?;
        service.server.wait(Duration::from_secs(15)).await?;
        service = context.launch(&service.database).start().await?;
    }
    expect_counts(&service, [2, 3, 6, 2]).await?;
    let client = &service.client;
    let after = rooms::list(client, "").await?;
    ensure!(
        before == after,
        "the rooms were {before:?} and are {after:?}"
    );
    let token = log_in(client, &user.username, &user.password).await?;
    for (client, booking) in [
        (client.with_token(&token), booking),
        (User::seeded(client).await?, of_seeded),
    ] {
        let kept = bookings::list(&client).await?;
        let right = kept.len() == 1 && kept[0].id == booking;
        ensure!(right, "the booking {booking} is not kept: {kept:?}");
    }
    Ok(())
}
