//! The calls that are made.

use hyper::{Method, StatusCode};

/// One call of the API, or of the diagnostics.
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
    /// Asked of the service's diagnostics, and no part of a load.
    MemStats,
}

impl Operation {
    pub fn method(self) -> Method {
        match self {
            Self::ListRooms
            | Self::GetRoom
            | Self::GetPicture
            | Self::GetBooking
            | Self::MyBookings
            | Self::MemStats => Method::GET,
            Self::Book | Self::LogIn | Self::SignUp => Method::POST,
            Self::DeleteBooking => Method::DELETE,
        }
    }

    /// The status of the answer when all is well.
    pub fn expected(self) -> StatusCode {
        match self {
            Self::Book | Self::SignUp => StatusCode::CREATED,
            Self::DeleteBooking => StatusCode::NO_CONTENT,
            _ => StatusCode::OK,
        }
    }

    /// Whether the call carries the user's token.
    pub fn needs_token(self) -> bool {
        matches!(
            self,
            Self::Book | Self::GetBooking | Self::DeleteBooking | Self::MyBookings
        )
    }

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
            Self::MemStats => "GET /debug/memstats",
        }
    }
}
