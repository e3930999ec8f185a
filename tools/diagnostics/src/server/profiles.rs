//! What the pages of all profiles share.

pub(super) mod picture;
pub(super) mod query;
pub(super) mod quiet;
pub(super) mod turn;

use axum::http::{HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// For pictures alone: a flame graph is searched and zoomed by the script in it.
const SCRIPT_ALLOWED: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";

/// The headers of a picture.
pub(super) const PICTURE: [(HeaderName, &str); 2] = [
    (header::CONTENT_TYPE, "image/svg+xml"),
    (header::CONTENT_SECURITY_POLICY, SCRIPT_ALLOWED),
];

/// The headers of a profile, whose names and values are those of Go's pages.
pub(super) const fn file(disposition: &'static str) -> [(HeaderName, &'static str); 2] {
    [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::CONTENT_DISPOSITION, disposition),
    ]
}

pub(super) fn refusal(status: StatusCode, reason: &str) -> Response {
    (status, format!("{reason}\n")).into_response()
}
