//! What request number N of a load is.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use anyhow::Context;
use serde::Serialize;
use serde_json::Value;
use time::{Date, Duration};

use crate::api::{Kind, Operation};

/// The picture that `picture` asks for.
const PICTURE: &str = "/imgs/green_0001.svg";

/// How often each call comes in a round of a mixed load. It deletes as much as it books, so that the service is the same
/// after hours. Listing one's bookings is left out; `load my-bookings` is for that.
const SHARES: [(Operation, usize); 6] = [
    (Operation::GetRoom, 450),
    (Operation::ListRooms, 150),
    (Operation::GetBooking, 90),
    (Operation::Book, DELETIONS),
    (Operation::DeleteBooking, DELETIONS),
    (Operation::LogIn, 10),
];
const DELETIONS: usize = 150;

/// The calls of a load by their number, whichever worker makes them and when.
#[derive(Debug)]
pub struct Plan {
    kind: Kind,
    /// The calls that are repeated. The order of a mixed load's is the same in every run.
    round: Vec<Operation>,
    /// `/rooms/{id}` of each room.
    rooms: Vec<String>,
    list_rooms: String,
    calendar: Option<Calendar>,
    login: &'static str,
    token: RefCell<Rc<str>>,
    /// `/bookings/{id}` of a booking that is read and never deleted.
    kept: Option<String>,
    /// `/bookings/{id}` of acknowledged bookings that may be deleted.
    stock: RefCell<VecDeque<String>>,
}

/// A call, ready to be sent.
#[derive(Debug)]
pub struct Call<'a> {
    pub operation: Operation,
    pub path: Cow<'a, str>,
    /// JSON, or nothing.
    pub body: Cow<'a, str>,
}

impl Plan {
    /// A plan that has no bookings yet. `rooms` are ids, `day` is the one for which rooms are listed, `login` is the body of
    /// the calls that log in.
    pub fn new(
        kind: Kind,
        rooms: Vec<String>,
        first_day: Option<Date>,
        day: Option<Date>,
        login: &'static str,
        token: &str,
    ) -> Self {
        let day = match kind {
            Kind::Mixed => day.or(first_day),
            _ => day,
        };
        let mut round = match kind {
            Kind::Bookings => vec![Operation::Book],
            Kind::Rooms => vec![Operation::ListRooms],
            Kind::Room => vec![Operation::GetRoom],
            Kind::Picture => vec![Operation::GetPicture],
            Kind::MyBookings => vec![Operation::MyBookings],
            Kind::Logins => vec![Operation::LogIn],
            Kind::Mixed => (SHARES.iter())
                .flat_map(|&(operation, share)| std::iter::repeat_n(operation, share))
                .collect(),
        };
        fastrand::Rng::with_seed(1).shuffle(&mut round);
        Self {
            kind,
            round,
            rooms: rooms.iter().map(|id| format!("/rooms/{id}")).collect(),
            list_rooms: match day {
                Some(day) => format!("/rooms?day_to_book={day}"),
                None => "/rooms".to_owned(),
            },
            calendar: first_day.map(|first| Calendar {
                rooms,
                first,
                booked: Cell::new(0),
            }),
            login,
            token: RefCell::new(token.into()),
            kept: None,
            stock: RefCell::default(),
        }
    }

    /// How many bookings must be made before the load starts: one to read, one for each that may be under way, and all
    /// that a round deletes, whatever its order; every round books as many as it deletes.
    pub fn bookings_before(&self, workers: u16) -> usize {
        match self.kind {
            Kind::Mixed => 1 + usize::from(workers) + DELETIONS,
            _ => 0,
        }
    }

    /// Takes the answer to a booking that was made before the load started.
    pub fn add_booking(&mut self, answer: &[u8]) -> anyhow::Result<()> {
        let path = booking_path(answer).context("POST /bookings did not answer {\"id\": …}")?;
        match self.kept {
            None => self.kept = Some(path),
            Some(_) => self.stock.get_mut().push_back(path),
        }
        Ok(())
    }

    /// The first and the last day that were booked, if any were.
    pub fn days(&self) -> Option<(Date, Date)> {
        let calendar = self.calendar.as_ref()?;
        let last = calendar.booked.get().checked_sub(1)?;
        Some((calendar.first, calendar.day(last)?))
    }

