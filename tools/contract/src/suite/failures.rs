//! What the API says when it is the server's fault.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    context::{Context, User},
    suite::rooms,
};

/// Words that would tell a caller how the server is made.
const INSIDES: [&str; 10] = [
    "sql", "table", "relation", "column", "select", "insert", "database", "panic", "users",
    "no such",
];

/// Takes the tables away below a running server: each call that needs one fails, and says nothing about why.
pub async fn failures_are_generic(context: &Context) -> Result<()> {
    let service = context.start().await?;
    let user = User::sign_up(&service.client).await?;
    let client = &user.client;
    let room = rooms::any_id(client).await?;
    let rename = async |from: &str, to: &str| -> Result<()> {
        for table in ["bookings", "photos", "rooms", "users"] {
            let sql = format!("alter table {table}{from} rename to {table}{to}");
            service.database.execute(&sql, &[]).await?;
        }
        Ok(())
    };
    rename("", "_gone").await?;
    // Tokens of a user whom the server remembers, and of one whom it must look up now: each call fails either way.
    let name = Uuid::new_v4().simple().to_string();
    let sign_up =
        json!({ "username": name, "password": "12345678", "email": format!("{name}@example.com") });
    let booking = json!({ "room_id": room, "booked_on": context.day() });
    let id = Uuid::new_v4();
    for call in [
        client.post("/auth/signup", &sign_up),
        client.post("/auth/login", &user.credentials()),
        client.get("/rooms"),
        client.get("/rooms?day_to_book=2031-01-01"),
        client.get(format!("/rooms/{room}")),
        client.get(format!("/rooms/{room}/photos")),
        client.get("/bookings"),
        client.get(format!("/bookings/{id}")),
        client.delete(format!("/bookings/{id}")),
        client.post("/bookings", &booking),
    ] {
        let answer = call.refused("internal").await?;
        let body: Value = answer.json()?;
        let message = body["message"].as_str().unwrap_or_default().to_lowercase();
        let tells = INSIDES.iter().any(|word| message.contains(word));
        ensure!(!tells, "it tells too much: {answer}");
    }
    // Whoever runs the server learns why from its log.
    let says_why = |log: &str| log.contains("users") || log.contains("rooms");
    let log = service.server.log_when(says_why).await?;
    ensure!(
        says_why(&log),
        "the log does not say what is missing:\n{log}"
    );
    // And once the tables are back, so is the service.
    rename("_gone", "").await?;
    rooms::list(client, "").await?;
    client.post("/bookings", &booking).expect(201).await?;
    Ok(())
}
