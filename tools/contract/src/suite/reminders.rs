//! A word on the eve of a booking at nine (UTC): the suite sets the servers' clocks, and reads their logs.

use std::time::Duration;

use anyhow::{Result, ensure};
use rustix::process::Signal;
use serde_json::Value;
use time::{
    OffsetDateTime, UtcDateTime, format_description::well_known::Rfc3339, macros::utc_datetime,
};

use crate::{
    client::Client,
    context::{Context, User},
    database::Database,
    server::Server,
    suite::{bookings, rooms},
};

/// Who is reminded at nine books before. That takes a moment, and more of them on a busy machine.
const SHORTLY_BEFORE: UtcDateTime = utc_datetime!(2031-05-01 8:59:30);
const NINE: UtcDateTime = utc_datetime!(2031-05-01 9:00);
/// How long a line may take that has to come, and how long is waited for one that must not.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(2);

/// A server whose clock shows that time now, and goes on.
async fn at(context: &Context, time: UtcDateTime, database: &Database) -> Result<Server> {
    let ahead = time - UtcDateTime::now();
    context
        .launch(database)
        .clock_ahead_by(ahead)?
        .start()
        .await
}

async fn stop(mut server: Server) -> Result<()> {
    server.signal(Signal::TERM)?;
    ensure!(server.wait(PATIENCE).await?.success(), "it did not stop");
    Ok(())
}

/// How many lines of the log are reminders of this booking.
fn reminders(log: &str, booking: &str) -> usize {
    let lines = log.lines().filter(|line| line.contains("remind"));
    lines.filter(|line| line.contains(booking)).count()
}

/// So many days after the one on which it is nine o'clock, as requests have it.
fn day(after: i64) -> String {
    (NINE.date() + time::Duration::days(after)).to_string()
}

/// A user of this server, and the rooms that there are.
async fn visitor(context: &Context, server: &Server) -> Result<(Client, Vec<String>)> {
    let client = context.client_of(server)?;
    let user = User::sign_up(&client).await?;
    let rooms = rooms::list(&user.client, "").await?;
    Ok((user.client, rooms.into_iter().map(|room| room.id).collect()))
}

/// Two servers on one database are at nine on the eve: one of them reminds, of what has not been cancelled.
pub async fn a_booking_is_reminded_of_once(context: &Context) -> Result<()> {
    let database = context.database().await?;
    let ahead = SHORTLY_BEFORE - UtcDateTime::now();
    let launch = context.launch(&database).clock_ahead_by(ahead)?;
    let first = launch.start().await?;
    let (client, rooms) = visitor(context, &first).await?;
    let stands = bookings::book(&client, &rooms[0], &day(1)).await?;
    let cancelled = bookings::book(&client, &rooms[1], &day(1)).await?;
    let path = format!("/bookings/{cancelled}");
    client.delete(&path).await?.expect(204)?;
    let later = bookings::book(&client, &rooms[0], &day(2)).await?;
    let booked: Value = client
        .get(&format!("/bookings/{stands}"))
        .await?
        .expect(200)?
        .json()?;
    let booked_at = booked["created_at"].as_str().unwrap_or_default();
    ensure!(
        OffsetDateTime::parse(booked_at, &Rfc3339)? < NINE,
        "this machine takes too long for a booking before nine: {booked}"
    );
    // It learns of the booking when it starts, as any other process does.
    let second = launch.start().await?;

    let both = || Ok::<_, anyhow::Error>(first.log()? + &second.log()?);
    let deadline = std::time::Instant::now() + PATIENCE;
    while reminders(&both()?, &stands) == 0 && std::time::Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(PAUSE).await;
    let log = both()?;
    for (booking, what, expected) in [
        (&stands, "for tomorrow", 1),
        (&cancelled, "that was cancelled", 0),
        (&later, "for another day", 0),
    ] {
        let times = reminders(&log, booking);
        ensure!(
            times == expected,
            "of a booking {what} it was reminded {times} times:\n{log}"
        );
    }
    Ok(())
}

/// What fell due while no server ran is caught up at the start, once, and as long as its day lies ahead.
pub async fn an_overdue_reminder_is_caught_up(context: &Context) -> Result<()> {
    let database = context.database().await?;
    let server = at(context, NINE - Duration::from_secs(3600), &database).await?;
    let (client, rooms) = visitor(context, &server).await?;
    let tomorrow = bookings::book(&client, &rooms[0], &day(1)).await?;
    let in_three_days = bookings::book(&client, &rooms[0], &day(3)).await?;
    stop(server).await?;

    let afternoon = |after: i64| NINE + time::Duration::days(after) + time::Duration::hours(6);
    let remembered = async |server: Server, expected: &[(&str, usize)]| -> Result<()> {
        let is_there = |log: &str| {
            expected
                .iter()
                .all(|(id, times)| reminders(log, id) >= *times)
        };
        server.log_when(is_there).await?;
        tokio::time::sleep(PAUSE).await;
        let log = server.log()?;
        for (booking, expected) in expected {
            let times = reminders(&log, booking);
            ensure!(
                times == *expected,
                "of {booking} it was reminded {times} times instead of {expected}:\n{log}"
            );
        }
        stop(server).await
    };
    let overdue = at(context, afternoon(0), &database).await?;
    // Booked for tomorrow after nine: it never was due, so it is not overdue either.
    let (client, _) = visitor(context, &overdue).await?;
    let too_late = bookings::book(&client, &rooms[1], &day(1)).await?;
    remembered(
        overdue,
        &[(&tomorrow, 1), (&in_three_days, 0), (&too_late, 0)],
    )
    .await?;
    let again = at(context, afternoon(0), &database).await?;
    remembered(
        again,
        &[(&tomorrow, 0), (&in_three_days, 0), (&too_late, 0)],
    )
    .await?;
    // Its day has come, and the eve went by without a server.
    let past = at(context, afternoon(3), &database).await?;
    remembered(past, &[(&in_three_days, 0)]).await
}
