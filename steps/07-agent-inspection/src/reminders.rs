//! A word to the user on the day before a booking.

use time::{Date, Duration, OffsetDateTime, Time, UtcDateTime};
use tokio::time::sleep;
use tracing::{error, info};

use crate::{
    db::{Db, on_pool, on_writer},
    values::Day,
};

/// The longest sleep: a clock that was set, or a machine that slept, is noticed within an hour.
const LONGEST_SLEEP: Duration = Duration::HOUR;

/// Nine o'clock (UTC) on the day before; nothing for the first day of the calendar.
fn due(day: Date) -> Option<UtcDateTime> {
    let eve = day.previous_day()?;
    Some(eve.with_time(Time::MIDNIGHT + 9 * Duration::HOUR).as_utc())
}

/// Reminds of a booking that was made at that time, once it is due. Who books after that needs no reminder.
pub fn schedule(db: Db, booking_id: String, day: Day, created_at: OffsetDateTime) {
    let Some(due) = due(day.0).filter(|due| created_at < *due) else {
        return;
    };
    tokio::spawn(async move {
        loop {
            let wait = due - UtcDateTime::now();
            if wait <= Duration::ZERO {
                break;
            }
            sleep(wait.min(LONGEST_SLEEP).unsigned_abs()).await;
        }
        match claim(&db, &booking_id).await {
            Ok(true) => info!(
                booking = booking_id,
                "reminder: the booking is for tomorrow"
            ),
            Ok(false) => {}
            Err(error) => error!(booking = booking_id, %error, "cannot remind"),
        }
    });
}

/// Schedules the reminders of the bookings that an earlier run of the app took. What fell due in between is overdue now,
/// so it is reminded of at once, as long as its day lies ahead.
///
/// # Errors
/// When the database does not answer.
pub async fn schedule_all(db: &Db) -> sqlx::Result<()> {
    let today = OffsetDateTime::now_utc().date();
    let bookings: Vec<(String, Date, OffsetDateTime)> = on_pool!(db, "bookings_to_remind_of", pool => {
        sqlx::query_as(BOOKINGS_TO_REMIND_OF).bind(today).fetch_all(pool).await
    })?;
    for (id, day, created_at) in bookings {
        schedule(db.clone(), id, Day(day), created_at);
    }
    Ok(())
}

const BOOKINGS_TO_REMIND_OF: &str = "\
    select id, booked_on, created_at from bookings where booked_on > $1 and reminded_at is null";

const CLAIM_REMINDER: &str = "\
    update bookings set reminded_at = $2 where id = $1 and booked_on > $3 and reminded_at is null";

/// Whether this process is the one that reminds: of all that try, one finds the booking unclaimed, and none a booking
/// that was cancelled or whose day has come.
async fn claim(db: &Db, id: &str) -> sqlx::Result<bool> {
    let now = OffsetDateTime::now_utc();
    let claimed = on_writer!(db, "claim_reminder", pool => {
        let claim = sqlx::query(CLAIM_REMINDER).bind(id).bind(now).bind(now.date());
        claim.execute(pool).await.map(|done| done.rows_affected())
    })?;
    Ok(claimed == 1)
}
