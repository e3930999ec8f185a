//! Requests that nobody would think of. Whatever they are, the answer is one that API.md has for that call, in its
//! form (every answer is checked for that), and the server goes on.
//!
//! `PROPTEST_CASES` and `PROPTEST_RNG_SEED` are obeyed; a failure shows the smallest request that brings it about.

use anyhow::{Result, anyhow, ensure};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{Config, TestCaseError, TestRunner},
};
use reqwest::Method;
use serde_json::{Map, Value, json};
use time::Date;
use tokio::runtime::Handle;

use crate::{client::Client, context::Context, suite::rooms};

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

/// Words that have broken servers before.
const KNOWN: &[&str] = &[
    "",
    "\0",
    "a\0b",
    "'; drop table users; --",
    "null",
    "undefined",
    "NaN",
    "1e999",
    "../..",
    "%00",
    "\u{feff}x",
    "\u{202e}x",
    "İ",
    "ﬃ",
    "👩‍👩‍👧‍👦",
    "{{7*7}}",
    "a@b",
    "A@B",
    "ipesenti",
    "\r\nSet-Cookie: a=b",
];

/// Words of all kinds.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => select(KNOWN).prop_map(str::to_owned),
        4 => vec(any::<char>(), 0..40).prop_map(String::from_iter),
        // No more than fits into a body, where JSON makes six bytes of one.
        1 => (any::<char>(), 100..10_000_usize).prop_map(|(c, length)| c.to_string().repeat(length / c.len_utf8())),
    ]
}

/// Any JSON, a few levels deep.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((text(), inner), 0..6).prop_map(|members| Value::Object(Map::from_iter(members))),
        ]
    })
}

/// An object with these fields, each of which is text, anything, or not there.
fn object(fields: &'static [&'static str]) -> impl Strategy<Value = Value> {
    let field = prop_oneof![6 => text().prop_map(|text| Some(Value::from(text))), 2 => value().prop_map(Some), 1 => Just(None)];
    vec(field, fields.len()).prop_map(|values| {
        let members = fields
            .iter()
            .zip(values)
            .filter_map(|(name, value)| Some(((*name).to_owned(), value?)));
        Value::Object(members.collect())
    })
}

/// A body as bytes: JSON, JSON that was cut or has one byte changed, and anything else.
fn body(fields: &'static [&'static str]) -> impl Strategy<Value = Vec<u8>> {
    let json = || {
        prop_oneof![4 => object(fields), 1 => value()]
            .prop_map(|value| value.to_string().into_bytes())
    };
    prop_oneof![
        4 => json(),
        1 => (json(), any::<prop::sample::Index>()).prop_map(|(json, at)| json[..at.index(json.len())].to_vec()),
        1 => (json(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut json, at, byte)| {
            let at = at.index(json.len());
            json[at] = byte;
            json
        }),
        1 => vec(any::<u8>(), 0..200),
    ]
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
    for_any(64, day, move |(text, is_day)| {
        let (client, body) = (
            user.client.clone(),
            json!({ "room_id": room, "booked_on": text }).to_string(),
        );
        let expected: &'static [u16] = if is_day { &[201, 409] } else { &[400] };
        async move { post(&client, "/bookings", body.into_bytes(), expected).await }
    })
    .await
}

/// Text and whether it is a day. `time` decides what exists, and the contract how it is written.
fn day() -> impl Strategy<Value = (String, bool)> {
    let numbers = (1..=9999_i32, 0..=15_u8, 0..=33_u8);
    let written = numbers.prop_map(|(year, month, day)| {
        let exists = time::Month::try_from(month)
            .is_ok_and(|month| Date::from_calendar_date(year, month, day).is_ok());
        (format!("{year:04}-{month:02}-{day:02}"), exists)
    });
    let looks_like = vec(select(&b"0123456789-+ /:TZ"[..]), 0..14).prop_map(|bytes| {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        // Ten characters of these can be a day by chance.
        let is_day =
            Date::parse(&text, &time::format_description::well_known::Iso8601::DATE).is_ok();
        let is_written_so = text.len() == 10
            && text
                .bytes()
                .enumerate()
                .all(|(at, b)| matches!(at, 4 | 7) == (b == b'-'));
        (text, is_day && is_written_so)
    });
    prop_oneof![6 => written, 3 => looks_like, 2 => text().prop_map(|text| (text, false))]
}

/// Any bytes as one segment of a path. All that HTTP allows in a path, and percent signs, may come as they are.
fn segment() -> impl Strategy<Value = (Vec<u8>, bool)> {
    (
        prop_oneof![
            vec(any::<u8>(), 1..60),
            text().prop_map(|text| text.into_bytes().into_iter().take(2000).collect())
        ],
        any::<bool>(),
    )
}

fn encode((bytes, all): (Vec<u8>, bool)) -> String {
    let plain =
        |byte: u8| byte.is_ascii_alphanumeric() || (!all && b"-_~!$&'()*+,;=:@".contains(&byte));
    bytes
        .iter()
        .map(|&b| {
            if plain(b) {
                char::from(b).to_string()
            } else {
                format!("%{b:02X}")
            }
        })
        .collect()
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
    for_any(256, day, move |(text, is_day)| {
        let client = client.clone();
        let path = format!(
            "/rooms?day_to_book={}",
            encode((text.into_bytes().into_iter().take(2000).collect(), true))
        );
        async move {
            let answer = client.get_verbatim(path.as_bytes()).await?;
            if is_day {
                answer.expect(200)?
            } else {
                answer.expect_error(400, "date_format")?
            };
            Ok(())
        }
    })
    .await
}
