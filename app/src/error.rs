//! Every answer that is not a success: a status, a stable code for machines, a message for people.

use std::borrow::Cow;

use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// What went wrong, as the caller gets to know it, and the cause for the log.
#[derive(Debug)]
pub struct Error {
    status: StatusCode,
    code: &'static str,
    message: Cow<'static, str>,
    cause: Option<anyhow::Error>,
}

/// Why a request failed on our side. It travels with the answer to the middleware that logs it, never to the caller.
#[derive(Clone, Debug)]
pub struct Cause(pub String);

#[derive(Serialize)]
struct ErrorBody {
    code: &'static str,
    message: Cow<'static, str>,
}

impl Error {
    pub fn new(
        status: StatusCode,
        code: &'static str,
        message: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            status,
            code,
            message: message.into(),
            cause: None,
        }
    }

    pub fn validation(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "validation", message)
    }

    pub fn date_format(text: &str) -> Self {
        let message = format!("`{text}` is not a date of the form YYYY-MM-DD");
        Self::new(StatusCode::BAD_REQUEST, "date_format", message)
    }

    pub fn invalid_credentials() -> Self {
        Self::unauthorized(
            "invalid_credentials",
            "the username or the password is wrong",
        )
    }

    pub fn missing_token() -> Self {
        Self::unauthorized(
            "missing_token",
            "this call needs the header `Authorization: Bearer TOKEN`",
        )
    }

    pub fn invalid_token() -> Self {
        Self::unauthorized(
            "invalid_token",
            "the token is not valid, or no longer: log in again",
        )
    }

    pub fn room_not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "room_not_found",
            "there is no such room",
        )
    }

    pub fn booking_not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "booking_not_found",
            "you have no such booking",
        )
    }

    pub fn room_taken() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "room_taken",
            "the room is taken on that day",
        )
    }

    /// Too many wait already. Nothing has been done, so the same may be asked again.
    pub fn busy() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "busy",
            "there is too much to do: try again in a moment",
        )
    }

    fn unauthorized(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, code, message)
    }

    fn internal(cause: anyhow::Error) -> Self {
        let mut error = Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong on our side",
        );
        error.cause = Some(cause);
        error
    }
}

/// An unexpected failure: the caller learns that it is not their fault, the log learns why.
impl<E: Into<anyhow::Error>> From<E> for Error {
    fn from(cause: E) -> Self {
        Self::internal(cause.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let body = ErrorBody {
            code: self.code,
            message: self.message,
        };
        let mut response = (self.status, Json(body)).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, bearer);
        }
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            let seconds = HeaderValue::from_static("1");
            response.headers_mut().insert(header::RETRY_AFTER, seconds);
        }
        if let Some(cause) = self.cause {
            response
                .extensions_mut()
                .insert(Cause(format!("{cause:#}")));
        }
        response
    }
}
