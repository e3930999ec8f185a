//! A word to the users on the day before their bookings: one task for all of them.

use time::{Date, Duration, OffsetDateTime, Time, macros::time};
use tokio::time::sleep;
use tracing::{error, info};

use crate::db::{Db, on_writer};

/// When reminders are due on the eve of a booking (UTC). Who books after that needs none.
const NINE: Time = time!(9:00);

/// The longest sleep: so late it is noticed that the clock was set, that the machine slept, or that a booking was stored after
/// nine which was made before.
const LONGEST_SLEEP: Duration = Duration::MINUTE;

/// So many are claimed in one statement: those who book meanwhile wait for it.
const AT_ONCE: usize = 500;

// ANCHOR: run
/// Reminds of each booking once it is due, until the database is closed. The bookings stay
/// where they are: what is kept here is no more with a million of them than with one.
pub async fn run(db: Db) {
    loop {
        match remind(&db, OffsetDateTime::now_utc()).await {
            Err(sqlx::Error::PoolClosed) => return,
            Err(error) => error!(%error, "cannot remind"),
            Ok(()) => {}
        }
        sleep(until_due(OffsetDateTime::now_utc()).unsigned_abs()).await;
    }
}

/// How long nothing falls due, as far as can be told. It is asked anew after each sleep, so a
/// clock may jump in either direction.
fn until_due(now: OffsetDateTime) -> Duration {
    let nine = now.replace_time(NINE);
    if now < nine {
        LONGEST_SLEEP.min(nine - now)
    } else {
        LONGEST_SLEEP
    }
}
// ANCHOR_END: run

/// Reminds of all that is due at that time: after nine o'clock it is what is booked for the next day, and was before nine. What
/// was due while nobody reminded is among it, as long as its day lies ahead.
async fn remind(db: &Db, now: OffsetDateTime) -> sqlx::Result<()> {
    let Some(tomorrow) = now.date().next_day().filter(|_| now.time() >= NINE) else {
        return Ok(());
    };
    loop {
        let claimed = claim(db, tomorrow, now).await?;
        for booking in &claimed {
            info!(booking, "reminder: the booking is for tomorrow");
        }
        if claimed.len() < AT_ONCE {
            return Ok(());
        }
    }
}

// ANCHOR: claim
/// The text's seconds are compared, since its fractions vary in length.
const CLAIM_ON_SQLITE: &str = "\
    update bookings set reminded_at = $1 where id in (\
    select id from bookings where booked_on = $2 and reminded_at is null \
    and unixepoch(created_at) < unixepoch($3) limit $4) returning id";

/// Two processes share what is due; neither waits for the other.
const CLAIM_ON_POSTGRES: &str = "\
    with due as materialized (\
    select id from bookings where booked_on = $2 and reminded_at is null \
    and created_at < $3 limit $4 for update skip locked) \
    update bookings set reminded_at = $1 from due \
    where bookings.id = due.id returning bookings.id";
// ANCHOR_END: claim

/// Of all processes that try, one gets a booking, and none that was cancelled.
async fn claim(db: &Db, tomorrow: Date, now: OffsetDateTime) -> sqlx::Result<Vec<String>> {
    let claim = match db {
        Db::Sqlite { .. } => CLAIM_ON_SQLITE,
        Db::Postgres(_) => CLAIM_ON_POSTGRES,
    };
    let nine = now.replace_time(NINE);
    on_writer!(db, "claim_reminders", pool => {
        let claim = sqlx::query_scalar(claim).bind(now).bind(tomorrow).bind(nine);
        claim.bind(AT_ONCE as i64).fetch_all(pool).await
    })
}

#[cfg(test)]
mod tests;
