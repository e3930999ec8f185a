//! What came back, and what holds for every answer whatever the request was.

use anyhow::{Context, Result, bail, ensure};
use http::{
    Method, StatusCode,
    header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderName, WWW_AUTHENTICATE},
};
use serde::{Deserialize, de::DeserializeOwned};

const LONGEST_SHOWN: usize = 300;

/// The codes of all error bodies, each with the one status that it comes with.
const CODES: [(&str, u16); 16] = [
    ("validation", 400),
    ("date_format", 400),
    ("missing_token", 401),
    ("invalid_token", 401),
    ("invalid_credentials", 401),
    ("not_found", 404),
    ("room_not_found", 404),
    ("booking_not_found", 404),
    ("method_not_allowed", 405),
    ("username_in_use", 409),
    ("email_in_use", 409),
    ("room_taken", 409),
    ("body_too_large", 413),
    ("unsupported_media_type", 415),
    ("internal", 500),
    ("busy", 503),
];

/// One answer, read to its end, with the request that it belongs to.
#[derive(Clone, Debug)]
pub struct Answer {
    pub method: Method,
    /// As it was sent, with its query.
    pub path: String,
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ErrorBody {
    code: String,
    message: String,
}

impl Answer {
    /// Passes the answer on if it has this status.
    pub fn expect(self, status: u16) -> Result<Self> {
        ensure!(self.status == status, "expected {status}, {self}");
        Ok(self)
    }

    /// Passes the answer on if it is the error with this code, and has that code's status.
    pub fn refused(self, code: &str) -> Result<Self> {
        let known = CODES.iter().find(|(known, _)| *known == code);
        let (_, status) = known.context("a case expects a code that the API does not have")?;
        let answer = self.expect(*status)?;
        let got = answer.json::<ErrorBody>()?.code;
        ensure!(got == code, "expected the code {code}, {answer}");
        Ok(answer)
    }

    /// Reads the body as JSON.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("not the JSON that was expected, {self}"))
    }

    /// A header's value, if it is there and readable.
    pub fn header(&self, name: HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body's media type without parameters.
    pub fn media_type(&self) -> Option<&str> {
        let content_type = self.header(CONTENT_TYPE)?;
        content_type.split(';').next().map(str::trim)
    }

    /// Holds the answer against what is said of all of them.
    pub fn check(&self) -> Result<()> {
        if self.status.is_client_error() || self.status.is_server_error() {
            ensure!(
                self.media_type() == Some("application/json"),
                "an error body is JSON, {self}"
            );
            let ErrorBody { code, message } = self.json()?;
            ensure!(
                CODES.contains(&(code.as_str(), self.status.as_u16())),
                "no code of that status, {self}"
            );
            ensure!(!message.trim().is_empty(), "no message, {self}");
        }
        match self.status {
            StatusCode::UNAUTHORIZED => ensure!(
                self.header(WWW_AUTHENTICATE) == Some("Bearer"),
                "a 401 needs `WWW-Authenticate: Bearer`, {self}"
            ),
            // RFC 9110, section 15.5.6.
            StatusCode::METHOD_NOT_ALLOWED => ensure!(
                self.headers.contains_key(ALLOW),
                "a 405 needs `Allow`, {self}"
            ),
            // Only what comes when a thousand requests wait may be refused so, and no case sends as many.
            StatusCode::SERVICE_UNAVAILABLE => bail!("it is not that busy, {self}"),
            StatusCode::NO_CONTENT => ensure!(self.body.is_empty(), "a 204 has no body, {self}"),
            _ => {}
        }
        Ok(())
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        let shown: String = body.chars().take(LONGEST_SHOWN).collect();
        let path: String = self.path.chars().take(LONGEST_SHOWN).collect();
        let (method, status) = (&self.method, self.status);
        write!(f, "{method} {path} was answered {status} {shown:?}")
    }
}
