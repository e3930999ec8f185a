//! The command line, which Go and `/proc` give too; here without the secrets on it.

use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::redact;
use crate::Options;

/// The arguments, separated by NUL.
pub(super) async fn page() -> Response {
    let arguments = std::env::args_os().map(|argument| argument.to_string_lossy().into_owned());
    let line = redact::arguments(arguments, &Options::current().secret_words).join("\0");
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], line).into_response()
}
