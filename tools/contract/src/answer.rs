//! What came back, and what holds for every answer whatever the request was.

use anyhow::{Context, Result, bail, ensure};
use reqwest::{
    Method, StatusCode,
    header::{HeaderMap, HeaderName},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

const LONGEST_BODY_SHOWN: usize = 300;

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

impl Answer {
    /// Passes the answer on if it has this status.
    ///
    /// # Errors
    /// When it has another one; the message has the answer.
    pub fn expect(self, status: u16) -> Result<Self> {
        ensure!(self.status.as_u16() == status, "expected {status}, {self}");
        Ok(self)
    }

    /// Passes the answer on if it is this error.
    ///
    /// # Errors
    /// When it has another status or code; the message has the answer.
    pub fn expect_error(self, status: u16, code: &str) -> Result<Self> {
        let answer = self.expect(status)?;
        let body: Value = answer.json()?;
        ensure!(body["code"] == code, "expected the code {code}, {answer}");
        Ok(answer)
    }

    /// Reads the body as JSON.
    ///
    /// # Errors
    /// When it is not JSON of that form; the message has the answer.
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
        let content_type = self.header(reqwest::header::CONTENT_TYPE)?;
        content_type.split(';').next().map(str::trim)
    }

    /// Holds the answer against what API.md says of all of them.
    ///
    /// # Errors
    /// When it breaks a rule; the message has the answer.
    pub fn check(&self) -> Result<()> {
        if self.status.is_client_error() || self.status.is_server_error() {
            self.check_error_body()
                .with_context(|| format!("not an error body, {self}"))?;
        }
        match self.status {
            StatusCode::UNAUTHORIZED => {
                let challenge = self.header(reqwest::header::WWW_AUTHENTICATE);
                ensure!(
                    challenge == Some("Bearer"),
                    "a 401 needs `WWW-Authenticate: Bearer`, {self}"
                );
            }
            // RFC 9110, section 15.5.6.
            StatusCode::METHOD_NOT_ALLOWED => {
                ensure!(
                    self.headers.contains_key(reqwest::header::ALLOW),
                    "a 405 needs `Allow`, {self}"
                );
            }
            // Only what comes when a thousand requests wait may be refused so, and no case sends as many.
            StatusCode::SERVICE_UNAVAILABLE => bail!("it is not that busy, {self}"),
            StatusCode::NO_CONTENT => ensure!(self.body.is_empty(), "a 204 has no body, {self}"),
            _ => {}
        }
        Ok(())
    }

    fn check_error_body(&self) -> Result<()> {
        ensure!(
            self.media_type() == Some("application/json"),
            "its type is {:?}",
            self.media_type()
        );
        let Value::Object(body) = self.json()? else {
            bail!("it is not an object")
        };
        let code = body
            .get("code")
            .and_then(Value::as_str)
            .context("no `code`")?;
        let message = body
            .get("message")
            .and_then(Value::as_str)
            .context("no `message`")?;
        ensure!(body.len() == 2, "it has more than `code` and `message`");
        ensure!(
            !code.is_empty() && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "no code word"
        );
        ensure!(!message.trim().is_empty(), "no message");
        Ok(())
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        let shown: String = body.chars().take(LONGEST_BODY_SHOWN).collect();
        let path: String = self.path.chars().take(LONGEST_BODY_SHOWN).collect();
        write!(
            f,
            "{} {path} was answered {} {shown:?}",
            self.method, self.status
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let content_type = (
            reqwest::header::CONTENT_TYPE,
            "application/json".parse().unwrap(),
        );
        Answer {
            method: Method::GET,
            path: "/rooms".to_owned(),
            status: StatusCode::from_u16(status).unwrap(),
            headers: [content_type].into_iter().collect(),
            body: body.as_bytes().to_owned(),
        }
    }

    #[test]
    fn an_error_has_a_code_and_a_message_and_nothing_else() {
        assert!(
            answer(404, r#"{"code":"not_found","message":"no such page"}"#)
                .check()
                .is_ok()
        );
        for wrong in [
            "",
            "no such page",
            r#"["not_found"]"#,
            r#"{"code":"not_found"}"#,
            r#"{"code":"Not found","message":"no such page"}"#,
            r#"{"code":"not_found","message":""}"#,
            r#"{"code":"not_found","message":"no such page","path":"/"}"#,
        ] {
            assert!(answer(404, wrong).check().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_503_needs_a_reason_that_no_case_gives() {
        let busy = answer(503, r#"{"code":"busy","message":"try again"}"#);
        assert!(busy.check().is_err());
    }

    #[test]
    fn a_401_needs_its_challenge() {
        let body = r#"{"code":"missing_token","message":"log in first"}"#;
        let mut refused = answer(401, body);
        assert!(refused.check().is_err());
        refused
            .headers
            .insert(reqwest::header::WWW_AUTHENTICATE, "Bearer".parse().unwrap());
        assert!(refused.check().is_ok());
    }
}
