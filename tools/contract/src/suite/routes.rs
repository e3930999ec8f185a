//! What is not an operation of the API.

use anyhow::{Context as _, Result, ensure};
use reqwest::{Method, header::ALLOW};
use uuid::Uuid;

use crate::{
    client::Client,
    context::Context,
    wire::{self, Wire},
};

pub async fn unknown_paths(context: &Context) -> Result<()> {
    let client = context.client().await?;
    for path in [
        "/",
        "/nowhere",
        "/room",
        "/rooms/",
        "/auth",
        "/auth/logout",
        "/imgs",
        "/%00",
        "/%FF",
        "//",
    ] {
        client
            .get_verbatim(path.as_bytes())
            .await?
            .expect_error(404, "not_found")?;
    }
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        client
            .call(method, "/nowhere")
            .send()
            .await?
            .expect_error(404, "not_found")?;
    }
    Ok(())
}

pub async fn wrong_methods(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let id = Uuid::new_v4();
    for (path, allowed) in [
        ("/auth/signup".to_owned(), &["POST"][..]),
        ("/auth/login".to_owned(), &["POST"]),
        ("/rooms".to_owned(), &["GET"]),
        (format!("/rooms/{id}"), &["GET"]),
        (format!("/rooms/{id}/photos"), &["GET"]),
        ("/bookings".to_owned(), &["GET", "POST"]),
        (format!("/bookings/{id}"), &["GET", "DELETE"]),
        ("/imgs/green_0001.svg".to_owned(), &["GET"]),
        ("/openapi.json".to_owned(), &["GET"]),
    ] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "PURGE"] {
            if allowed.contains(&method) {
                continue;
            }
            let call = client.call(Method::from_bytes(method.as_bytes())?, &path);
            let answer = call.send().await?.expect_error(405, "method_not_allowed")?;
            let named = answer.header(ALLOW).unwrap_or_default();
            let named: Vec<_> = named.split(',').map(str::trim).collect();
            ensure!(
                allowed.iter().all(|method| named.contains(method)),
                "{path} allows {allowed:?}, not {named:?}"
            );
        }
    }
    Ok(())
}

/// Profiles and statistics are for a listener of their own, which stays on loopback.
pub async fn the_diagnostics_are_elsewhere(context: &Context) -> Result<()> {
    let service = context.shared().await?;
    for path in ["/debug/pprof/", "/debug/memstats"] {
        service
            .client
            .get(path)
            .await?
            .expect_error(404, "not_found")?;
        let there = Client::new(service.server.debug_address(), std::sync::Arc::default())?;
        there.get(path).await?.expect(200)?;
    }
    ensure!(
        service.server.debug_address().ip().is_loopback(),
        "the diagnostics are not on loopback"
    );
    Ok(())
}

/// What is not HTTP never reaches the API, which has no say in how it is refused; but it goes on serving others.
pub async fn broken_http_hurts_nobody(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let long_header = [
        &wire::head(&Method::GET, b"/rooms")[..],
        b"X: ",
        &b"x".repeat(2 << 20),
        b"\r\n\r\n",
    ]
    .concat();
    let raw_bytes = [
        &wire::head(&Method::GET, b"/rooms/\xff\xfe\x01")[..],
        b"\r\n",
    ]
    .concat();
    let requests: [&[u8]; 9] = [
        b"\r\n\r\n",
        b"\0\x01\x02\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /rooms\r\n\r\n",
        b"GET /rooms HTTP/9.9\r\n\r\n",
        b"GET /rooms HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        &long_header,
        &raw_bytes,
    ];
    for request in requests {
        let mut wire = Wire::connect(client.address()).await?;
        // The server may refuse and close before it has read everything; what counts is the next request.
        if wire.send(request).await.is_ok()
            && wire.end_sending().await.is_ok()
            && let Ok(answer) = wire.read_answer(&Method::GET, "(broken)").await
        {
            ensure!(answer.status.is_client_error(), "it was accepted: {answer}");
        }
        client
            .get("/rooms")
            .await
            .context("after broken HTTP")?
            .expect(200)?;
    }
    Ok(())
}
