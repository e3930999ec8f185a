//! Who is let in: what a token is, and which tokens are none.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    answer::Answer,
    client::Client,
    context::{Context, User, log_in},
    launch::SECRET,
    suite::{bookings, rooms},
    token::{Signature, claims, forge, is_signed, issue, now, read, signed, signing_key},
};

const LIFETIME: i64 = 30 * 60;

/// The id of the user that every new database has.
const SEEDED_ID: &str = "5c7d1e90-2f4a-4c8b-b6e3-7a8f9d0c1b04";

pub async fn the_issued_token_is_the_one_of_the_contract(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let before = now();
    let token = log_in(&user.client, &user.username, &user.password).await?;
    let (header, claims) = read(&token)?;
    ensure!(header["alg"] == "HS256", "the token's header is {header}");
    ensure!(claims["sub"] == user.id, "the token's claims are {claims}");
    let [issued, expires] = ["iat", "exp"].map(|name| claims[name].as_i64().unwrap_or(0));
    let lifetime = expires - issued;
    ensure!(
        lifetime == LIFETIME,
        "a token lives for 30 minutes: {claims}"
    );
    let (after, is_now) = (now(), (before - 1..=now() + 1).contains(&issued));
    ensure!(is_now, "it is {after}, the token's claims are {claims}");
    let by_secret = is_signed(&token, SECRET.as_bytes());
    ensure!(
        is_signed(&token, &signing_key(SECRET)),
        "it is not signed with the key that is derived from the secret (with the secret itself: {by_secret})"
    );
    Ok(())
}

/// Every call that needs a token, on things that exist or not.
async fn every_call(client: &Client, token: Option<&[u8]>) -> Result<Vec<Answer>> {
    let booking = json!({ "room_id": Uuid::new_v4(), "booked_on": "2031-01-01" });
    let path = format!("/bookings/{}", Uuid::new_v4());
    let mut answers = Vec::new();
    for call in [
        client.get("/bookings"),
        client.post("/bookings", &booking),
        client.get(&path),
        client.delete(&path),
    ] {
        let call = match token {
            Some(token) => call.authorization(token),
            None => call,
        };
        answers.push(call.send().await?);
    }
    Ok(answers)
}

pub async fn without_a_token(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let client = context.client().await?;
    for answer in every_call(&client, None).await? {
        answer.refused("missing_token")?;
    }
    let token = user.client.token().unwrap_or_default();
    for header in [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "Basic aXBlc2VudGk6YWJjZA==",
        token,
        &format!("Token {token}"),
    ] {
        for answer in every_call(&client, Some(header.as_bytes())).await? {
            answer.expect(401)?;
        }
    }
    // Schemes are compared without case (RFC 9110, section 11.1).
    let lower = client
        .get("/bookings")
        .authorization(format!("bearer {token}"));
    lower.expect(200).await?;
    Ok(())
}

/// The control for the forged ones: made in the same way, with nothing wrong.
pub async fn a_token_made_with_the_key_is_accepted(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let mut in_force = claims(&user.id);
    in_force["nbf"] = json!(now() - 1);
    for claims in [claims(&user.id), in_force] {
        let client = user.client.with_token(&issue(&claims, SECRET));
        client.get("/bookings").expect(200).await?;
    }
    Ok(())
}

/// A user is who they are by their id: a new name or address changes nothing, and who takes the old one is somebody else.
pub async fn a_user_is_an_id(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let service = context.shared().await?;
    let room = rooms::any_id(&user.client).await?;
    let booked = bookings::book(&user.client, &room, &context.day()).await?;

    let (name, email) = (
        format!("renamed-{}", user.username),
        format!("moved-{}", user.email),
    );
    let sql = "update users set username = $1, email = $2 where id = $3";
    let moved = service
        .database
        .execute(sql, &[&name, &email, &user.id])
        .await?;
    ensure!(moved == 1, "{moved} users have moved");
    let newcomer = User::sign_up_as(&service.client, &user.username, &user.email).await?;

    let of_user = bookings::list(&user.client).await?;
    ensure!(
        of_user.iter().any(|booking| booking.id == booked),
        "with a new name and address, their bookings are {of_user:?}"
    );
    let of_newcomer = bookings::list(&newcomer.client).await?;
    ensure!(
        of_newcomer.is_empty(),
        "who took the old address has the bookings {of_newcomer:?}"
    );
    // Whoever had the address when a token was issued, the token is no key to it.
    let client = user.client.with_token(&issue(&claims(&user.email), SECRET));
    client.get("/bookings").refused("invalid_token").await?;
    Ok(())
}

pub async fn forged_tokens_are_refused(context: &Context) -> Result<()> {
    let user = context.user().await?;
    let client = context.client().await?;
    let committed = context.target().checkpoint.committed_secret()?;
    for (what, token) in forged(&user, &committed) {
        let bearer = [b"Bearer ", token.as_slice()].concat();
        for answer in every_call(&client, Some(&bearer)).await? {
            let refused = answer.refused("invalid_token");
            refused.with_context(|| format!("a token {what}"))?;
        }
    }
    Ok(())
}

