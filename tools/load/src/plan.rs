//! What request number N of a load is.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use hyper::Uri;
use hyper::body::Bytes;
use serde::Deserialize;
use time::Date;

use crate::args::Kind;
use crate::calendar::{Calendar, iso};
use crate::client::{Answer, Keep};
use crate::mix::Mix;
use crate::operation::Operation;

/// The picture that `picture` asks for.
const PICTURE: &str = "/imgs/green_0001.svg";

/// The calls of a load by their number, independent of which worker makes them and when.
#[derive(Debug)]
pub struct Plan {
    /// How many requests there are.
    pub requests: u64,
    kind: Kind,
    /// `/rooms/{id}` of each room.
    rooms: Vec<Uri>,
    list_rooms: Uri,
    calendar: Option<Calendar>,
    mix: Mix,
    credentials: Bytes,
    /// `/bookings/{id}` of a booking that is read and never deleted.
    kept: Option<Uri>,
    /// `/bookings/{id}` of acknowledged bookings that may be deleted.
    stock: Mutex<VecDeque<Uri>>,
    /// How many bookings of the calendar were made before the load starts.
    booked_before: u64,
}

/// What a plan is made from.
#[derive(Debug)]
pub struct Ingredients {
    pub kind: Kind,
    pub requests: u64,
    /// How many requests may be under way at the same time.
    pub workers: u64,
    pub seed: u64,
    /// Ids.
    pub rooms: Vec<String>,
    /// Needed by the loads that book.
    pub first_day: Option<Date>,
    pub availability_on: Option<Date>,
    /// The body of a login.
    pub credentials: Bytes,
}

impl Plan {
    pub fn new(from: Ingredients) -> anyhow::Result<Self> {
        let mix = Mix::new(from.seed);
        let (booked_before, bookings) = match from.kind {
            Kind::Bookings => (0, from.requests),
            // One to read, those that the order asks for, and one for each booking that may be under way.
            Kind::Mixed => (
                1 + mix.deletions_ahead() + from.workers,
                mix.count(Operation::Book, from.requests),
            ),
            _ => (0, 0),
        };
        let rooms = from
            .rooms
            .iter()
            .map(|id| format!("/rooms/{id}").parse::<Uri>())
            .collect::<Result<_, _>>()
            .context("the id of a room does not fit into a path")?;
        let availability_on = match from.kind {
            Kind::Mixed => from.availability_on.or(from.first_day),
            _ => from.availability_on,
        };
        let list_rooms = match availability_on {
            Some(day) => format!("/rooms?day_to_book={}", iso(day)).parse()?,
            None => Uri::from_static("/rooms"),
        };
        let calendar = match from.first_day {
            Some(first) => Some(Calendar::new(from.rooms, first, booked_before + bookings)?),
            None => None,
        };
        Ok(Self {
            requests: from.requests,
            kind: from.kind,
            rooms,
            list_rooms,
            calendar,
            mix,
            credentials: from.credentials,
            kept: None,
            stock: Mutex::default(),
            booked_before,
        })
    }

    /// The bodies of the bookings that must be made before the load starts.
    pub fn bookings_before(&self) -> impl Iterator<Item = Bytes> {
        (0..self.booked_before).filter_map(|number| self.calendar.as_ref()?.booking(number))
    }

    /// Takes a booking that was made before the load started.
    pub fn add_booking(&mut self, answer: &Answer) -> anyhow::Result<()> {
        let uri = booking_uri(answer)?;
        match self.kept {
            None => self.kept = Some(uri),
            Some(_) => self.stock().push_back(uri),
        }
        Ok(())
    }

    /// The first and the last day that are booked, if any are.
    pub fn days(&self) -> Option<(Date, Date)> {
        let calendar = self.calendar.as_ref()?;
        let bookings = match self.kind {
            Kind::Bookings => self.requests,
            _ => self.booked_before + self.mix.count(Operation::Book, self.requests),
        };
        Some((calendar.day(0)?, calendar.day(bookings - 1)?))
    }

    /// Call number `index`, its path and its body; `Err` says why there is nothing to send.
    pub fn call(&self, index: u64) -> Result<(Operation, Uri, Bytes), &'static str> {
        let (operation, number) = match self.kind {
            Kind::Mixed => self.mix.at(index),
            kind => (only_operation(kind), index),
        };
        let empty = Bytes::new();
        let (uri, body) = match operation {
            Operation::ListRooms => (self.list_rooms.clone(), empty),
            Operation::GetRoom => {
                let room = (number % self.rooms.len() as u64) as usize;
                (self.rooms[room].clone(), empty)
            }
            Operation::Book => {
                let booking = self
                    .calendar
                    .as_ref()
                    .and_then(|calendar| calendar.booking(self.booked_before + number))
                    .ok_or("no free day was left")?;
                (Uri::from_static("/bookings"), booking)
            }
            Operation::MyBookings => (Uri::from_static("/bookings"), empty),
            Operation::GetBooking => {
                let kept = self.kept.clone();
                (kept.ok_or("there was no booking to read")?, empty)
            }
            Operation::DeleteBooking => {
                let oldest = self.stock().pop_front();
                let uri = oldest.ok_or("there was no booking to delete, since bookings failed")?;
                (uri, empty)
            }
            Operation::LogIn => (Uri::from_static("/auth/login"), self.credentials.clone()),
            Operation::GetPicture => (Uri::from_static(PICTURE), empty),
            Operation::SignUp | Operation::MemStats => return Err("it is no part of a load"),
        };
        Ok((operation, uri, body))
    }

    /// How much [`Plan::answered`] needs of an answer's body.
    pub fn keep(&self, operation: Operation) -> Keep {
        match (self.kind, operation) {
            (Kind::Mixed, Operation::Book) => Keep::Everything,
            _ => Keep::Evidence,
        }
    }

    /// Learns from an answer: a booking that was made can be deleted later.
    pub fn answered(&self, operation: Operation, answer: &Answer) {
        if self.kind == Kind::Mixed
            && operation == Operation::Book
            && answer.status == operation.expected()
            && let Ok(uri) = booking_uri(answer)
        {
            self.stock().push_back(uri);
        }
    }

    fn stock(&self) -> std::sync::MutexGuard<'_, VecDeque<Uri>> {
        // A queue of finished values is whole even if another thread panicked.
        self.stock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn only_operation(kind: Kind) -> Operation {
    match kind {
        Kind::Bookings => Operation::Book,
        Kind::Rooms => Operation::ListRooms,
        Kind::Room | Kind::Mixed => Operation::GetRoom,
        Kind::Picture => Operation::GetPicture,
        Kind::MyBookings => Operation::MyBookings,
        Kind::Logins => Operation::LogIn,
    }
}

fn booking_uri(answer: &Answer) -> anyhow::Result<Uri> {
    #[derive(Deserialize)]
    struct Created {
        id: String,
    }
    let created: Created = serde_json::from_slice(&answer.body)
        .context("the answer to POST /bookings is not {\"id\": ...}")?;
    format!("/bookings/{}", created.id)
        .parse()
        .context("the id of a booking does not fit into a path")
}
