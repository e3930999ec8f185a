//! `POST /auth/signup` and `POST /auth/login`.

use anyhow::{Result, ensure};
use http::header::DATE;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    client::{Call, Client},
    context::{Context, SEEDED, User, log_in},
    suite::bookings::Made,
};

fn fresh() -> String {
    Uuid::new_v4().simple().to_string()
}

fn sign_up(client: &Client, username: &str, password: &str, email: &str) -> Call {
    let body = json!({ "username": username, "password": password, "email": email });
    client.post("/auth/signup", &body)
}

pub async fn sign_up_and_log_in(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let (name, password) = (fresh(), "correct horse battery");
    let call = sign_up(&client, &name, password, &format!("{name}@example.com"));
    call.expect(201).await?.json::<Made>()?;
    let credentials = json!({ "username": name, "password": password });
    let body: Value = client.post("/auth/login", &credentials).read().await?;
    let token = body["token"].as_str().unwrap_or_default();
    ensure!(
        body == json!({ "token": token }),
        "expected a token alone, {body}"
    );
    Ok(())
}

pub async fn the_seeded_user_logs_in(context: &Context) -> Result<()> {
    let client = User::seeded(&context.client().await?).await?;
    client.get("/bookings").expect(200).await?;
    Ok(())
}

pub async fn wrong_sign_ups_are_refused(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let right = || json!({ "username": fresh(), "password": "12345678", "email": format!("{}@example.com", fresh()) });
    let refused = |body: &Value| client.post("/auth/signup", body).refused("validation");
    for field in ["username", "password", "email"] {
        let mut body = right();
        body.as_object_mut().and_then(|body| body.remove(field));
        refused(&body).await?;
        for wrong in [
            json!(null),
            json!(1),
            json!(true),
            json!([]),
            json!({}),
            json!(""),
        ] {
            body[field] = wrong;
            refused(&body).await?;
        }
    }
    for (field, wrong) in [
        ("username", "ab".to_owned()),
        ("username", "a".repeat(65)),
        ("username", "é".repeat(65)),
        ("username", "line\nbreak".to_owned()),
        ("username", "nul\0byte".to_owned()),
        ("password", "1234567".to_owned()),
        ("password", "p".repeat(129)),
        ("password", "é".repeat(129)),
        ("email", "somebody".to_owned()),
        ("email", "@example.com".to_owned()),
        ("email", "somebody@".to_owned()),
        ("email", "some body@example.com".to_owned()),
        ("email", "some\0body@example.com".to_owned()),
        ("password", "é".repeat(7)),
        ("email", long_email(255)),
    ] {
        let mut body = right();
        body[field] = json!(wrong);
        refused(&body).await?;
    }
    Ok(())
}

/// An address of this length with parts no longer than the standards allow.
fn long_email(length: usize) -> String {
    let (name, labels) = (fresh(), format!("{}.", "d".repeat(60)).repeat(5));
    let domain = &labels[..length - name.len() - 1 - ".com".len()];
    format!("{name}@{}x.com", &domain[..domain.len() - 1])
}

pub async fn the_limits_of_a_sign_up(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let (name, email) = (fresh(), || format!("{}@example.com", fresh()));
    let two_bytes_each = "é".repeat(64 - name.len()) + &name;
    for (username, password, email) in [
        // Three characters leave little choice; this one is not likely to meet another case's.
        ("€ß¿".to_owned(), "12345678".to_owned(), email()),
        (two_bytes_each, "12345678".to_owned(), email()),
        (fresh(), "p".repeat(128), email()),
        (fresh(), "é".repeat(128), email()),
        (fresh(), "é".repeat(8), email()),
        (fresh(), "12345678".to_owned(), long_email(254)),
    ] {
        sign_up(&client, &username, &password, &email)
            .expect(201)
            .await?;
        log_in(&client, &username, &password).await?;
    }
    Ok(())
}