/// Tokens of a user who exists, each with one thing wrong.
fn forged(user: &User, committed_secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let issued = user.client.token().unwrap_or_default();
    let (right, key) = (claims(&user.id), signing_key(SECRET));
    let with = |name: &str, value: Value| {
        let mut claims = right.clone();
        claims[name] = value;
        issue(&claims, SECRET)
    };
    let without = |name: &str| {
        let mut claims = right.clone();
        claims
            .as_object_mut()
            .expect("claims are an object")
            .remove(name);
        issue(&claims, SECRET)
    };
    let headed = |alg: &str, signature| {
        forge(
            &json!({ "typ": "JWT", "alg": alg }),
            &right,
            &key,
            signature,
        )
    };
    let signature = issued.rsplit('.').next().unwrap_or_default();
    let body = issued.trim_end_matches(signature);
    let other_claims = issue(&claims(SEEDED_ID), SECRET);
    let swapped = format!(
        "{}.{signature}",
        other_claims.rsplit_once('.').expect("a token has dots").0
    );
    let reversed: String = signature.chars().rev().collect();
    let tokens = vec![
        ("that expired an hour ago", with("exp", json!(now() - 3600))),
        (
            "that expired five seconds ago",
            with("exp", json!(now() - 5)),
        ),
        ("that never expires", without("exp")),
        ("that expires at no time", with("exp", json!("tomorrow"))),
        ("that expires at null", with("exp", json!(null))),
        ("that expired in 1969", with("exp", json!(-1))),
        ("that is good in an hour", with("nbf", json!(now() + 3600))),
        (
            "that is good in two minutes",
            with("nbf", json!(now() + 120)),
        ),
        ("that is good at no time", with("nbf", json!("tomorrow"))),
        ("of nobody", without("sub")),
        ("of a number", with("sub", json!(1))),
        ("of an unknown user", with("sub", json!(Uuid::new_v4()))),
        ("of an e-mail address", with("sub", json!(user.email))),
        ("of a username", with("sub", json!(user.username))),
        ("of an empty user", with("sub", json!(""))),
        (
            "of a user with a NUL",
            with("sub", json!(format!("{}\0", user.id))),
        ),
        (
            "signed with another secret",
            issue(&right, "another-secret-of-as-many-bytes!"),
        ),
        (
            "signed with the secret itself",
            signed(&right, SECRET.as_bytes()),
        ),
        ("signed with an empty key", signed(&right, b"")),
        (
            "signed with the committed secret",
            issue(&right, committed_secret),
        ),
        ("with alg none", headed("none", Signature::Empty)),
        ("with alg None", headed("None", Signature::Empty)),
        (
            "with alg none, but signed",
            headed("none", Signature::Hs256),
        ),
        (
            "with alg HS256, not signed",
            headed("HS256", Signature::Empty),
        ),
        (
            "with HS384 in header and signature",
            headed("HS384", Signature::Hs384),
        ),
        (
            "with HS512 in header and signature",
            headed("HS512", Signature::Hs512),
        ),
        (
            "with HS384 in its header alone",
            headed("HS384", Signature::Hs256),
        ),
        (
            "with HS384 in its signature alone",
            headed("HS256", Signature::Hs384),
        ),
        (
            "with RS256 in its header",
            headed("RS256", Signature::Hs256),
        ),
        (
            "with an unknown algorithm",
            headed("HS257", Signature::Hs256),
        ),
        (
            "without an algorithm",
            forge(&json!({ "typ": "JWT" }), &right, &key, Signature::Hs256),
        ),
        ("with another one's claims", swapped),
        ("with its signature reversed", format!("{body}{reversed}")),
        (
            "with its signature cut",
            issued[..issued.len() - 4].to_owned(),
        ),
        ("without its signature", body.to_owned()),
        (
            "without its last dot",
            body.trim_end_matches('.').to_owned(),
        ),
        ("with a fourth part", format!("{issued}.{signature}")),
        ("that is a word", "token".to_owned()),
        ("that is two dots", "..".to_owned()),
        ("that is two tokens", format!("{issued} {issued}")),
        ("of eight kilobytes", "a".repeat(8 * 1024)),
    ];
    let texts = tokens
        .into_iter()
        .map(|(what, token)| (what, token.into_bytes()));
    texts
        .chain([("that is not UTF-8", vec![0xff, 0xfe, b'.', 0x80])])
        .collect()
}

pub async fn a_deleted_user_is_refused_within_seconds(context: &Context) -> Result<()> {
    const LIMIT: Duration = Duration::from_secs(5);
    let user = context.user().await?;
    let service = context.shared().await?;
    let client = &user.client;
    let room = rooms::any_id(client).await?;
    let booking = || json!({ "room_id": room, "booked_on": context.day() });
    // Whatever the server remembers of the user, it now does.
    client.get("/bookings").expect(200).await?;
    client.post("/bookings", &booking()).expect(201).await?;

    let sql = "delete from users where email = $1";
    let gone = service.database.execute(sql, &[&user.email]).await?;
    ensure!(gone == 1, "{gone} users were deleted");
    let deleted = Instant::now();
    // Within that time the server may or may not know, but it may not fail.
    while deleted.elapsed() < LIMIT {
        let read = client.get("/bookings").send().await?;
        ensure!([200, 401].contains(&read.status.as_u16()), "{read}");
        let booked = client.post("/bookings", &booking()).send().await?;
        ensure!([201, 401].contains(&booked.status.as_u16()), "{booked}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for answer in every_call(client, None).await? {
        answer.refused("invalid_token")?;
    }
    Ok(())
}
