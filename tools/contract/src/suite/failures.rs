//! What the API says when it is the server's fault.

use anyhow::{Result, ensure};
use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{context::Context, context::User, suite::rooms};

/// Words that would tell a caller how the server is made.
const INSIDES: [&str; 10] = [
    "sql", "table", "relation", "column", "select", "insert", "database", "panic", "users",
    "no such",
];

/// Takes the tables away below a running server: each call that needs one fails, and says nothing about why.
pub async fn failures_are_generic(context: &Context) -> Result<()> {
    let service = context.start().await?;
    let user = User::sign_up(&service.client).await?;
    let room = rooms::any_id(&user.client).await?;
    for table in ["bookings", "photos", "rooms", "users"] {
        service
            .database
            .execute(&format!("alter table {table} rename to {table}_gone"), &[])
            .await?;
    }
    // Tokens of a user whom the server remembers, and of one whom it must look up now: each call fails either way.
    let name = Uuid::new_v4().simple().to_string();
    let sign_up =
        json!({ "username": name, "password": "12345678", "email": format!("{name}@example.com") });
    let log_in = json!({ "username": user.username, "password": user.password });
    let booking = json!({ "room_id": room, "booked_on": context.day() });
    let id = Uuid::new_v4();
    for call in [
        user.client
            .call(Method::POST, "/auth/signup")
            .json(&sign_up),
        user.client.call(Method::POST, "/auth/login").json(&log_in),
        user.client.call(Method::GET, "/rooms"),
        user.client
            .call(Method::GET, "/rooms?day_to_book=2031-01-01"),
        user.client.call(Method::GET, &format!("/rooms/{room}")),
        user.client
            .call(Method::GET, &format!("/rooms/{room}/photos")),
        user.client.call(Method::GET, "/bookings"),
        user.client.call(Method::GET, &format!("/bookings/{id}")),
        user.client.call(Method::DELETE, &format!("/bookings/{id}")),
        user.client.call(Method::POST, "/bookings").json(&booking),
    ] {
        let answer = call.send().await?.expect_error(500, "internal")?;
        let body: Value = answer.json()?;
        let message = body["message"].as_str().unwrap_or_default().to_lowercase();
        ensure!(
            !INSIDES.iter().any(|word| message.contains(word)),
            "it tells too much: {answer}"
        );
    }
    // Whoever runs the server learns why from its log.
    let says_why = |log: &str| log.contains("users") || log.contains("rooms");
    let log = service.server.log_when(says_why).await?;
    ensure!(
        says_why(&log),
        "the log does not say what is missing:\n{log}"
    );
    // And once the tables are back, so is the service.
    for table in ["bookings", "photos", "rooms", "users"] {
        service
            .database
            .execute(&format!("alter table {table}_gone rename to {table}"), &[])
            .await?;
    }
    rooms::list(&user.client, "").await?;
    user.client.post("/bookings", &booking).await?.expect(201)?;
    Ok(())
}
