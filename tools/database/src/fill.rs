//! `fill`: bookings of many members, as if the service had been used for years.

use std::io::{self, Write};
use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use clap::value_parser;
use terminal::Usage;
use time::{Date, Duration, OffsetDateTime};
use uuid::Uuid;

use crate::connect::Database;

/// How many rows one statement inserts: enough to make its overhead small.
const ROWS: usize = 500;

/// Adds bookings to a database that the service has created.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  cargo database fill 01 --bookings 30000")]
pub struct Args {
    /// A checkpoint's number, or `sqlite://PATH`, or `postgres://USER:PASSWORD@HOST/NAME`
    #[arg(value_name = "DATABASE")]
    url: String,

    /// How many bookings to add, over all rooms and as many days as that takes
    #[arg(long, value_name = "N")]
    bookings: usize,

    /// How many of them are the seed user's; the others belong to the members
    #[arg(long, value_name = "N", default_value_t = 5)]
    own: usize,

    /// How many members share the others; new ones are added as `member-1`, … with the seed user's password
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = value_parser!(u16).range(1..))]
    members: u16,
}

/// Adds everything in one transaction: all of it, or nothing.
pub async fn run(args: Args) -> Result<()> {
    if args.own > args.bookings {
        let (own, all) = (args.own, args.bookings);
        return Err(Usage(format!("--own {own} is more than --bookings {all}")).into());
    }
    let mut database = Database::connect(&args.url).await?;
    database.execute("begin".to_owned()).await?;
    fill(&mut database, &args).await?;
    let committed = database.execute("commit".to_owned()).await;
    committed.context("cannot commit the bookings")?;
    writeln!(io::stdout().lock(), "bookings added: {}", args.bookings)?;
    Ok(())
}

async fn fill(database: &mut Database, args: &Args) -> Result<()> {
    let rooms = database.texts("select id from rooms order by name").await;
    let rooms = rooms.context("there are no tables: start the service once, it creates them")?;
    let own = database
        .texts("select id from users where username = 'ipesenti'")
        .await?;
    let [own] = &own[..] else {
        bail!("the seed user is missing: start the service once, it seeds the database")
    };
    ensure!(
        !rooms.is_empty(),
        "there are no rooms: start the service once, it seeds the database"
    );

    database
        .execute(members(args.members))
        .await
        .context("cannot add the members")?;
    let members = database
        .texts("select id from users where username like 'member-%' order by username")
        .await?;
    // The seed user's days come last, so that what that user books next meets nobody.
    let owner = |booking: usize| {
        if booking + args.own >= args.bookings {
            own
        } else {
            &members[booking % members.len()]
        }
    };

    let first = first_free_day(database).await?;
    for from in (0..args.bookings).step_by(ROWS) {
        let insert = bookings(from..args.bookings.min(from + ROWS), first, &rooms, owner)?;
        database
            .execute(insert)
            .await
            .context("cannot add the bookings")?;
    }
    Ok(())
}

fn members(count: u16) -> String {
    let rows = (1..=count).map(|n| {
        format!(
            "('{}', 'member-{n}@example.com', 'member-{n}')",
            Uuid::new_v4()
        )
    });
    format!(
        "with new_users (id, email, username) as (values {})
         insert into users (id, email, username, password_hash)
         select new_users.id, new_users.email, new_users.username, seed.password_hash
         from new_users join users seed on seed.username = 'ipesenti'
         on conflict do nothing",
        rows.collect::<Vec<_>>().join(", ")
    )
}

/// The day after the last one that anybody has booked, tomorrow at the earliest. A load that runs books a thousand years
/// ahead of all others.
async fn first_free_day(database: &mut Database) -> Result<Date> {
    let tomorrow = OffsetDateTime::now_utc().date() + Duration::DAY;
    let last = database
        .texts(
            "select cast(max(booked_on) as text) from bookings join users on users.id = user_id
             where username <> 'cargo-load' having max(booked_on) is not null",
        )
        .await?;
    let format = time::macros::format_description!("[year]-[month]-[day]");
    match last.first() {
        Some(day) => Ok(tomorrow.max(Date::parse(day, format)? + Duration::DAY)),
        None => Ok(tomorrow),
    }
}

/// Fills one day after the other, all its rooms, so that no two bookings meet.
fn bookings<'a>(
    numbers: Range<usize>,
    first: Date,
    rooms: &[String],
    owner: impl Fn(usize) -> &'a String,
) -> Result<String> {
    let mut rows = Vec::with_capacity(numbers.len());
    for number in numbers {
        let days = Duration::days(i64::try_from(number / rooms.len())?);
        let day = first
            .checked_add(days)
            .context("so many bookings go beyond the calendar's last year, 9999")?;
        let (id, user, room) = (Uuid::new_v4(), owner(number), &rooms[number % rooms.len()]);
        rows.push(format!(
            "('{id}', '{user}', '{room}', '{day}', '2026-01-01 00:00:00+00:00')"
        ));
    }
    Ok(format!(
        "insert into bookings (id, user_id, room_id, booked_on, created_at) values {}",
        rows.join(", ")
    ))
}
