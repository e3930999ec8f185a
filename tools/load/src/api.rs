//! The calls of the app's API, and the kinds of load that are made of them.

use std::fmt;

use clap::ValueEnum;

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    /// POST /bookings, each for another room or day.
    Bookings,
    /// GET /rooms.
    Rooms,
    /// GET /rooms/{id}, one room after the other.
    Room,
    /// GET /imgs/{file}, always the same picture.
    Picture,
    /// GET /bookings.
    MyBookings,
    /// POST /auth/login.
    Logins,
    /// Reads, bookings, deletions and logins.
    Mixed,
}

impl Kind {
    /// Whether the load makes bookings.
    pub fn books(self) -> bool {
        matches!(self, Self::Bookings | Self::Mixed)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.to_possible_value().expect("no kind is hidden");
        f.write_str(word.get_name())
    }
}

/// One call of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Operation {
    ListRooms,
    GetRoom,
    GetPicture,
    Book,
    GetBooking,
    DeleteBooking,
    MyBookings,
    LogIn,
    SignUp,
}

impl Operation {
    /// The call as the API's documentation writes it.
    pub fn label(self) -> &'static str {
        match self {
            Self::ListRooms => "GET /rooms",
            Self::GetRoom => "GET /rooms/{id}",
            Self::GetPicture => "GET /imgs/{file}",
            Self::Book => "POST /bookings",
            Self::GetBooking => "GET /bookings/{id}",
            Self::DeleteBooking => "DELETE /bookings/{id}",
            Self::MyBookings => "GET /bookings",
            Self::LogIn => "POST /auth/login",
            Self::SignUp => "POST /auth/signup",
        }
    }

    pub fn method(self) -> &'static str {
        let label = self.label();
        label.split_once(' ').map_or(label, |(method, _)| method)
    }

    /// The status of the answer when all is well.
    pub fn expected(self) -> u16 {
        match self {
            Self::Book | Self::SignUp => 201,
            Self::DeleteBooking => 204,
            _ => 200,
        }
    }

    /// Whether the call carries the user's token.
    pub fn needs_token(self) -> bool {
        self.label().contains("/bookings")
    }

    /// Says that an answer has another status than the expected one, and what its body says about it.
    pub fn unexpected(self, status: u16, body: &[u8]) -> String {
        format!(
            "{} answered {status}, expected {}: {}",
            self.label(),
            self.expected(),
            excerpt(body)
        )
    }
}

/// The beginning of a body on one line, safe to print.
pub fn excerpt(body: &[u8]) -> String {
    const LENGTH: usize = 200;
    if body.is_empty() {
        return "(empty body)".into();
    }
    let text = String::from_utf8_lossy(body);
    let mut chars = text.chars();
    // A foreign answer must not steer the terminal.
    let mut shown: String = (chars.by_ref().take(LENGTH))
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    if chars.next().is_some() {
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
