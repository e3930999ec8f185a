//! One connection to an existing database. Creating the tables is the service's business.

use std::{
    env,
    path::{Path, PathBuf},
    str::FromStr,
};

use anyhow::{Context, Error, Result, anyhow};
use course::Course;
use sqlx::{
    AssertSqlSafe, ConnectOptions, Connection, PgConnection, SqliteConnection,
    sqlite::SqliteConnectOptions,
};
use terminal::Usage;

/// What a user may write for a database: `01` or `discovery`, the one of the first checkpoint, or an address.
///
/// A checkpoint's database is where the checkpoint itself looks for it: at `DATABASE_URL` if that is set,
/// else in the folder `data/` of the crate.
///
/// # Errors
/// When it is neither an address nor a checkpoint.
pub fn address(text: &str) -> Result<String> {
    if text.contains(':') {
        return Ok(text.to_owned());
    }
    // This works from any folder, hence not the course around the current one.
    let course = Course::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))?;
    let checkpoint = course
        .checkpoint(text)
        .context("neither sqlite://PATH nor postgres://USER:PASSWORD@HOST/NAME")?;
    if let Ok(url) = env::var("DATABASE_URL") {
        return Ok(url);
    }
    let file = course.dir_of(&checkpoint).join("data/coworking.db");
    Ok(sqlite(&file))
}

/// The address of a file, in whose path these two would begin something else.
fn sqlite(file: &Path) -> String {
    let path = file.display().to_string();
    format!("sqlite://{}", path.replace('%', "%25").replace('?', "%3F"))
}

/// The file of an SQLite database's address.
pub fn file(url: &str) -> Option<PathBuf> {
    let options =
        SqliteConnectOptions::from_str(url.starts_with("sqlite:").then_some(url)?).ok()?;
    Some(options.get_filename().to_owned())
}

/// What went wrong, without the causes that sqlx's own message has in it already.
pub fn told_once(error: sqlx::Error) -> Error {
    anyhow!("{error}")
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
                    .map_err(|error| Usage(format!("the address is not sqlite://PATH: {error}")))?;
                let connection = options.foreign_keys(true).connect().await;
                let connection = connection.map_err(told_once).with_context(|| {
                    format!("cannot open {url}: start the service once, it creates the database")
                });
                Ok(Self::Sqlite(connection?))
            }
            Some("postgres" | "postgresql") => {
                let connection = PgConnection::connect(url).await.map_err(told_once);
                let connection = connection
                    .context("cannot connect to the PostgreSQL database: is the server running?");
                Ok(Self::Postgres(connection?))
            }
            _ => Err(Usage(format!(
                "`{url}` is not a database's address: expected sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME"
            ))
            .into()),
        }
    }

    /// Runs a statement that this program wrote itself, and tells how many rows it changed.
    ///
    /// # Errors
    /// When the database refuses it.
    pub async fn execute(&mut self, sql: String) -> Result<u64> {
        let statement = sqlx::raw_sql(AssertSqlSafe(sql));
        let done = match self {
            Self::Sqlite(connection) => {
                let done = statement.execute(connection).await;
                done.map(|done| done.rows_affected())
            }
            Self::Postgres(connection) => {
                let done = statement.execute(connection).await;
                done.map(|done| done.rows_affected())
            }
        };
        done.map_err(told_once)
    }

    /// The rows' first column, which must be text.
    ///
    /// # Errors
    /// When the database refuses the query.
    pub async fn texts(&mut self, sql: &'static str) -> Result<Vec<String>> {
        let texts = match self {
            Self::Sqlite(connection) => sqlx::query_scalar(sql).fetch_all(connection).await,
            Self::Postgres(connection) => sqlx::query_scalar(sql).fetch_all(connection).await,
        };
        texts.map_err(told_once)
    }
}