pub async fn a_taken_name_or_address_is_refused(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let client = context.client().await?;
    let (name, email) = (fresh(), format!("{}@example.com", fresh()));
    let (taken_name, taken_email) = (&user.username, &user.email);
    let sign_up = |name, email| sign_up(&client, name, "12345678", email);
    sign_up(taken_name, &email)
        .refused("username_in_use")
        .await?;
    sign_up(&name, taken_email).refused("email_in_use").await?;
    sign_up(taken_name, taken_email).expect(409).await?;
    // What was refused has left nothing behind: both are still free.
    sign_up(&name, &email).expect(201).await?;
    // And the user is the one from before.
    log_in(&client, &user.username, &user.password).await?;
    Ok(())
}

pub async fn addresses_are_compared_in_lower_case(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let lower = format!("{}@example.com", fresh());
    let mixed = lower.to_uppercase().replace("EXAMPLE", "Example");
    sign_up(&client, &fresh(), "12345678", &mixed)
        .expect(201)
        .await?;
    let again = sign_up(&client, &fresh(), "12345678", &lower);
    again.refused("email_in_use").await?;
    Ok(())
}

/// Nothing in the two answers may tell which of the two it was.
pub async fn wrong_credentials_are_refused_alike(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let client = context.client().await?;
    for password in ["wrong password", "", "x", "nul\0byte", &"long".repeat(100)] {
        let known = json!({ "username": user.username, "password": password });
        let unknown = json!({ "username": fresh(), "password": password });
        let mut known = client.post("/auth/login", &known).send().await?;
        let mut unknown = client.post("/auth/login", &unknown).send().await?;
        for answer in [&mut known, &mut unknown] {
            answer.headers.remove(DATE);
        }
        let same = known.status == unknown.status
            && known.headers == unknown.headers
            && known.body == unknown.body;
        ensure!(same, "they differ: {known}, {unknown}");
        if password == "wrong password" {
            known.refused("invalid_credentials")?;
        }
    }
    // Neither an address nor a name in SQL is a name.
    for username in [
        user.email.as_str(),
        "' or 1=1--",
        "nul\0byte",
        "%",
        &"long".repeat(1000),
    ] {
        let body = json!({ "username": username, "password": user.password });
        client
            .post("/auth/login", &body)
            .refused("invalid_credentials")
            .await?;
    }
    Ok(())
}

pub async fn a_login_without_credentials_is_refused(context: &Context) -> Result<()> {
    let client = context.client().await?;
    let (username, password, _) = SEEDED;
    for body in [
        json!({}),
        json!({ "username": username }),
        json!({ "password": password }),
        json!({ "username": null, "password": password }),
        json!({ "username": username, "password": 1 }),
        json!([username, password, 1]),
        json!("ipesenti"),
        json!(null),
    ] {
        client
            .post("/auth/login", &body)
            .refused("validation")
            .await?;
    }
    Ok(())
}

/// Clocks on shared machines are no measure. The processor time that the server uses is: without hashing a password
/// the unknown user would cost some hundredths of the known one.
pub async fn an_unknown_user_costs_as_much_as_a_wrong_password(context: &Context) -> Result<()> {
    const REQUESTS: usize = 20;
    const FACTOR: u64 = 3;
    if !cfg!(target_os = "linux") {
        eprintln!(
            "contract: only Linux tells another process's processor time; the cost of a login is not compared"
        );
        return Ok(());
    }
    let service = context.start().await?;
    let cost = async |username: &str| -> Result<u64> {
        let before = service.server.cpu_ticks()?;
        for _ in 0..REQUESTS {
            let body = json!({ "username": username, "password": "wrong password" });
            service
                .client
                .post("/auth/login", &body)
                .expect(401)
                .await?;
        }
        Ok(service.server.cpu_ticks()? - before)
    };
    let (known, unknown) = (cost(SEEDED.0).await?, cost(&fresh()).await?);
    ensure!(
        known >= 10,
        "{REQUESTS} logins cost {known} clock ticks: too cheap for a password's hash"
    );
    ensure!(
        unknown <= known * FACTOR && known <= unknown * FACTOR,
        "{REQUESTS} logins cost {known} clock ticks with a wrong password, {unknown} of an unknown user"
    );
    Ok(())
}
