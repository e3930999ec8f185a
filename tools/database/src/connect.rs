//! One connection to an existing database. Creating the tables is the service's business.

use std::{env, fs, path::Path, str::FromStr};

use anyhow::{Context, Result, bail};
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection,
    sqlite::SqliteConnectOptions,
};

/// What a user may write for a database: `01`, the one of the first checkpoint, or an address.
///
/// A checkpoint's database is where the checkpoint itself looks for it: at `DATABASE_URL` if that is set,
/// else in the folder `data/` of the crate.
///
/// # Errors
/// When it is neither an address nor the number of a checkpoint.
pub fn address(text: &str) -> Result<String> {
    if text.contains(':') {
        return Ok(text.to_owned());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let steps = fs::read_dir(root.join("steps"))?.filter_map(|step| Some(step.ok()?.path()));
    let number = format!("{text}-");
    let step = steps.into_iter().find(|step| {
        step.file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with(&number))
    });
    let step = match (text, step) {
        ("app", _) => root.join("app"),
        (_, Some(step)) => step,
        _ => bail!(
            "there is no checkpoint `{text}`: expected one such as 01, or sqlite://PATH, or postgres://USER:PASSWORD@HOST/NAME"
        ),
    };
    if let Ok(url) = env::var("DATABASE_URL") {
        return Ok(url);
    }
    let file = step.canonicalize()?.join("data/coworking.db");
    Ok(format!("sqlite://{}", file.display()))
}

/// A connection to either kind of database.
#[derive(Debug)]
pub enum Database {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Database {
    /// Connects to a checkpoint's database (`01`), `sqlite://PATH` or `postgres://…`.
    ///
    /// # Errors
    /// When the URL is of another kind, or there is no such database.
    pub async fn connect(url: &str) -> Result<Self> {
        let url = &address(url)?;
        match url.split(':').next() {
            Some("sqlite") => {
                let options = SqliteConnectOptions::from_str(url)
                    .context("the URL is wrong: expected sqlite://PATH")?;
                let connection = options.foreign_keys(true).connect().await;
                Ok(Self::Sqlite(connection.with_context(|| {
                    format!("cannot open {url}: start the service once, it creates the database")
                })?))
            }
            Some("postgres" | "postgresql") => {
                let connection = PgConnection::connect(url).await;
                Ok(Self::Postgres(connection.context(
                    "cannot connect to the PostgreSQL database: is the server running?",
                )?))
            }
            _ => bail!(
                "`{url}` is not a database's address: expected sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME"
            ),
        }
    }

    /// Runs statements that this program wrote itself.
    ///
    /// # Errors
    /// When the database refuses one.
    pub async fn execute(&mut self, sql: String) -> sqlx::Result<()> {
        let statements = sqlx::raw_sql(AssertSqlSafe(sql));
        match self {
            Self::Sqlite(connection) => statements.execute(connection).await.map(drop),
            Self::Postgres(connection) => statements.execute(connection).await.map(drop),
        }
    }

    /// The rows' first column, which must be text.
    ///
    /// # Errors
    /// When the database refuses the query.
    pub async fn texts(&mut self, sql: &'static str) -> sqlx::Result<Vec<String>> {
        match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_all(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_all(connection).await,
        }
    }
}
