//! `OPTIONS`, and what browsers read on every other answer.

use anyhow::{Result, ensure};
use http::{
    Method,
    header::{
        ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
        ACCESS_CONTROL_REQUEST_HEADERS, ACCESS_CONTROL_REQUEST_METHOD, HeaderName, ORIGIN, VARY,
    },
};
use serde_json::json;

use crate::{answer::Answer, context::Context, launch::ORIGINS};

/// Every call of the API, as a preflight names it.
const CALLS: [(&str, &str); 10] = [
    ("POST", "/auth/signup"),
    ("POST", "/auth/login"),
    ("GET", "/rooms"),
    ("GET", "/rooms/1"),
    ("GET", "/rooms/1/photos"),
    ("GET", "/bookings"),
    ("POST", "/bookings"),
    ("GET", "/bookings/1"),
    ("DELETE", "/bookings/1"),
    ("GET", "/imgs/green_0001.svg"),
];

/// Fails unless the header lists this word, in whatever case.
fn expect_listed(answer: &Answer, name: HeaderName, word: &str) -> Result<()> {
    let values = answer.headers.get_all(&name).into_iter();
    let values: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
    let mut words = values.iter().flat_map(|value| value.split(','));
    let is_listed = words.any(|listed| listed.trim().eq_ignore_ascii_case(word));
    ensure!(is_listed, "{name} is {values:?}, without {word}, {answer}");
    Ok(())
}

fn expect_allowed(answer: &Answer, origin: &str) -> Result<()> {
    let allowed = answer.header(ACCESS_CONTROL_ALLOW_ORIGIN);
    ensure!(
        allowed == Some(origin),
        "{origin} is configured, but {allowed:?} is allowed, {answer}"
    );
    Ok(())
}

async fn preflight(context: &Context, origin: &str, method: &str, path: &str) -> Result<Answer> {
    let call = context.client().await?.call(Method::OPTIONS, path);
    let call = call.header(ORIGIN, origin);
    let call = call.header(ACCESS_CONTROL_REQUEST_METHOD, method);
    let headers = "authorization,content-type";
    call.header(ACCESS_CONTROL_REQUEST_HEADERS, headers)
        .send()
        .await
}

pub async fn preflights_of_configured_origins(context: &Context) -> Result<()> {
    for origin in ORIGINS {
        for (method, path) in CALLS {
            let answer = preflight(context, origin, method, path).await?;
            ensure!(answer.status.is_success(), "{answer}");
            expect_allowed(&answer, origin)?;
            expect_listed(&answer, ACCESS_CONTROL_ALLOW_METHODS, method)?;
            for header in ["authorization", "content-type"] {
                expect_listed(&answer, ACCESS_CONTROL_ALLOW_HEADERS, header)?;
            }
        }
    }
    Ok(())
}

pub async fn other_origins_are_not_allowed(context: &Context) -> Result<()> {
    let client = context.client().await?;
    for origin in [
        "http://evil.example",
        "null",
        "http://book.example",
        "http://book.example:3000.evil.example",
    ] {
        let get = client.get("/rooms").header(ORIGIN, origin);
        for answer in [
            preflight(context, origin, "POST", "/bookings").await?,
            get.expect(200).await?,
        ] {
            let allowed = answer.header(ACCESS_CONTROL_ALLOW_ORIGIN);
            let is_other = allowed.is_none_or(|allowed| allowed != origin && allowed != "*");
            ensure!(is_other, "{origin} is allowed, {answer}");
        }
    }
    Ok(())
}

/// A page can read an error only if it, too, names the page's origin.
pub async fn answers_allow_configured_origins(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let log_in = || client.call(Method::POST, "/auth/login");
    let large = " ".repeat(65 * 1024);
    for (status, call) in [
        (200, client.get("/rooms")),
        (400, client.get("/rooms?day_to_book=today")),
        (400, log_in().json(&json!({}))),
        (401, client.get("/bookings")),
        (404, client.get("/nowhere")),
        (405, client.call(Method::PUT, "/rooms")),
        (413, log_in().body("application/json", large)),
        (415, log_in().untyped_body("{}")),
    ] {
        let answer = call.header(ORIGIN, ORIGINS[0]).expect(status).await?;
        expect_allowed(&answer, ORIGINS[0])?;
        // A cache must not give it to another origin.
        expect_listed(&answer, VARY, "origin")?;
    }
    Ok(())
}
