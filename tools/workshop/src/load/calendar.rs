//! Which room is booked on which day, so that no two bookings of a load meet.

use hyper::body::Bytes;
use time::Date;
use time::format_description::well_known::Iso8601;
use time::macros::date;

/// The last day that `YYYY-MM-DD` can say.
const LAST: Date = date!(9999 - 12 - 31);

/// Numbers the free room-days: all rooms on the first day, then all rooms on the next one.
#[derive(Debug)]
pub struct Calendar {
    rooms: Vec<String>,
    first: Date,
}

impl Calendar {
    /// A calendar with room for `bookings`, or an error if the days run out before the year 10000.
    ///
    /// `rooms` are ids and must not be empty.
    pub fn new(rooms: Vec<String>, first: Date, bookings: u64) -> anyhow::Result<Self> {
        let calendar = Self { rooms, first };
        if bookings > 0 && calendar.day(bookings - 1).is_none() {
            let days_left = (LAST - first).whole_days().unsigned_abs() + 1;
            anyhow::bail!(
                "{bookings} bookings do not fit: from {first} to the year 9999 there are only {days_left} days for {} rooms; \
                 choose fewer --requests, an earlier --first-day or an empty database",
                calendar.rooms.len()
            );
        }
        Ok(calendar)
    }

    /// The day of booking `number`, `None` after the year 9999.
    pub fn day(&self, number: u64) -> Option<Date> {
        let days = number / self.rooms.len() as u64;
        let first = self.first.to_julian_day();
        let day = first.checked_add(i32::try_from(days).ok()?)?;
        Date::from_julian_day(day).ok().filter(|day| *day <= LAST)
    }

    /// The body of `POST /bookings` for booking `number`, `None` after the year 9999.
    pub fn booking(&self, number: u64) -> Option<Bytes> {
        let room = &self.rooms[(number % self.rooms.len() as u64) as usize];
        let day = self.day(number)?;
        let body = serde_json::json!({ "room_id": room, "booked_on": iso(day) });
        Some(Bytes::from(body.to_string()))
    }
}

/// `YYYY-MM-DD`.
pub fn iso(day: Date) -> String {
    day.format(&Iso8601::DATE)
        .expect("a year from 0 to 9999 has four digits")
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use time::Date;
    use time::macros::date;

    use super::{Calendar, LAST, iso};

    fn rooms() -> Vec<String> {
        ["green", "red", "yellow"].map(String::from).to_vec()
    }

    #[test]
    fn no_room_is_booked_twice_on_a_day() {
        let calendar = Calendar::new(rooms(), date!(2026 - 11 - 23), 3000).unwrap();
        let bodies: HashSet<_> = (0..3000).map(|n| calendar.booking(n).unwrap()).collect();
        assert_eq!(bodies.len(), 3000);
        assert_eq!(calendar.day(2), Some(date!(2026 - 11 - 23)));
        assert_eq!(calendar.day(3), Some(date!(2026 - 11 - 24)));
        assert_eq!(
            calendar.booking(4).unwrap(),
            r#"{"booked_on":"2026-11-24","room_id":"red"}"#
        );
    }

    #[test]
    fn ends_with_the_year_9999() {
        assert!(Calendar::new(rooms(), LAST, 3).is_ok());
        let error = Calendar::new(rooms(), LAST, 4).unwrap_err().to_string();
        assert!(error.contains("only 1 days for 3 rooms"), "{error}");
        assert!(Calendar::new(rooms(), Date::MIN, u64::MAX).is_err());
    }

    #[test]
    fn days_have_four_digit_years() {
        assert_eq!(iso(date!(0987 - 06 - 05)), "0987-06-05");
    }
}
