//! Which room is booked on which day, so that no two bookings of a load meet.

use hyper::body::Bytes;
use time::{Date, Month};

/// The last day that `YYYY-MM-DD` can say.
const LAST: Date = match Date::from_calendar_date(9999, Month::December, 31) {
    Ok(day) => day,
    Err(_) => panic!("there is a New Year's Eve in the year 9999"),
};

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
///
/// This and [`parse_day`] are all the text that is needed; the features of `time` that format and parse any
/// layout would take longer to compile than the rest of the load client.
pub fn iso(day: Date) -> String {
    format!(
        "{:04}-{:02}-{:02}",
        day.year(),
        u8::from(day.month()),
        day.day()
    )
}

/// The day that exactly `YYYY-MM-DD` says, if there is such a day.
pub fn parse_day(text: &str) -> Option<Date> {
    let is_iso = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_iso {
        return None;
    }
    let month: u8 = text[5..7].parse().ok()?;
    Date::from_calendar_date(
        text[..4].parse().ok()?,
        Month::try_from(month).ok()?,
        text[8..].parse().ok()?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Calendar, LAST, iso, parse_day};
    use time::Date;

    fn day(text: &str) -> Date {
        parse_day(text).unwrap()
    }

    fn rooms() -> Vec<String> {
        ["green", "red", "yellow"].map(String::from).to_vec()
    }

    #[test]
    fn no_room_is_booked_twice_on_a_day() {
        let calendar = Calendar::new(rooms(), day("2026-11-23"), 3000).unwrap();
        let bodies: HashSet<_> = (0..3000).map(|n| calendar.booking(n).unwrap()).collect();
        assert_eq!(bodies.len(), 3000);
        assert_eq!(calendar.day(2), Some(day("2026-11-23")));
        assert_eq!(calendar.day(3), Some(day("2026-11-24")));
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
    fn days_are_written_as_they_are_read() {
        for text in ["0987-06-05", "2028-02-29", "9999-12-31"] {
            assert_eq!(iso(day(text)), text);
        }
    }

    #[test]
    fn only_days_that_exist_are_read() {
        for text in [
            "",
            "2026-02-29",
            "2026-13-01",
            "2026-00-01",
            "2026-1-1",
            "20260101",
            "2026-01-01T00:00",
            "-026-01-01",
            "+026-01-01",
            "2026/01/01",
            "２026-01",
        ] {
            assert_eq!(parse_day(text), None, "{text:?}");
        }
    }
}
