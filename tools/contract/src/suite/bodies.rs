//! Bodies that are not what the API takes: not JSON, of another type, too large.

use anyhow::{Context as _, Result};
use reqwest::Method;
use serde_json::json;

use crate::{
    client::Client,
    context::Context,
    suite::rooms,
    wire::{self, Wire},
};

const LIMIT: usize = 64 * 1024;

/// The calls that take a body.
const PATHS: [&str; 3] = ["/auth/signup", "/auth/login", "/bookings"];

pub async fn malformed_bodies_are_refused(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let nested = "[".repeat(30_000);
    let closed = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    let deep = format!(
        r#"{{"username":{}1{}}}"#,
        r#"{"a":"#.repeat(5000),
        "}".repeat(5000)
    );
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
            let call = user
                .client
                .call(Method::POST, path)
                .body("application/json", body);
            call.send().await?.expect_error(400, "validation")?;
        }
    }
    Ok(())
}

pub async fn other_content_types_are_refused(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let room = rooms::any_id(&user.client).await?;
    let name = user.username.as_str();
    for (path, body) in [
        (
            "/auth/signup",
            json!({ "username": name, "password": "12345678", "email": "a@example.com" }),
        ),
        (
            "/auth/login",
            json!({ "username": user.username, "password": user.password }),
        ),
        (
            "/bookings",
            json!({ "room_id": room, "booked_on": context.day() }),
        ),
    ] {
        let body = body.to_string();
        for content_type in [
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/xml",
            "multipart/form-data",
            "json",
        ] {
            let call = user
                .client
                .call(Method::POST, path)
                .body(content_type, body.clone());
            call.send()
                .await?
                .expect_error(415, "unsupported_media_type")?;
        }
        let untyped = user.client.call(Method::POST, path).untyped_body(body);
        untyped
            .send()
            .await?
            .expect_error(415, "unsupported_media_type")?;
    }
    let credentials = json!({ "username": user.username, "password": user.password }).to_string();
    for content_type in ["application/json; charset=utf-8", "Application/JSON"] {
        let call = user
            .client
            .call(Method::POST, "/auth/login")
            .body(content_type, credentials.clone());
        call.send().await?.expect(200)?;
    }
    Ok(())
}

pub async fn large_bodies_are_refused(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let credentials = json!({ "username": user.username, "password": user.password }).to_string();
    let padded = |size: usize| format!("{credentials}{}", " ".repeat(size - credentials.len()));
    let send = |body: String| {
        user.client
            .call(Method::POST, "/auth/login")
            .body("application/json", body)
            .send()
    };
    send(padded(LIMIT)).await?.expect(200)?;
    for path in PATHS {
        let call = user
            .client
            .call(Method::POST, path)
            .body("application/json", padded(LIMIT + 1));
        call.send().await?.expect_error(413, "body_too_large")?;
        announced(&user.client, path, 1 << 30)
            .await
            .context("a gigabyte was announced")?;
        chunked(&user.client, path)
            .await
            .context("a body without an end")?;
    }
    Ok(())
}

/// A body of that size that a server can refuse after the limit: the rest of it is never sent.
async fn announced(client: &Client, path: &str, size: usize) -> Result<()> {
    let head = format!("Content-Length: {size}\r\n");
    refused(client, path, &head, &[b' '; LIMIT + 1]).await
}

/// A body whose size is not announced, in chunks of a kilobyte.
async fn chunked(client: &Client, path: &str) -> Result<()> {
    let chunk = [&b"400\r\n"[..], &[b' '; 1024], b"\r\n"].concat();
    refused(
        client,
        path,
        "Transfer-Encoding: chunked\r\n",
        &chunk.repeat(LIMIT / 1024 + 1),
    )
    .await
}

async fn refused(client: &Client, path: &str, head: &str, body: &[u8]) -> Result<()> {
    let mut wire = Wire::connect(client.address()).await?;
    let mut request = wire::head(&Method::POST, path.as_bytes());
    let token = client.token().unwrap_or_default();
    request.extend(
        format!("Authorization: Bearer {token}\r\nContent-Type: application/json\r\n{head}\r\n")
            .as_bytes(),
    );
    wire.send(&request).await?;
    wire.send(body).await?;
    let answer = wire.read_answer(&Method::POST, path).await?;
    client.record().check(&answer, None)?;
    answer.expect_error(413, "body_too_large")?;
    Ok(())
}
