//! Who is let in: what a token is, and which tokens are none.

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use uuid::Uuid;

use crate::{
    answer::Answer,
    client::Client,
    context::{Context, User, log_in},
    launch::SECRET,
    suite::{bookings, rooms},
    token::{
        Signature::{Empty, Hs256, Hs384, Hs512},
        claims, forge, is_signed, issue, now, read, signed, signing_key,
    },
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
pub async fn every_call(client: &Client, token: Option<&[u8]>) -> Result<Vec<Answer>> {
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
    // Times may have fractions (RFC 7519, section 2).
    let mut to_the_millisecond = claims(&user.id);
    to_the_millisecond["nbf"] = json!(now() as f64 - 1.125);
    to_the_millisecond["exp"] = json!(now() as f64 + 60.125);
    for claims in [claims(&user.id), in_force, to_the_millisecond] {
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
    let forged = [
        with_other_claims(&user),
        with_other_signatures(&user, &committed),
        cut(&user),
    ];
    for (what, token) in forged.into_iter().flatten() {
        let bearer = [b"Bearer ", token.as_slice()].concat();
        for answer in every_call(&client, Some(&bearer)).await? {
            let refused = answer.refused("invalid_token");
            refused.with_context(|| format!("a token {what}"))?;
        }
    }
    Ok(())
}

/// Tokens of a user who exists, each with one thing wrong.
type Forged = Vec<(&'static str, Vec<u8>)>;

/// Signed as the server signs, with one claim that is wrong, or left out where there is no value.
fn with_other_claims(user: &User) -> Forged {
    let nobody = Uuid::new_v4();
    let with_nul = format!("{}\0", user.id);
    let tokens = [
        ("that expired an hour ago", "exp", Some(json!(now() - 3600))),
        ("that expired just now", "exp", Some(json!(now() - 5))),
        ("that never expires", "exp", None),
        ("that expires at no time", "exp", Some(json!("tomorrow"))),
        ("that expires at null", "exp", Some(json!(null))),
        ("that expired in 1969", "exp", Some(json!(-1))),
        ("that is good in an hour", "nbf", Some(json!(now() + 3600))),
        ("that is good soon", "nbf", Some(json!(now() + 120))),
        ("that is good at no time", "nbf", Some(json!("tomorrow"))),
        ("for somebody else", "aud", Some(json!("another-app"))),
        ("for several others", "aud", Some(json!(["a", "b"]))),
        ("of nobody", "sub", None),
        ("of a number", "sub", Some(json!(1))),
        ("of an unknown user", "sub", Some(json!(nobody))),
        ("of an e-mail address", "sub", Some(json!(user.email))),
        ("of a username", "sub", Some(json!(user.username))),
        ("of an empty user", "sub", Some(json!(""))),
        ("of a user with a NUL", "sub", Some(json!(with_nul))),
    ];
    let forge = |(what, name, value): (_, &str, _)| {
        let mut claims = claims(&user.id);
        match value {
            Some(value) => claims[name] = value,
            None => drop(
                claims
                    .as_object_mut()
                    .and_then(|claims| claims.remove(name)),
            ),
        }
        (what, issue(&claims, SECRET).into_bytes())
    };
    tokens.map(forge).into()
}

/// With the right claims and another key or algorithm.
fn with_other_signatures(user: &User, committed_secret: &str) -> Forged {
    let (right, key) = (claims(&user.id), signing_key(SECRET));
    let other = "another-secret-of-as-many-bytes!";
    let keys = [
        ("signed with another secret", issue(&right, other)),
        (
            "signed with the secret itself",
            signed(&right, SECRET.as_bytes()),
        ),
        ("signed with an empty key", signed(&right, b"")),
        (
            "signed with the committed secret",
            issue(&right, committed_secret),
        ),
    ];
    let algorithms = [
        ("with alg none", Some("none"), Empty),
        ("with alg None", Some("None"), Empty),
        ("with alg none, but signed", Some("none"), Hs256),
        ("with alg HS256, not signed", Some("HS256"), Empty),
        ("with HS384 in header and signature", Some("HS384"), Hs384),
        ("with HS512 in header and signature", Some("HS512"), Hs512),
        ("with HS384 in its header alone", Some("HS384"), Hs256),
        ("with HS384 in its signature alone", Some("HS256"), Hs384),
        ("with RS256 in its header", Some("RS256"), Hs256),
        ("with an unknown algorithm", Some("HS257"), Hs256),
        ("without an algorithm", None, Hs256),
    ];
    let forged = algorithms.map(|(what, alg, signature)| {
        let header = match alg {
            Some(alg) => json!({ "typ": "JWT", "alg": alg }),
            None => json!({ "typ": "JWT" }),
        };
        (what, forge(&header, &right, &key, signature))
    });
    let all = keys.into_iter().chain(forged);
    all.map(|(what, token)| (what, token.into_bytes()))
        .collect()
}

/// A token that the server has issued, with something added or taken away, and what is no token at all.
fn cut(user: &User) -> Forged {
    let issued = user.client.token().unwrap_or_default();
    let (body, signature) = issued.rsplit_once('.').unwrap_or_default();
    let other = issue(&claims(SEEDED_ID), SECRET);
    let (other, _) = other.rsplit_once('.').unwrap_or_default();
    let reversed: String = signature.chars().rev().collect();
    let cut = &issued[..issued.len().saturating_sub(4)];
    let tokens = [
        ("with another one's claims", format!("{other}.{signature}")),
        ("with its signature reversed", format!("{body}.{reversed}")),
        ("with its signature cut", cut.to_owned()),
        ("without its signature", format!("{body}.")),
        ("without its last dot", body.to_owned()),
        ("with a fourth part", format!("{issued}.{signature}")),
        ("that is a word", "token".to_owned()),
        ("that is two dots", "..".to_owned()),
        ("that is two tokens", format!("{issued} {issued}")),
        ("of eight kilobytes", "a".repeat(8 * 1024)),
    ];
    let tokens = tokens.map(|(what, token)| (what, token.into_bytes()));
    let not_text = ("that is not UTF-8", b"\xff\xfe.\x80".to_vec());
    tokens.into_iter().chain([not_text]).collect()
}
