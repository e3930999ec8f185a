//! The calls that are made before a load is measured.

use anyhow::{Context, bail};
use hyper::body::Bytes;
use hyper::header::HeaderValue;
use hyper::{StatusCode, Uri};
use serde::Deserialize;
use time::Date;

use crate::calendar::parse_day;
use crate::client::{Answer, Call, Client, Keep};
use crate::operation::Operation;

/// A user's connection to the service.
#[derive(Debug)]
pub struct Session {
    client: Client,
    credentials: Bytes,
    /// The body of a sign-up.
    account: Bytes,
}

impl Session {
    pub fn new(client: Client, user: &str, password: &str) -> Self {
        let credentials = serde_json::json!({ "username": user, "password": password });
        let mut account = credentials.clone();
        account["email"] = format!("{user}@example.com").into();
        Self {
            client,
            credentials: Bytes::from(credentials.to_string()),
            account: Bytes::from(account.to_string()),
        }
    }

    /// The body of a login.
    pub fn credentials(&self) -> Bytes {
        self.credentials.clone()
    }

    /// Creates the account; one that exists already is as good.
    pub async fn sign_up(&mut self) -> anyhow::Result<()> {
        let body = self.account.clone();
        let answer = self.send(Operation::SignUp, body, None).await?;
        match answer.status {
            StatusCode::CREATED | StatusCode::CONFLICT => Ok(()),
            _ => Err(unexpected(Operation::SignUp, &answer)),
        }
    }

    /// A fresh token.
    pub async fn log_in(&mut self) -> anyhow::Result<String> {
        #[derive(Deserialize)]
        struct LoggedIn {
            token: String,
        }
        let body = self.credentials.clone();
        let answer = self.send(Operation::LogIn, body, None).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            bail!("the service refuses the login: check --user and --password, or add --sign-up");
        }
        let LoggedIn { token } = parse(Operation::LogIn, &answer)?;
        Ok(token)
    }

    /// The ids of all rooms, at least one.
    pub async fn rooms(&mut self) -> anyhow::Result<Vec<String>> {
        #[derive(Deserialize)]
        struct Room {
            id: String,
        }
        let answer = self.send(Operation::ListRooms, Bytes::new(), None).await?;
        let rooms: Vec<Room> = parse(Operation::ListRooms, &answer)?;
        anyhow::ensure!(
            !rooms.is_empty(),
            "the service has no rooms: start it on a database that it may seed"
        );
        Ok(rooms.into_iter().map(|room| room.id).collect())
    }

    /// The latest day that the user has booked.
    pub async fn latest_day(&mut self, token: HeaderValue) -> anyhow::Result<Option<Date>> {
        #[derive(Deserialize)]
        struct Booking {
            booked_on: String,
        }
        let answer = self
            .send(Operation::MyBookings, Bytes::new(), Some(token))
            .await?;
        let bookings: Vec<Booking> = parse(Operation::MyBookings, &answer)?;
        // Days of this form sort like text, so only the last one has to be understood.
        let latest = bookings.into_iter().map(|booking| booking.booked_on).max();
        latest
            .map(|day| {
                parse_day(&day)
                    .with_context(|| format!("a booking is for {day:?}, which is no day"))
            })
            .transpose()
    }

    /// Makes a booking.
    pub async fn book(&mut self, booking: Bytes, token: HeaderValue) -> anyhow::Result<Answer> {
        let answer = self.send(Operation::Book, booking, Some(token)).await?;
        match answer.status {
            StatusCode::CREATED => Ok(answer),
            StatusCode::CONFLICT => {
                bail!("the room is booked by somebody else: choose a free --first-day")
            }
            _ => Err(unexpected(Operation::Book, &answer)),
        }
    }

    async fn send(
        &mut self,
        operation: Operation,
        body: Bytes,
        token: Option<HeaderValue>,
    ) -> anyhow::Result<Answer> {
        let path = match operation {
            Operation::SignUp => "/auth/signup",
            Operation::LogIn => "/auth/login",
            Operation::ListRooms | Operation::GetRoom => "/rooms",
            _ => "/bookings",
        };
        let call = Call {
            operation,
            uri: Uri::from_static(path),
            body,
            token,
        };
        self.client
            .send(call, Keep::Everything)
            .await
            .with_context(|| format!("{} failed", operation.label()))
    }
}

fn parse<T: for<'a> Deserialize<'a>>(operation: Operation, answer: &Answer) -> anyhow::Result<T> {
    if answer.status != operation.expected() {
        return Err(unexpected(operation, answer));
    }
    serde_json::from_slice(&answer.body).with_context(|| {
        format!(
            "{} answered what the coworking app does not: {}",
            operation.label(),
            excerpt(&answer.body)
        )
    })
}

fn unexpected(operation: Operation, answer: &Answer) -> anyhow::Error {
    anyhow::anyhow!(
        "{} answered {}, expected {}: {}\nIs this the coworking app?",
        operation.label(),
        answer.status,
        operation.expected(),
        excerpt(&answer.body)
    )
}

/// The beginning of a body on one line, safe to print.
pub fn excerpt(body: &[u8]) -> String {
    const LENGTH: usize = 200;
    if body.is_empty() {
        return "(empty body)".into();
    }
    let text = String::from_utf8_lossy(body);
    let mut shown: String = text
        .chars()
        .take(LENGTH)
        // A foreign answer must not steer the terminal.
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    if text.chars().nth(LENGTH).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn excerpts_are_short_and_harmless() {
        assert_eq!(excerpt(b""), "(empty body)");
        assert_eq!(excerpt(b"a\n\x1b[31mb"), "a  [31mb");
        assert_eq!(excerpt("ä".repeat(300).as_bytes()).chars().count(), 201);
    }
}
