//! Who is calling: the token in the request's `Authorization` header, and the user behind it.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::{
    AppState,
    config::Config,
    db::{Db, on_pool},
    error::Error,
};

/// How long a token is good for.
const LIFETIME: Duration = Duration::minutes(30);

/// The user who sent the request. A handler that takes one answers 401 to everybody else.
#[derive(Clone, Debug)]
pub struct CurrentUser {
    pub id: String,
}

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        let token = bearer_token(&parts.headers)?;
        let claims = validate_token(&state.config, token)?;
        user_by_email(&state.db, &claims.sub)
            .await?
            .ok_or_else(Error::invalid_token)
    }
}

/// The token of a request that has one.
fn bearer_token(headers: &HeaderMap) -> Result<&str, Error> {
    let header = headers
        .get(header::AUTHORIZATION)
        .ok_or_else(Error::missing_token)?;
    let header = header.to_str().map_err(|_| Error::invalid_token())?;
    let (scheme, token) = header.split_once(' ').ok_or_else(Error::invalid_token)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(Error::invalid_token());
    }
    Ok(token.trim())
}

/// What a new token says; times are seconds since 1970.
#[derive(Serialize)]
struct NewClaims<'a> {
    /// The user's e-mail address.
    sub: &'a str,
    iat: i64,
    exp: i64,
}

/// What the app wants to know of a token that it has checked.
#[derive(Deserialize)]
struct Claims {
    sub: String,
}

/// Makes a token for the user with this e-mail address.
///
/// # Errors
/// When the claims cannot be signed.
pub fn issue_token(config: &Config, email: &str) -> anyhow::Result<String> {
    let now = OffsetDateTime::now_utc();
    let expires = now + LIFETIME;
    let claims = NewClaims {
        sub: email,
        iat: now.unix_timestamp(),
        exp: expires.unix_timestamp(),
    };
    let key = EncodingKey::from_secret(config.secret.reveal().as_bytes());
    Ok(encode(&Header::new(Algorithm::HS256), &claims, &key)?)
}

// ANCHOR: validate
fn validate_token(config: &Config, token: &str) -> Result<Claims, Error> {
    let key = DecodingKey::from_secret(config.secret.reveal().as_bytes());
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = 0;
    let token = decode(token, &key, &validation).map_err(|_| Error::invalid_token())?;
    Ok(token.claims)
}
// ANCHOR_END: validate

const USER_BY_EMAIL: &str = "select id from users where email = $1";

async fn user_by_email(db: &Db, email: &str) -> Result<Option<CurrentUser>, Error> {
    // PostgreSQL has no text with NUL in it, so nobody has such an address.
    if email.contains('\0') {
        return Ok(None);
    }
    let user: Option<(String,)> = on_pool!(db, pool => {
        sqlx::query_as(USER_BY_EMAIL).bind(email).fetch_optional(pool).await
    })?;
    Ok(user.map(|(id,)| CurrentUser { id }))
}
