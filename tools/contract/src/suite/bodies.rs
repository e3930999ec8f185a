//! Bodies that are not what the API takes: not JSON, of another type, too large.

use anyhow::{Context as _, Result};
use http::{
    Method,
    header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING},
};
use serde_json::json;

use crate::{client::Call, context::Context, suite::rooms, wire::Wire};

const LIMIT: usize = 64 * 1024;

/// The calls that take a body.
const PATHS: [&str; 3] = ["/auth/signup", "/auth/login", "/bookings"];

pub async fn malformed_bodies_are_refused(context: &Context) -> Result<()> {
    let client = context.user().await?.client;
    let nested = "[".repeat(30_000);
    let closed = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let objects = (r#"{"a":"#.repeat(5000), "}".repeat(5000));
    let deep = format!(r#"{{"username":{}1{}}}"#, objects.0, objects.1);
    let bodies: [&[u8]; 16] = [
        b"",
        b" ",
        b"{",
        b"{}}",
        b"nul",
        b"username=a&password=b",
        b"<user/>",
        b"{'username': 'ipesenti'}",
        b"{\"username\": \"ipesenti\",}",
        b"\xff\xfe{\"username\": 1}",
        b"{\"username\": \"\xc3\x28\", \"password\": \"12345678\"}",
        b"{\"username\": \"\\ud800\", \"password\": \"12345678\", \"room_id\": \"\\ud800\"}",
        b"\0\0\0\0",
        nested.as_bytes(),
        closed.as_bytes(),
        deep.as_bytes(),
    ];
    for path in PATHS {
        for body in bodies {
            let call = client.call(Method::POST, path);
            let call = call.body("application/json", body);
            call.refused("validation").await?;
        }
    }
    Ok(())
}

pub async fn other_content_types_are_refused(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let (name, room) = (&user.username, rooms::any_id(&user.client).await?);
    let sign_up = json!({ "username": name, "password": "12345678", "email": "a@example.com" });
    let booking = json!({ "room_id": room, "booked_on": context.day() });
    for (path, body) in PATHS
        .into_iter()
        .zip([sign_up, user.credentials(), booking])
    {
        let call = || user.client.call(Method::POST, path);
        for content_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/xml",
            "multipart/form-data",
            "json",
        ] {
            let call = call().body(content_type, body.to_string());
            call.refused("unsupported_media_type").await?;
        }
        let untyped = call().untyped_body(body.to_string());
        untyped.refused("unsupported_media_type").await?;
    }
    for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
        let call = user.client.call(Method::POST, "/auth/login");
        let call = call.body(content_type, user.credentials().to_string());
        call.expect(200).await?;
    }
    Ok(())
}

pub async fn large_bodies_are_refused(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let credentials = user.credentials().to_string();
    let with_body = |path: &str, size: usize| {
        let padding = " ".repeat(size - credentials.len());
        let call = user.client.call(Method::POST, path);
        call.body("application/json", credentials.clone() + &padding)
    };
    with_body("/auth/login", LIMIT).expect(200).await?;
    // Of a body without an end, in chunks of a kilobyte, and of one that is announced, so much is sent and no more.
    let chunk = [&b"400\r\n"[..], &[b' '; 1024], b"\r\n"].concat();
    let chunks = chunk.repeat(LIMIT / 1024 + 1);
    for path in PATHS {
        with_body(path, LIMIT + 1).refused("body_too_large").await?;
        for (header, value, body) in [
            (CONTENT_LENGTH, "1073741824", &[b' '; LIMIT + 1][..]),
            (TRANSFER_ENCODING, "chunked", &chunks),
        ] {
            let call = user.client.call(Method::POST, path);
            let call = call.header(CONTENT_TYPE, "application/json");
            refused(call.header(header, value), body).await?;
        }
    }
    Ok(())
}

async fn refused(call: Call, body: &[u8]) -> Result<()> {
    let mut wire = Wire::connect(call.address()).await?;
    wire.send(&call.bytes()).await?;
    wire.send(body).await.context("while the body is sent")?;
    call.answer_on(&mut wire).await?.refused("body_too_large")?;
    Ok(())
}
