//! Who is calling: the token in the request's `Authorization` header, and the user behind it.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use pbkdf2::pbkdf2_hmac_array;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use time::{Duration, OffsetDateTime};
use tracing::{Instrument, debug_span};

use crate::{
    AppState,
    config::Config,
    db::{Db, on_pool},
    error::Error,
};

/// How long a token is good for.
const LIFETIME: Duration = Duration::minutes(30);

/// With what the signing key is derived from the secret. Every process of the app has to agree on it.
const SALT: &[u8] = b"coworking";
const ROUNDS: u32 = 1_000;

/// The user who sent the request. A handler that takes one answers 401 to everybody else.
#[derive(Clone, Debug)]
pub struct CurrentUser {
    pub id: String,
}

impl FromRequestParts<AppState> for CurrentUser {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Error> {
        authorize(parts, state)
            .instrument(debug_span!("authorization"))
            .await
    }
}

async fn authorize(parts: &Parts, state: &AppState) -> Result<CurrentUser, Error> {
    let token = bearer_token(&parts.headers)?;
    let claims = validate_token(&state.config, token)?;
    user_by_id(&state.db, &claims.sub)
        .await?
        .ok_or_else(Error::invalid_token)
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
    /// The user's id.
    sub: &'a str,
    iat: i64,
    exp: i64,
}

/// What the app wants to know of a token that it has checked.
#[derive(Deserialize)]
struct Claims {
    sub: String,
}

/// Makes a token for the user with this id.
///
/// # Errors
/// When the claims cannot be signed.
pub fn issue_token(config: &Config, user_id: &str) -> anyhow::Result<String> {
    let now = OffsetDateTime::now_utc();
    let expires = now + LIFETIME;
    let claims = NewClaims {
        sub: user_id,
        iat: now.unix_timestamp(),
        exp: expires.unix_timestamp(),
    };
    let key = EncodingKey::from_secret(&signing_key(config));
    Ok(encode(&Header::new(Algorithm::HS256), &claims, &key)?)
}

// ANCHOR: validate
fn validate_token(config: &Config, token: &str) -> Result<Claims, Error> {
    let key = DecodingKey::from_secret(&signing_key(config));
    let mut validation = Validation::new(Algorithm::HS256);
    validation.leeway = 0;
    validation.validate_nbf = true;
    let token = decode(token, &key, &validation).map_err(|_| Error::invalid_token())?;
    Ok(token.claims)
}

/// The key that signs the tokens. Whoever has a token and guesses at the secret has to
/// derive a key for each guess.
fn signing_key(config: &Config) -> [u8; 32] {
    pbkdf2_hmac_array::<Sha256, 32>(config.secret.reveal().as_bytes(), SALT, ROUNDS)
}
// ANCHOR_END: validate

const USER_BY_ID: &str = "select id from users where id = $1";

/// The user, if they have not been deleted since the token was issued.
async fn user_by_id(db: &Db, id: &str) -> Result<Option<CurrentUser>, Error> {
    // PostgreSQL has no text with NUL in it, so nobody has such an id.
    if id.contains('\0') {
        return Ok(None);
    }
    let user: Option<(String,)> = on_pool!(db, "user_by_id", pool => {
        sqlx::query_as(USER_BY_ID).bind(id).fetch_optional(pool).await
    })?;
    Ok(user.map(|(id,)| CurrentUser { id }))
}
