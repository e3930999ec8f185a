//! Tokens made by hand, so that what is wrong with each is in plain sight, and so that no library that the server
//! also uses decides what is right.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

/// Seconds since 1970, as tokens have them.
pub fn now() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock stands after 1970");
    i64::try_from(elapsed.as_secs()).expect("it is not that late yet")
}

/// The claims of a token that the server could have issued to this user a minute ago.
pub fn claims(user_id: &str) -> Value {
    json!({ "sub": user_id, "iat": now() - 60, "exp": now() + 29 * 60 })
}

/// The key that a server with this secret signs with: PBKDF2-HMAC-SHA256 (RFC 8018, section 5.2), with the salt and the
/// rounds of the contract. A key is as long as one block of that function.
pub fn signing_key(secret: &str) -> [u8; 32] {
    pbkdf2(secret.as_bytes(), b"coworking", 1000)
}

fn pbkdf2(password: &[u8], salt: &[u8], rounds: u32) -> [u8; 32] {
    let prf = |parts: [&[u8]; 2]| -> [u8; 32] {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(password)
            .expect("HMAC takes a key of any length");
        parts.iter().for_each(|part| mac.update(part));
        mac.finalize().into_bytes().into()
    };
    let mut round = prf([salt, &1_u32.to_be_bytes()]);
    let mut key = round;
    for _ in 1..rounds {
        round = prf([&round, &[]]);
        key.iter_mut()
            .zip(round)
            .for_each(|(byte, other)| *byte ^= other);
    }
    key
}

/// Which function signs.
#[derive(Clone, Copy, Debug)]
pub enum Signature {
    Hs256,
    Hs384,
    Hs512,
    /// Nothing after the last dot.
    Empty,
}

/// A token whose header, claims, key and signature need not belong together.
pub fn forge(header: &Value, claims: &Value, key: &[u8], signature: Signature) -> String {
    let signed = format!(
        "{}.{}",
        BASE64.encode(header.to_string()),
        BASE64.encode(claims.to_string())
    );
    let signature = match signature {
        Signature::Hs256 => sign::<Hmac<Sha256>>(key, &signed),
        Signature::Hs384 => sign::<Hmac<Sha384>>(key, &signed),
        Signature::Hs512 => sign::<Hmac<Sha512>>(key, &signed),
        Signature::Empty => String::new(),
    };
    format!("{signed}.{signature}")
}

/// A token as a server with this secret issues them: HS256 in header and signature.
pub fn issue(claims: &Value, secret: &str) -> String {
    signed(claims, &signing_key(secret))
}

/// The same with any key.
pub fn signed(claims: &Value, key: &[u8]) -> String {
    forge(
        &json!({ "typ": "JWT", "alg": "HS256" }),
        claims,
        key,
        Signature::Hs256,
    )
}

/// Whether HS256 with this key has signed the token.
pub fn is_signed(token: &str, key: &[u8]) -> bool {
    token
        .rsplit_once('.')
        .is_some_and(|(text, signature)| sign::<Hmac<Sha256>>(key, text) == signature)
}

/// The header and the claims of a token, its signature unchecked.
pub fn read(token: &str) -> Result<(Value, Value)> {
    let mut parts = token
        .split('.')
        .map(|part| -> Result<Value> { Ok(serde_json::from_slice(&BASE64.decode(part)?)?) });
    let header = parts.next().context("a token has a header")??;
    let claims = parts.next().context("a token has claims")??;
    Ok((header, claims))
}

fn sign<M: Mac + KeyInit>(key: &[u8], signed: &str) -> String {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes a key of any length");
    mac.update(signed.as_bytes());
    BASE64.encode(mac.finalize().into_bytes())
}
