//! Requests that nobody would think of. Whatever they are, the answer is one that API.md has for that call, in its
//! form (every answer is checked for that), and the server goes on.
//!
//! `PROPTEST_CASES` and `PROPTEST_RNG_SEED` are obeyed; a failure shows the smallest request that brings it about.

use anyhow::{Result, anyhow, ensure};
use proptest::{
    strategy::Strategy,
    test_runner::{Config, TestCaseError, TestRunner},
};
use reqwest::Method;
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

async fn post(client: &Client, path: &str, body: Vec<u8>, expected: &[u16]) -> Result<()> {
    let answer = client
        .call(Method::POST, path)
        .body("application/json", body)
        .send()
        .await?;
    ensure!(
        expected.contains(&answer.status.as_u16()),
        "expected one of {expected:?}, {answer}"
    );
    Ok(())
}

pub async fn bodies_never_break_the_server(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let sign_up = client.clone();
    for_any(
        96,
        || body(&["username", "password", "email"]),
        move |body| {
            let client = sign_up.clone();
            async move { post(&client, "/auth/signup", body, &[201, 400, 409, 413]).await }
        },
    )
    .await?;
    for_any(
        96,
        || body(&["username", "password"]),
        move |body| {
            let client = client.clone();
            async move { post(&client, "/auth/login", body, &[400, 401, 413]).await }
        },
    )
    .await
}

/// The document is right both ways: what it allows is accepted (or taken already), and what it does not allow is refused.
pub async fn sign_ups_are_as_documented(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let record = std::sync::Arc::clone(context.record());
    for_any(256, sign_up, move |body| {
        let (client, record) = (client.clone(), std::sync::Arc::clone(&record));
        async move {
            let allowed = record.document()?.allows("/auth/signup", "post", &body)?;
            let expected: &[u16] = if allowed { &[201, 409] } else { &[400] };
            let sent = body.to_string().into_bytes();
            post(&client, "/auth/signup", sent, expected).await
        }
    })
    .await
}

pub async fn bookings_never_break_the_server(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let room = rooms::any_id(&user.client).await?;
    let client = user.client.clone();
    for_any(
        192,
        || body(&["room_id", "booked_on"]),
        move |body| {
            let client = client.clone();
            async move { post(&client, "/bookings", body, &[400, 404, 413]).await }
        },
    )
    .await?;
    // A room that exists, on any day.
    for_any(64, day, move |text| {
        let (client, body) = (
            user.client.clone(),
            json!({ "room_id": room, "booked_on": text }).to_string(),
        );
        let expected: &'static [u16] = if is_day(&text) { &[201, 409] } else { &[400] };
        async move { post(&client, "/bookings", body.into_bytes(), expected).await }
    })
    .await
}

pub async fn ids_are_found_or_not_found(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let segments = || {
        segment()
            .prop_map(encode)
            .prop_filter("an empty segment is another path", |id| !id.is_empty())
    };
    for_any(96, segments, move |id| {
        let client = user.client.clone();
        async move {
            for (path, code) in [
                (format!("/rooms/{id}"), "room_not_found"),
                (format!("/rooms/{id}/photos"), "room_not_found"),
                (format!("/bookings/{id}"), "booking_not_found"),
            ] {
                client
                    .get_verbatim(path.as_bytes())
                    .await?
                    .expect_error(404, code)?;
            }
            client
                .get_verbatim(format!("/imgs/{id}").as_bytes())
                .await?
                .expect(404)?;
            Ok(())
        }
    })
    .await
}

pub async fn days_are_days_or_refused(context: &Context) -> Result<()> {
    let client = context.client().await?;
    for_any(256, day, move |text| {
        let client = client.clone();
        let right = is_day(&text);
        let path = format!(
            "/rooms?day_to_book={}",
            encode((text.into_bytes().into_iter().take(2000).collect(), true))
        );
        async move {
            let answer = client.get_verbatim(path.as_bytes()).await?;
            if right {
                answer.expect(200)?
            } else {
                answer.expect_error(400, "date_format")?
            };
            Ok(())
        }
    })
    .await
}
