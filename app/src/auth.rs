//! Sign up and log in.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use axum::{Json, Router, extract::State, http::StatusCode, routing::post};
use serde::{Deserialize, Serialize};
use tracing::debug_span;
use uuid::Uuid;

use crate::{
    AppState,
    body::Body,
    db::{Db, on_pool, on_writer},
    error::Error,
    hashing::Hasher,
    values::{Email, Password, Username},
};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/auth/signup", post(sign_up))
        .route("/auth/login", post(log_in))
}

#[derive(Debug, Deserialize)]
struct SignUp {
    username: Username,
    password: Password,
    email: Email,
}

#[derive(Debug, Serialize)]
struct SignedUp {
    id: String,
}

async fn sign_up(
    State(state): State<AppState>,
    Body(new): Body<SignUp>,
) -> Result<(StatusCode, Json<SignedUp>), Error> {
    let id = Uuid::new_v4().to_string();
    let hash = state.hashing.run(move |hasher| hash(hasher, &new.password));
    let hash = hash.await??;
    insert_user(&state.db, &id, &new.email, &new.username, &hash).await?;
    Ok((StatusCode::CREATED, Json(SignedUp { id })))
}

/// Credentials are compared, not judged: what could never have been signed up is simply wrong.
#[derive(Deserialize)]
struct LogIn {
    username: String,
    password: String,
}

#[derive(Serialize)]
struct LoggedIn {
    token: String,
}

async fn log_in(
    State(state): State<AppState>,
    Body(credentials): Body<LogIn>,
) -> Result<Json<LoggedIn>, Error> {
    let user = user_by_name(&state.db, &credentials.username).await?;
    let Some((id, hash)) = user else {
        // An unknown name takes as long as a wrong password, so that nobody can find out who has signed up.
        let work = move |hasher: &Hasher| {
            hashing(|| hasher.hash_password(credentials.password.as_bytes()))
        };
        state.hashing.run(work).await??;
        return Err(Error::invalid_credentials());
    };
    let work = move |hasher: &Hasher| is_password(hasher, &credentials.password, &hash);
    if !state.hashing.run(work).await?? {
        return Err(Error::invalid_credentials());
    }
    let token = state.authorization.issue_token(&id)?;
    Ok(Json(LoggedIn { token }))
}

/// Hashes a password with argon2id and a random salt, as a PHC string.
///
/// # Errors
/// When the system has no random numbers.
pub fn hash_password(password: &Password) -> anyhow::Result<String> {
    hash(&Argon2::default(), password)
}

fn hash(hasher: &impl PasswordHasher<PasswordHash>, password: &Password) -> anyhow::Result<String> {
    Ok(hashing(|| hasher.hash_password(password.reveal().as_bytes()))?.to_string())
}

fn is_password(hasher: &Hasher, password: &str, hash: &str) -> anyhow::Result<bool> {
    let hash = PasswordHash::new(hash)?;
    Ok(hashing(|| hasher.verify_password(password.as_bytes(), &hash)).is_ok())
}

/// All of the app's work with argon2, in a span of its own.
fn hashing<T>(work: impl FnOnce() -> T) -> T {
    debug_span!("hashing").in_scope(work)
}

const INSERT_USER: &str =
    "insert into users (id, email, username, password_hash) values ($1, $2, $3, $4)";

async fn insert_user(
    db: &Db,
    id: &str,
    email: &Email,
    username: &Username,
    hash: &str,
) -> Result<(), Error> {
    let inserted = on_writer!(db, "insert_user", pool => {
        let insert = sqlx::query(INSERT_USER).bind(id).bind(&email.0).bind(&username.0);
        insert.bind(hash).execute(pool).await.map(drop)
    });
    inserted.map_err(|error| match error.as_database_error() {
        Some(cause) if cause.is_unique_violation() => taken(cause),
        _ => error.into(),
    })
}

/// PostgreSQL names the constraint, SQLite names the column in its message.
fn taken(cause: &dyn sqlx::error::DatabaseError) -> Error {
    let email = cause
        .constraint()
        .unwrap_or(cause.message())
        .contains("email");
    let (code, what) = if email {
        ("email_in_use", "e-mail address")
    } else {
        ("username_in_use", "username")
    };
    Error::new(StatusCode::CONFLICT, code, format!("this {what} is taken"))
}

const USER_BY_NAME: &str = "select id, password_hash from users where username = $1";

async fn user_by_name(db: &Db, username: &str) -> Result<Option<(String, String)>, Error> {
    // PostgreSQL has no text with NUL in it, so nobody has such a name.
    if username.contains('\0') {
        return Ok(None);
    }
    let user = on_pool!(db, "user_by_name", pool => {
        sqlx::query_as(USER_BY_NAME).bind(username).fetch_optional(pool).await
    })?;
    Ok(user)
}
