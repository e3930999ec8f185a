//! Requests that nobody would think of. Whatever they are, the answer is one that `openapi.json` has for that call, in its
//! form (every answer is checked for that), and the server goes on.
//!
//! `PROPTEST_CASES` and `PROPTEST_RNG_SEED` are obeyed; a failure shows the smallest request that brings it about.

use std::sync::Arc;

use anyhow::{Result, anyhow, ensure};
use http::Method;
use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::json;
use tokio::runtime::Handle;

use crate::{client::Client, context::Context, suite::rooms};

mod values;

use values::{body, day, encode, is_day, segment, sign_up};

const LONGEST_REPORT: usize = 2000;

/// Tries so many values, unless `PROPTEST_CASES` says how many.
async fn for_any<S, F>(
    cases: u32,
    strategy: impl FnOnce() -> S + Send + 'static,
    check: impl Fn(S::Value) -> F + Send + 'static,
) -> Result<()>
where
    S: Strategy,
    F: Future<Output = Result<()>>,
{
    let runtime = Handle::current();
    // proptest is not asynchronous, and a runtime's own thread must not wait for it.
    tokio::task::spawn_blocking(move || {
        // Shrinking sends requests, too, so it has to end sometime.
        let mut config = Config {
            failure_persistence: None,
            max_shrink_iters: 200,
            ..Config::default()
        };
        if std::env::var_os("PROPTEST_CASES").is_none() {
            config.cases = cases;
        }
        let outcome = TestRunner::new(config).run(&strategy(), |value| {
            runtime
                .block_on(check(value))
                .map_err(|error| TestCaseError::fail(format!("{error:#}")))
        });
        outcome.map_err(|failure| anyhow!("{}", shortened(&failure.to_string())))
    })
    .await?
}

/// A request of a megabyte is no use in a report.
fn shortened(report: &str) -> String {
    match report.char_indices().nth(LONGEST_REPORT) {
        Some((end, _)) => format!("{}… (cut off)", &report[..end]),
        None => report.to_owned(),
    }
}

async fn post(client: Client, path: &str, body: Vec<u8>, expected: &[u16]) -> Result<()> {
    let call = client.call(Method::POST, path);
    let answer = call.body("application/json", body).send().await?;
    let is_expected = expected.contains(&answer.status.as_u16());
    ensure!(is_expected, "expected one of {expected:?}, {answer}");
    Ok(())
}

pub async fn bodies_never_break_the_server(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let sign_up = client.clone();
    let fields = || body(&["username", "password", "email"]);
    let expected = &[201, 400, 409, 413];
    let check = move |body| post(sign_up.clone(), "/auth/signup", body, expected);
    for_any(96, fields, check).await?;
    let fields = || body(&["username", "password"]);
    let check = move |body| post(client.clone(), "/auth/login", body, &[400, 401, 413]);
    for_any(96, fields, check).await
}

/// The document is right both ways: what it allows is accepted (or taken already), and what it does not allow is refused.
pub async fn sign_ups_are_as_documented(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let record = Arc::clone(context.record());
    for_any(256, sign_up, move |body| {
        let (client, record) = (client.clone(), Arc::clone(&record));
        async move {
            let allowed = record.document()?.allows("/auth/signup", "post", &body)?;
            let expected: &[u16] = if allowed { &[201, 409] } else { &[400] };
            let sent = body.to_string().into_bytes();
            post(client, "/auth/signup", sent, expected).await
        }
    })
    .await
}

pub async fn bookings_never_break_the_server(context: &Context) -> Result<()> {
    let client = context.user().await?.client;
    let room = rooms::any_id(&client).await?;
    let user = client.clone();
    let fields = || body(&["room_id", "booked_on"]);
    let check = move |body| post(user.clone(), "/bookings", body, &[400, 404, 413]);
    for_any(192, fields, check).await?;
    // A room that exists, on any day.
    for_any(64, day, move |text| {
        let expected: &[u16] = if is_day(&text) { &[201, 409] } else { &[400] };
        let body = json!({ "room_id": room, "booked_on": text }).to_string();
        post(client.clone(), "/bookings", body.into_bytes(), expected)
    })
    .await
}

pub async fn ids_are_found_or_not_found(context: &Context) -> Result<()> {
    let client = context.user().await?.client;
    for_any(96, segment, move |id| {
        let client = client.clone();
        async move {
            for (path, code) in [
                (format!("/rooms/{id}"), "room_not_found"),
                (format!("/rooms/{id}/photos"), "room_not_found"),
                (format!("/bookings/{id}"), "booking_not_found"),
            ] {
                client.get(path).refused(code).await?;
            }
            client.get(format!("/imgs/{id}")).expect(404).await?;
            Ok(())
        }
    })
    .await
}

pub async fn days_are_days_or_refused(context: &Context) -> Result<()> {
    let client = context.client().await?;
    for_any(256, day, move |text| {
        let text_as_sent = encode(text.bytes().take(2000), true);
        let call = client.get(format!("/rooms?day_to_book={text_as_sent}"));
        async move {
            if is_day(&text) {
                call.expect(200).await?
            } else {
                call.refused("date_format").await?
            };
            Ok(())
        }
    })
    .await
}
