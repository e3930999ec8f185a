//! A word to the user on the day before a booking.

use time::{Duration, OffsetDateTime, Time, UtcDateTime};
use tokio::time::sleep;
use tracing::{error, info};

use crate::{
    db::{Db, on_pool},
    values::Day,
};

/// The longest sleep: a clock that was set, or a machine that slept, is noticed within an hour.
const LONGEST_SLEEP: Duration = Duration::HOUR;

/// Reminds of a booking at nine o'clock (UTC) on the day before, if there is still time and the booking still stands then.
pub fn schedule(db: Db, booking_id: String, day: Day) {
    let Some(eve) = day.0.previous_day() else {
        return;
    };
    let due = eve.with_time(Time::MIDNIGHT + 9 * Duration::HOUR).as_utc();
    if due <= UtcDateTime::now() {
        return;
    }
    tokio::spawn(async move {
        loop {
            let wait = due - UtcDateTime::now();
            if wait <= Duration::ZERO {
                break;
            }
            sleep(wait.min(LONGEST_SLEEP).unsigned_abs()).await;
        }
        match booking_stands(&db, &booking_id).await {
            Ok(true) => info!(
                booking = booking_id,
                "reminder: the booking is for tomorrow"
            ),
            Ok(false) => {}
            Err(error) => error!(booking = booking_id, %error, "cannot remind"),
        }
    });
}

/// Schedules the reminders of the bookings that an earlier run of the app took.
///
/// # Errors
/// When the database does not answer.
pub async fn schedule_all(db: &Db) -> sqlx::Result<()> {
    let tomorrow = OffsetDateTime::now_utc().date().next_day();
    let bookings: Vec<(String, time::Date)> = on_pool!(db, pool => {
        sqlx::query_as(BOOKINGS_FROM).bind(tomorrow).fetch_all(pool).await
    })?;
    for (id, day) in bookings {
        schedule(db.clone(), id, Day(day));
    }
    Ok(())
}

const BOOKINGS_FROM: &str = "select id, booked_on from bookings where booked_on >= $1";

const BOOKING_STANDS: &str = "select count(*) from bookings where id = $1";

async fn booking_stands(db: &Db, id: &str) -> sqlx::Result<bool> {
    let (count,): (i64,) =
        on_pool!(db, pool => sqlx::query_as(BOOKING_STANDS).bind(id).fetch_one(pool).await)?;
    Ok(count > 0)
}