    /// What call number `index` is.
    pub fn operation(&self, index: u64) -> Operation {
        self.round[(index % self.round.len() as u64) as usize]
    }

    /// Call number `index`; `Err` says why there is nothing to send.
    pub fn call(&self, index: u64) -> Result<Call<'_>, &'static str> {
        let operation = self.operation(index);
        let mut body = Cow::Borrowed("");
        let path = match operation {
            Operation::ListRooms => Cow::Borrowed(&*self.list_rooms),
            Operation::GetRoom => {
                let room = index % self.rooms.len() as u64;
                Cow::Borrowed(&*self.rooms[room as usize])
            }
            Operation::GetPicture => PICTURE.into(),
            Operation::Book => {
                body = self.booking().ok_or("no free day was left")?.into();
                "/bookings".into()
            }
            Operation::MyBookings => "/bookings".into(),
            Operation::GetBooking => {
                let kept = self.kept.as_deref();
                kept.ok_or("there was no booking to read")?.into()
            }
            Operation::DeleteBooking => {
                let oldest = self.stock.borrow_mut().pop_front();
                let path = oldest.ok_or("there was no booking to delete, since bookings failed")?;
                path.into()
            }
            Operation::LogIn => {
                body = self.login.into();
                "/auth/login".into()
            }
            Operation::SignUp => return Err("a load signs nobody up"),
        };
        Ok(Call {
            operation,
            path,
            body,
        })
    }

    /// The body of the next booking: another room or another day than all before. `None` after the last day there is.
    pub fn booking(&self) -> Option<String> {
        self.calendar.as_ref()?.next()
    }

    /// The token of those calls that need one.
    pub fn token(&self) -> Rc<str> {
        Rc::clone(&self.token.borrow())
    }

    /// Learns from the right answer: a mixed load deletes what it has booked, and goes on with the token of its latest
    /// login, so that it outlives the first one's half hour.
    pub fn answered(&self, operation: Operation, body: &[u8]) {
        match (self.kind, operation) {
            (Kind::Mixed, Operation::Book) => {
                self.stock.borrow_mut().extend(booking_path(body));
            }
            (Kind::Mixed, Operation::LogIn) => {
                if let Some(token) = token_of(body) {
                    self.token.replace(token.into());
                }
            }
            _ => {}
        }
    }
}

/// The token in the answer to a login, if it is one that fits into a header.
pub fn token_of(answer: &[u8]) -> Option<String> {
    let token = text_of(&serde_json::from_slice(answer).ok()?, "token")?;
    token
        .bytes()
        .all(|byte| byte.is_ascii_graphic())
        .then_some(token)
}

fn booking_path(answer: &[u8]) -> Option<String> {
    let id = text_of(&serde_json::from_slice(answer).ok()?, "id")?;
    Some(format!("/bookings/{id}"))
}

/// The text in a field of an object.
pub fn text_of(object: &Value, field: &str) -> Option<String> {
    object[field].as_str().map(str::to_owned)
}

/// Hands out free room-days: all rooms on the first day, then all rooms on the next one.
#[derive(Debug)]
struct Calendar {
    rooms: Vec<String>,
    first: Date,
    booked: Cell<u64>,
}

impl Calendar {
    fn day(&self, number: u64) -> Option<Date> {
        let days = number / self.rooms.len() as u64;
        self.first.checked_add(Duration::days(days.cast_signed()))
    }

    fn next(&self) -> Option<String> {
        #[derive(Serialize)]
        struct Booking<'a> {
            room_id: &'a str,
            booked_on: String,
        }
        let number = self.booked.get();
        let booked_on = self.day(number)?.to_string();
        self.booked.set(number + 1);
        let room_id = &self.rooms[(number % self.rooms.len() as u64) as usize];
        serde_json::to_string(&Booking { room_id, booked_on }).ok()
    }
}

/// A day that is written as `YYYY-MM-DD`, which is also how [`Date`] writes itself.
pub fn parse_day(text: &str) -> Result<Date, String> {
    Date::parse(
        text,
        time::macros::format_description!("[year]-[month]-[day]"),
    )
    .map_err(|_| format!("{text:?} is not a day that exists, such as 2027-01-31"))
}
