//! Who is calling: the token in the request's `Authorization` header, and the user behind it.

mod known;

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, crypto, encode};
use pbkdf2::pbkdf2_hmac_array;
use serde::{
    Deserialize, Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use sha2::Sha256;
use time::{Duration, OffsetDateTime};
use tracing::{Instrument, debug_span};

use crate::{
    AppState,
    config::Config,
    db::{Db, on_pool},
    error::Error,
};
use known::Known;

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
    let authorization = &state.authorization;
    let id = authorization.validate_token(token);
    let id = id.ok_or_else(Error::invalid_token)?;
    let ask = || user_exists(&state.db, &id);
    if authorization.known.is_there(&id, ask).await? {
        Ok(CurrentUser { id })
    } else {
        Err(Error::invalid_token())
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
    /// The user's id.
    sub: &'a str,
    iat: i64,
    exp: i64,
}

/// With which algorithm a token says that it is signed.
#[derive(Deserialize)]
struct Signed {
    alg: Algorithm,
}

/// What the app wants to know of a token that it has checked; times are seconds since 1970.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: f64,
    #[serde(default)]
    nbf: f64,
    /// Whom it is for. The app's own tokens name nobody.
    aud: Option<IgnoredAny>,
}

// ANCHOR: validate
/// What requests are authorized with: made once, for all of them.
#[derive(Debug)]
pub struct Authorization {
    signing: EncodingKey,
    verifying: DecodingKey,
    known: Known,
}

impl Authorization {
    pub fn new(config: &Config) -> Self {
        let key = signing_key(config);
        Self {
            signing: EncodingKey::from_secret(&key),
            verifying: DecodingKey::from_secret(&key),
            known: Known::default(),
        }
    }

    /// The id in a token that the app has issued and that is in force. Nothing of a token is read before its signature
    /// is known to be right.
    fn validate_token(&self, token: &str) -> Option<String> {
        let (message, signature) = token.rsplit_once('.')?;
        let is_signed = crypto::verify(
            signature,
            message.as_bytes(),
            &self.verifying,
            Algorithm::HS256,
        );
        if !is_signed.ok()? {
            return None;
        }
        let (header, claims) = message.split_once('.')?;
        let Signed { alg } = decode(header)?;
        let Claims { sub, exp, nbf, aud } = decode(claims)?;
        let now = (OffsetDateTime::now_utc() - OffsetDateTime::UNIX_EPOCH).as_seconds_f64();
        let is_in_force = alg == Algorithm::HS256 && aud.is_none() && nbf <= now && now < exp;
        is_in_force.then_some(sub)
    }

    /// Makes a token for the user with this id.
    ///
    /// # Errors
    /// When the claims cannot be signed.
    pub fn issue_token(&self, user_id: &str) -> anyhow::Result<String> {
        let now = OffsetDateTime::now_utc();
        let expires = now + LIFETIME;
        let claims = NewClaims {
            sub: user_id,
            iat: now.unix_timestamp(),
            exp: expires.unix_timestamp(),
        };
        let header = Header::new(Algorithm::HS256);
        Ok(encode(&header, &claims, &self.signing)?)
    }
}

/// The key that signs the tokens. Whoever has a token and guesses at the secret has to
/// derive a key for each guess.
fn signing_key(config: &Config) -> [u8; 32] {
    pbkdf2_hmac_array::<Sha256, 32>(config.secret.reveal().as_bytes(), SALT, ROUNDS)
}

/// Reads one part of a token: JSON in Base64.
fn decode<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&BASE64.decode(part).ok()?).ok()
}
// ANCHOR_END: validate

const USER_BY_ID: &str = "select id from users where id = $1";

/// Whether the user has not been deleted since the token was issued.
async fn user_exists(db: &Db, id: &str) -> Result<bool, sqlx::Error> {
    // PostgreSQL has no text with NUL in it, so nobody has such an id.
    if id.contains('\0') {
        return Ok(false);
    }
    on_pool!(db, "user_by_id", pool => {
        let user = sqlx::query(USER_BY_ID).bind(id).fetch_optional(pool).await;
        user.map(|user| user.is_some())
    })
}
