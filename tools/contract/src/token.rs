//! Tokens made by hand, so that what is wrong with each is in plain sight, and so that no library that the server
//! also uses decides what is right.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::{Sha256, Sha384, Sha512};

/// Seconds since 1970, as tokens have them.
///
/// # Panics
/// When the clock stands before 1970.
pub fn now() -> i64 {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("the clock stands after 1970");
    i64::try_from(elapsed.as_secs()).expect("it is not that late yet")
}

/// The claims of a token that the server could have issued a minute ago.
pub fn claims(email: &str) -> Value {
    json!({ "sub": email, "iat": now() - 60, "exp": now() + 29 * 60 })
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

/// A token as the server issues them: HS256 in header and signature.
pub fn issue(claims: &Value, key: &str) -> String {
    forge(
        &json!({ "typ": "JWT", "alg": "HS256" }),
        claims,
        key.as_bytes(),
        Signature::Hs256,
    )
}

/// The header and the claims of a token, its signature unchecked.
///
/// # Errors
/// When it is not a token.
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

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7515, appendix A.1, signs these octets with this key.
    #[test]
    fn hs256_is_the_one_of_the_standard() {
        let key = BASE64
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .unwrap();
        let signed = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                      eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        assert_eq!(
            sign::<Hmac<Sha256>>(&key, signed),
            "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
        );
    }

    #[test]
    fn what_is_issued_can_be_read() {
        let claims = claims("someone@example.com");
        let (header, read) = read(&issue(&claims, "key")).unwrap();
        assert_eq!(header["alg"], "HS256");
        assert_eq!(read, claims);
    }
}
