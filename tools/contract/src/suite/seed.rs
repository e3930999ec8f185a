//! The data of a new database, and of one that is not new.

use anyhow::{Result, ensure};
use rustix::process::Signal;
use std::time::Duration;

use crate::{
    context::{Context, Service, User, log_in},
    suite::{bookings, rooms},
};

/// Users, rooms, photos and bookings in the database.
async fn counts(service: &Service) -> Result<[i64; 4]> {
    let mut counts = [0; 4];
    for (count, table) in counts
        .iter_mut()
        .zip(["users", "rooms", "photos", "bookings"])
    {
        *count = service
            .database
            .number(&format!("select count(*) from {table}"))
            .await?;
    }
    Ok(counts)
}

pub async fn a_new_database_has_the_seed(context: &Context) -> Result<()> {
    let service = context.start().await?;
    let counts = counts(&service).await?;
    ensure!(
        counts == [1, 3, 6, 0],
        "users, rooms, photos, bookings: expected [1, 3, 6, 0], found {counts:?}"
    );
    User::seeded(&service.client).await?;
    Ok(())
}

pub async fn seeding_again_changes_nothing(context: &Context) -> Result<()> {
    let mut service = context.start().await?;
    let before = rooms::list(&service.client, "").await?;
    let user = User::sign_up(&service.client).await?;
    let booking = bookings::book(&user.client, &before[0].id, &context.day()).await?;
    let seeded = bookings::book(
        &User::seeded(&service.client).await?,
        &before[1].id,
        &context.day(),
    )
    .await?;
    let counted = counts(&service).await?;
    for _ in 0..2 {
        service.server.signal(Signal::TERM)?;
        service.server.wait(Duration::from_secs(15)).await?;
        service = context.restart(service.database).await?;
    }
    ensure!(
        counts(&service).await? == counted,
        "{counted:?} became {:?}",
        counts(&service).await?
    );
    let after = rooms::list(&service.client, "").await?;
    ensure!(
        before == after,
        "the rooms were {before:?} and are {after:?}"
    );
    let token = log_in(&service.client, &user.username, &user.password).await?;
    let kept = bookings::list(&service.client.with_token(&token)).await?;
    ensure!(
        kept.len() == 1 && kept[0].id == booking,
        "the booking is not kept: {kept:?}"
    );
    let kept = bookings::list(&User::seeded(&service.client).await?).await?;
    ensure!(
        kept.len() == 1 && kept[0].id == seeded,
        "the seeded user's booking is not kept: {kept:?}"
    );
    Ok(())
}
