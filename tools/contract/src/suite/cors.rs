//! `OPTIONS`, and what browsers read on every other answer.

use anyhow::{Result, ensure};
use reqwest::{
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

fn names(answer: &Answer, name: HeaderName) -> Vec<String> {
    let listed = answer
        .headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    listed
        .flat_map(|value| value.split(','))
        .map(|word| word.trim().to_lowercase())
        .collect()
}

async fn preflight(context: &Context, origin: &str, method: &str, path: &str) -> Result<Answer> {
    let call = context
        .client()
        .await?
        .call(Method::OPTIONS, path)
        .header(ORIGIN, origin);
    let call = call.header(ACCESS_CONTROL_REQUEST_METHOD, method);
    call.header(ACCESS_CONTROL_REQUEST_HEADERS, "authorization,content-type")
        .send()
        .await
}

pub async fn preflights_of_configured_origins(context: &Context) -> Result<()> {
    for origin in ORIGINS {
        for (method, path) in CALLS {
            let answer = preflight(context, origin, method, path).await?;
            ensure!(answer.status.is_success(), "{answer}");
            let allowed = answer.header(ACCESS_CONTROL_ALLOW_ORIGIN);
            ensure!(
                allowed == Some(origin),
                "{origin} is configured, but {allowed:?} is allowed, {answer}"
            );
            let methods = names(&answer, ACCESS_CONTROL_ALLOW_METHODS);
            ensure!(
                methods.contains(&method.to_lowercase()),
                "{methods:?} has no {method}, {answer}"
            );
            let headers = names(&answer, ACCESS_CONTROL_ALLOW_HEADERS);
            for header in ["authorization", "content-type"] {
                ensure!(
                    headers.iter().any(|name| name == header),
                    "{headers:?} has no {header}, {answer}"
                );
            }
        }
    }
    Ok(())
}

pub async fn other_origins_are_not_allowed(context: &Context) -> Result<()> {
    for origin in [
        "http://evil.example",
        "null",
        "http://book.example",
        "http://book.example:3000.evil.example",
    ] {
        let answer = preflight(context, origin, "POST", "/bookings").await?;
        let allowed = answer.header(ACCESS_CONTROL_ALLOW_ORIGIN);
        ensure!(
            allowed.is_none_or(|allowed| allowed != origin && allowed != "*"),
            "{origin} is allowed, {answer}"
        );
        let answer = context
            .client()
            .await?
            .call(Method::GET, "/rooms")
            .header(ORIGIN, origin)
            .send()
            .await?;
        let allowed = answer
            .expect(200)?
            .header(ACCESS_CONTROL_ALLOW_ORIGIN)
            .map(str::to_owned);
        ensure!(
            allowed
                .as_deref()
                .is_none_or(|allowed| allowed != origin && allowed != "*"),
            "{origin} is allowed"
        );
    }
    Ok(())
}

/// A page can read an error only if it, too, names the page's origin.
pub async fn answers_allow_configured_origins(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let large = " ".repeat(65 * 1024);
    for (status, call) in [
        (200, client.call(Method::GET, "/rooms")),
        (400, client.call(Method::GET, "/rooms?day_to_book=today")),
        (
            400,
            client.call(Method::POST, "/auth/login").json(&json!({})),
        ),
        (401, client.call(Method::GET, "/bookings")),
        (404, client.call(Method::GET, "/nowhere")),
        (405, client.call(Method::PUT, "/rooms")),
        (
            413,
            client
                .call(Method::POST, "/auth/login")
                .body("application/json", large),
        ),
        (
            415,
            client.call(Method::POST, "/auth/login").untyped_body("{}"),
        ),
    ] {
        let answer = call
            .header(ORIGIN, ORIGINS[0])
            .send()
            .await?
            .expect(status)?;
        let allowed = answer.header(ACCESS_CONTROL_ALLOW_ORIGIN);
        ensure!(
            allowed == Some(ORIGINS[0]),
            "{:?} is configured, but {allowed:?} is allowed, {answer}",
            ORIGINS[0]
        );
        // A cache must not give it to another origin.
        ensure!(
            names(&answer, VARY).iter().any(|name| name == "origin"),
            "no `Vary: Origin`, {answer}"
        );
    }
    Ok(())
}
