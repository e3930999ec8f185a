//! The user's token, renewed before it expires.

use std::sync::{PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use hyper::header::HeaderValue;
use serde::Deserialize;

use crate::session::Session;

/// What a token is trusted for when it does not say how long it is valid.
const UNKNOWN_LIFETIME: Duration = Duration::from_secs(20 * 60);

/// The `Authorization` header that all workers send.
#[derive(Debug)]
pub struct Token {
    header: RwLock<HeaderValue>,
}

impl Token {
    pub fn new(token: &str) -> anyhow::Result<Self> {
        Ok(Self {
            header: RwLock::new(bearer(token)?),
        })
    }

    pub fn header(&self) -> HeaderValue {
        // A header value is replaced as a whole, so it is whole even if another thread panicked.
        let header = self.header.read().unwrap_or_else(PoisonError::into_inner);
        header.clone()
    }

    /// Logs in again whenever four fifths of the token's life are over; ends only with an error.
    ///
    /// The former token stays valid meanwhile, so no request has to wait.
    pub async fn keep_fresh(
        &self,
        session: &mut Session,
        mut token: String,
    ) -> anyhow::Result<std::convert::Infallible> {
        loop {
            let lifetime = lifetime(&token, SystemTime::now()).unwrap_or(UNKNOWN_LIFETIME);
            // A service that gives out expired tokens is not to be asked in a tight loop.
            let pause = lifetime.mul_f64(0.8).max(Duration::from_secs(1));
            tokio::time::sleep(pause).await;
            token = session
                .log_in()
                .await
                .context("the token expires and could not be renewed")?;
            let header = bearer(&token)?;
            *self.header.write().unwrap_or_else(PoisonError::into_inner) = header;
        }
    }
}

fn bearer(token: &str) -> anyhow::Result<HeaderValue> {
    let mut header = HeaderValue::from_str(&format!("Bearer {token}"))
        .context("the token is not a valid header value")?;
    header.set_sensitive(true);
    Ok(header)
}

/// How much longer a JSON web token is valid, by its own `exp`; its signature is the service's business.
fn lifetime(token: &str, now: SystemTime) -> Option<Duration> {
    #[derive(Deserialize)]
    struct Claims {
        exp: u64,
    }
    let payload = token.split('.').nth(1)?;
    let claims = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: Claims = serde_json::from_slice(&claims).ok()?;
    let now = now.duration_since(UNIX_EPOCH).ok()?;
    Some(Duration::from_secs(claims.exp).saturating_sub(now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_expiry_of_a_token() {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(r#"{"sub":"someone","exp":5000}"#);
        let token = format!("e30.{payload}.c2ln");
        let at = |seconds| UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(lifetime(&token, at(3200)), Some(Duration::from_secs(1800)));
        assert_eq!(lifetime(&token, at(9000)), Some(Duration::ZERO));
    }

    #[test]
    fn a_token_of_another_form_has_no_known_lifetime() {
        for token in ["", "opaque", "a.b.c", "e30.e30.e30"] {
            assert_eq!(lifetime(token, SystemTime::now()), None, "{token:?}");
        }
    }

    #[test]
    fn a_token_is_not_printed() {
        let token = Token::new("secret-word").unwrap();
        assert!(!format!("{token:?}").contains("secret-word"));
    }
}
