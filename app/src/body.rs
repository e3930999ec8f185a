//! A request's JSON body. What axum's own extractor refuses in plain text is refused in the API's form here.

use axum::{
    Json,
    extract::{FromRequest, Request, rejection::JsonRejection},
    http::StatusCode,
};
use serde::de::DeserializeOwned;

use crate::error::Error;

/// Larger bodies are refused with 413.
pub const MAX_BYTES: usize = 64 * 1024;

/// A body that was parsed as JSON into `T`.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, state: &S) -> Result<Self, Error> {
        match Json::from_request(request, state).await {
            Ok(Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(refused(&rejection)),
        }
    }
}

fn refused(rejection: &JsonRejection) -> Error {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let message = format!("the body is larger than {MAX_BYTES} bytes");
            Error::new(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", message)
        }
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            let message = "the body must be JSON, with the header `Content-Type: application/json`";
            Error::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                message,
            )
        }
        _ => Error::validation(rejection.body_text()),
    }
}
