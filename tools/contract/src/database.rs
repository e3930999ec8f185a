//! One fresh database for each server, and a direct connection to it beside the server's own.

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Result, ensure};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::postgres::Postgres;

/// The databases that every checkpoint must work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

impl Kind {
    pub const ALL: [Self; 2] = [Self::Sqlite, Self::Postgres];

    /// What tests are called by.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// A database that no other server uses.
#[derive(Clone, Debug)]
pub struct Database {
    url: String,
    /// Where SQLite's file lies, alone; PostgreSQL has none.
    folder: Option<PathBuf>,
}

/// Runs the same statement on a new connection to either database.
macro_rules! on_connection {
    ($database:expr, $connection:ident => $run:expr) => {
        if $database.folder.is_some() {
            let mut $connection = SqliteConnection::connect(&$database.url).await?;
            let result = $run;
            $connection.close().await?;
            result
        } else {
            let mut $connection = PgConnection::connect(&$database.url).await?;
            let result = $run;
            $connection.close().await?;
            result
        }
    };
}

impl Database {
    /// For SQLite, a path in an empty folder, where the server has to create the file.
    pub fn sqlite(folder: PathBuf) -> Self {
        let url = format!("sqlite://{}", folder.join("coworking.db").display());
        Self {
            url,
            folder: Some(folder),
        }
    }

    /// An empty database in the cluster.
    pub async fn postgres(cluster: &Postgres) -> Result<Self> {
        Ok(Self {
            url: cluster.create_database().await?,
            folder: None,
        })
    }

    /// What the server is given as `--database-url`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Runs one statement behind the server's back and returns how many rows it changed.
    pub async fn execute(&self, sql: &str, parameters: &[&str]) -> Result<u64> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(on_connection!(self, connection => {
            let query = parameters.iter().fold(sqlx::query(sql), |query, parameter| query.bind(*parameter));
            query.execute(&mut connection).await?.rows_affected()
        }))
    }

    /// The one number that a query returns.
    pub async fn number(&self, sql: &str) -> Result<i64> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(
            on_connection!(self, connection => sqlx::query_scalar(sql).fetch_one(&mut connection).await?),
        )
    }

    /// Nobody else writes to the database while this goes on.
    pub async fn locked<T>(&self, meanwhile: impl Future<Output = Result<T>>) -> Result<T> {
        let lock = match self.folder {
            Some(_) => "begin immediate",
            None => "begin; lock table bookings in access exclusive mode",
        };
        Ok(on_connection!(self, connection => {
            sqlx::raw_sql(lock).execute(&mut connection).await?;
            let result = meanwhile.await;
            sqlx::raw_sql("rollback").execute(&mut connection).await?;
            result?
        }))
    }

    /// Fails if a connection of somebody else's still has a transaction open for which it does nothing.
    pub async fn expect_no_open_transaction(&self) -> Result<()> {
        if self.folder.is_some() {
            // SQLite tells nobody who has its lock, and gives it to us if nobody has.
            return self.locked(async { Ok(()) }).await;
        }
        const IDLE: &str = "select count(*) from pg_stat_activity \
            where datname = current_database() and state like 'idle in transaction%'";
        let idle = self.number(IDLE).await?;
        ensure!(idle == 0, "{idle} connections are idle in a transaction");
        Ok(())
    }

    /// Where SQLite's files are.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// Fails unless the last server closed this database in order.
    ///
    /// SQLite removes its journal, of either kind, when the last connection is closed; PostgreSQL counts the sessions
    /// that ended without saying so.
    pub async fn expect_closed(&self) -> Result<()> {
        if let Some(folder) = &self.folder {
            let files = std::fs::read_dir(folder)?.map(|file| Ok(file?.file_name()));
            let files: Vec<_> = files.collect::<Result<_>>()?;
            ensure!(files == ["coworking.db"], "SQLite left {files:?}");
            return Ok(());
        }
        let name = self.url.rsplit('/').next().unwrap_or_default();
        // PostgreSQL counts a session a moment after its client is gone.
        let sql = format!("select count(*) from pg_stat_activity where datname = '{name}'");
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.number(&sql).await? > 1 {
            let in_time = Instant::now() < deadline;
            ensure!(
                in_time,
                "sessions of a server that has ended are still there"
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        let sql =
            format!("select sessions_abandoned from pg_stat_database where datname = '{name}'");
        let abandoned = self.number(&sql).await?;
        ensure!(
            abandoned == 0,
            "{abandoned} sessions were abandoned, not closed"
        );
        Ok(())
    }
}
