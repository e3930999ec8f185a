//! What is not an operation of the API.

use anyhow::{Context as _, Result, ensure};
use http::{Method, header::ALLOW};
use uuid::Uuid;

use crate::{context::Context, wire::Wire};

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
        client.get(path).refused("not_found").await?;
    }
    for method in [Method::POST, Method::PUT, Method::PATCH, Method::DELETE] {
        let call = client.call(method, "/nowhere");
        call.refused("not_found").await?;
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
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "PURGE"];
        for method in methods.iter().filter(|method| !allowed.contains(method)) {
            let call = client.call(Method::from_bytes(method.as_bytes())?, &path);
            let answer = call.refused("method_not_allowed").await?;
            let named = answer.header(ALLOW).unwrap_or_default();
            let named: Vec<_> = named.split(',').map(str::trim).collect();
            let all = allowed.iter().all(|method| named.contains(method));
            ensure!(all, "{path} allows {allowed:?}, not {named:?}");
        }
    }
    Ok(())
}

/// Profiles and statistics are for a listener of their own, which stays on loopback.
pub async fn the_diagnostics_are_elsewhere(context: &Context) -> Result<()> {
    let service = context.shared().await?;
    for path in ["/debug/pprof/", "/debug/memstats"] {
        service.client.get(path).refused("not_found").await?;
        service.diagnostics().get(path).expect(200).await?;
    }
    let address = service.server.debug_address();
    ensure!(
        address.ip().is_loopback(),
        "the diagnostics are on {address}"
    );
    Ok(())
}

/// What is not HTTP never reaches the API, which has no say in how it is refused; but it goes on serving others.
pub async fn broken_http_hurts_nobody(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let long = "x".repeat(2 << 20);
    let long_header = format!("GET /rooms HTTP/1.1\r\nHost: localhost\r\nX: {long}\r\n\r\n");
    let requests: [&[u8]; 9] = [
        b"\r\n\r\n",
        b"\0\x01\x02\x03\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /rooms\r\n\r\n",
        b"GET /rooms HTTP/9.9\r\n\r\n",
        b"GET /rooms HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"POST /auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        long_header.as_bytes(),
        &client.get(b"/rooms/\xff\xfe\x01").bytes(),
    ];
    for request in requests {
        let rooms = client.get("/rooms");
        let mut wire = Wire::connect(rooms.address()).await?;
        // The server may refuse and close before it has read everything; what counts is the next request.
        if wire.send(request).await.is_ok()
            && wire.end_sending().await.is_ok()
            && let Ok(answer) = wire.read_answer(&Method::GET, "(broken)").await
        {
            ensure!(answer.status.is_client_error(), "it was accepted: {answer}");
        }
        rooms.expect(200).await.context("after broken HTTP")?;
    }
    Ok(())
}
