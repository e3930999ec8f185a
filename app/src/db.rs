//! SQLite or PostgreSQL behind one type.
//!
//! Both understand the same SQL where it stays simple: `$1` parameters, ids as text, dates and times as bound values.

use std::{fs, future::Future, path::Path, pin::Pin, str::FromStr};

use anyhow::{Context, Result, bail};
use sqlx::{
    PgPool, SqlitePool,
    migrate::Migrator,
    postgres::PgPoolOptions,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::{
    HOME,
    config::{Config, JournalMode},
};

/// The connections to the database that the configuration names.
///
/// SQLite lets one connection write at a time. The others would poll for their turn, so one is made the writer
/// and requests queue for it; those that read need not wait.
#[derive(Clone, Debug)]
pub enum Db {
    Sqlite {
        readers: SqlitePool,
        writer: SqlitePool,
    },
    Postgres(PgPool),
}

/// Runs the same expression on whichever pool there is for reading, in a span of that name.
macro_rules! on_pool {
    ($db:expr, $name:literal, $pool:ident => $run:expr) => {
        $crate::db::in_span!($name, db = $db.kind(); match $db {
            $crate::db::Db::Sqlite { readers: $pool, .. } => $run,
            $crate::db::Db::Postgres($pool) => $run,
        })
    };
}
pub(crate) use on_pool;

/// The same on whichever pool there is for writing. A statement is a transaction of its own, so when this returns, it
/// has been committed.
macro_rules! on_writer {
    ($db:expr, $name:literal, $pool:ident => $run:expr) => {
        $crate::db::in_span!($name, db = $db.kind(); match $db {
            $crate::db::Db::Sqlite { writer: $pool, .. } => $crate::db::in_span!("commit"; $run),
            $crate::db::Db::Postgres($pool) => $crate::db::in_span!("commit"; $run),
        })
    };
}
pub(crate) use on_writer;

/// What the two above are made of: an expression that awaits, in a span.
macro_rules! in_span {
    ($name:literal $(, $field:ident = $value:expr)?; $run:expr) => {
        tracing::Instrument::instrument(
            async { $run },
            tracing::debug_span!($name $(, $field = $value)?),
        )
        .await
    };
}
pub(crate) use in_span;

/// A future is compiled where it is polled, unless it is behind a pointer. So each benchmark, example and test that
/// awaits one of these need not compile the database's drivers once more.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl Db {
    /// Connects, and brings the schema up to date.
    ///
    /// # Errors
    /// When the URL is not one of SQLite or PostgreSQL, the database does not answer, or a migration fails.
    pub fn connect(config: &Config) -> BoxFuture<'_, Result<Self>> {
        Box::pin(Self::connect_and_migrate(config))
    }

    async fn connect_and_migrate(config: &Config) -> Result<Self> {
        let url = &config.database_url;
        let db = match url.scheme() {
            "sqlite" => open_sqlite(config).await,
            "postgres" | "postgresql" => open_postgres(config).await,
            other => bail!(
                "`database_url` starts with `{other}`: expected sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME"
            ),
        };
        let db = db.with_context(|| format!("cannot open the database {url}"))?;
        let migrated = db.migrate().await;
        migrated.with_context(|| format!("cannot bring the schema of {url} up to date"))?;
        Ok(db)
    }

    /// The name of the database's kind, as its folder of migrations has it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    async fn migrate(&self) -> Result<()> {
        let folder = Path::new(HOME).join("migrations").join(self.kind());
        let mut migrator = Migrator::new(folder).await?;
        // A database that a later version of the app has migrated only has more.
        migrator.set_ignore_missing(true);
        on_writer!(self, "migrate", pool => migrator.run(pool).await)?;
        Ok(())
    }

    /// Waits for the statements that are running, then closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { readers, writer } => {
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }
}

async fn open_postgres(config: &Config) -> Result<Db> {
    let pool = PgPoolOptions::new().max_connections(config.pool_size);
    Ok(Db::Postgres(
        pool.connect(config.database_url.reveal()).await?,
    ))
}

async fn open_sqlite(config: &Config) -> Result<Db> {
    let options = SqliteConnectOptions::from_str(config.database_url.reveal())?
        .create_if_missing(true)
        .foreign_keys(true)
        .journal_mode(match config.journal_mode {
            JournalMode::Delete => SqliteJournalMode::Delete,
            JournalMode::Wal => SqliteJournalMode::Wal,
        })
        .synchronous(SqliteSynchronous::Full);
    if let Some(folder) = options.get_filename().parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("cannot create the folder {}", folder.display()))?;
    }
    let writer = SqlitePoolOptions::new().max_connections(1);
    // A connection to a file is not lost between two batches, and each test of it is a way to its thread and back.
    let writer = writer.test_before_acquire(false);
    let writer = writer.connect_with(options.clone()).await?;
    let readers = SqlitePoolOptions::new().max_connections(config.pool_size);
    let readers = readers.connect_with(options.read_only(true)).await?;
    Ok(Db::Sqlite { readers, writer })
}
