//! A word on the eve of a booking at nine (UTC): the suite sets the servers' clocks, and reads their logs.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use rustix::process::Signal;
use time::{
    OffsetDateTime, UtcDateTime, format_description::well_known::Rfc3339, macros::utc_datetime,
};

use crate::{
    client::Client,
    context::{Context, User},
    database::Database,
    launch::{Launch, Service, set_clock},
    suite::{
        bookings::{self, Booking},
        rooms,
    },
};

/// Who is reminded at nine books before. That takes a moment, and more of them on a busy machine.
const SHORTLY_BEFORE: UtcDateTime = utc_datetime!(2031-05-01 8:59:30);
const NINE: UtcDateTime = utc_datetime!(2031-05-01 9:00);
/// How long a line may take that has to come, and how long is waited for one that must not.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(2);
/// How far the clock is set back. A server that has slept until nine needs to sleep so long once more.
const BACK: time::Duration = time::Duration::seconds(10);

/// A server whose clock shows that time now, and goes on.
fn at(context: &Context, time: UtcDateTime, database: &Database) -> Result<Launch> {
    let launch = context.launch(database);
    launch.clock_ahead_by(time - UtcDateTime::now())
}

async fn stop(mut service: Service) -> Result<()> {
    service.server.signal(Signal::TERM)?;
    let status = service.server.wait(PATIENCE).await?;
    ensure!(status.success(), "it did not stop, but ended with {status}");
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
async fn visitor(service: &Service) -> Result<(Client, Vec<String>)> {
    let client = User::sign_up(&service.client).await?.client;
    let rooms = rooms::list(&client, "").await?;
    Ok((client, rooms.into_iter().map(|room| room.id).collect()))
}

/// Fails unless the log reminds of each booking so many times.
fn expect_reminders(log: &str, expected: &[(&str, usize)]) -> Result<()> {
    for (booking, expected) in expected {
        let times = reminders(log, booking);
        ensure!(
            times == *expected,
            "of {booking} it was reminded {times} times instead of {expected}:\n{log}"
        );
    }
    Ok(())
}

/// Two servers on one database are at nine on the eve: one of them reminds, of what has not been cancelled.
pub async fn a_booking_is_reminded_of_once(context: &Context) -> Result<()> {
    let launch = at(context, SHORTLY_BEFORE, &context.database().await?)?;
    let first = launch.start().await?;
    let (client, rooms) = visitor(&first).await?;
    let stands = bookings::book(&client, &rooms[0], &day(1)).await?;
    let cancelled = bookings::book(&client, &rooms[1], &day(1)).await?;
    let path = format!("/bookings/{cancelled}");
    client.delete(path).expect(204).await?;
    let later = bookings::book(&client, &rooms[0], &day(2)).await?;
    let booked: Booking = client.get(format!("/bookings/{stands}")).read().await?;
    ensure!(
        OffsetDateTime::parse(&booked.created_at, &Rfc3339)? < NINE,
        "this machine takes too long for a booking before nine: {booked:?}"
    );
    // It learns of the booking when it starts, as any other process does.
    let second = launch.start().await?;

    let both = || Ok::<_, anyhow::Error>(first.server.log()? + &second.server.log()?);
    let deadline = Instant::now() + PATIENCE;
    while reminders(&both()?, &stands) == 0 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tokio::time::sleep(PAUSE).await;
    expect_reminders(&both()?, &[(&stands, 1), (&cancelled, 0), (&later, 0)])
}

/// What fell due while no server ran is caught up at the start, once, and as long as its day lies ahead.
pub async fn an_overdue_reminder_is_caught_up(context: &Context) -> Result<()> {
    let database = context.database().await?;
    let start = async |time| at(context, time, &database)?.start().await;
    let service = start(NINE - time::Duration::HOUR).await?;
    let (client, rooms) = visitor(&service).await?;
    let tomorrow = bookings::book(&client, &rooms[0], &day(1)).await?;
    let in_three_days = bookings::book(&client, &rooms[0], &day(3)).await?;
    stop(service).await?;

    let afternoon = NINE + time::Duration::hours(6);
    let remembered = async |service: Service, expected: &[(&str, usize)]| -> Result<()> {
        let has = |log: &str, (id, times): &(&str, usize)| reminders(log, id) >= *times;
        let is_there = |log: &str| expected.iter().all(|booking| has(log, booking));
        service.server.log_when(is_there).await?;
        tokio::time::sleep(PAUSE).await;
        expect_reminders(&service.server.log()?, expected)?;
        stop(service).await
    };
    let overdue = start(afternoon).await?;
    // Booked for tomorrow after nine: it never was due, so it is not overdue either.
    let (client, _) = visitor(&overdue).await?;
    let too_late = bookings::book(&client, &rooms[1], &day(1)).await?;
    let expected = |times| {
        [
            (tomorrow.as_str(), times),
            (&in_three_days, 0),
            (&too_late, 0),
        ]
    };
    remembered(overdue, &expected(1)).await?;
    remembered(start(afternoon).await?, &expected(0)).await?;
    // Its day has come, and the eve went by without a server.
    let past = start(afternoon + time::Duration::days(3)).await?;
    remembered(past, &[(&in_three_days, 0)]).await
}

/// Somebody sets the clock back while a reminder is awaited: it comes at nine by the clock, not when it was nine before.
pub async fn a_clock_is_set_back(context: &Context) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let clock = folder.path().join("clock");
    let ahead = SHORTLY_BEFORE - UtcDateTime::now();
    let launch = context.launch(&context.database().await?);
    let service = launch.clock_ahead_by_file(&clock, ahead)?.start().await?;
    let (client, rooms) = visitor(&service).await?;
    let booking = bookings::book(&client, &rooms[0], &day(1)).await?;
    let ahead = ahead - BACK;
    set_clock(&clock, ahead)?;
    let deadline = Instant::now() + BACK.unsigned_abs() + PATIENCE;
    loop {
        let is_reminded = reminders(&service.server.log()?, &booking) > 0;
        // Later than the look at the log.
        let now = UtcDateTime::now() + ahead;
        if is_reminded {
            ensure!(now >= NINE, "it was reminded too early: at {now}");
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "it was not reminded by {now}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
