//! A private PostgreSQL cluster: one for the whole run, stopped at its end, gone without a trace.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

mod installation;

pub use installation::Installation;
use installation::User;

const ADMINISTRATOR: &str = "contract";
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(20);

/// A running cluster. Dropping it stops the server and removes its files.
#[derive(Debug)]
pub struct Postgres {
    port: u16,
    password: String,
    /// None once it is stopped. The server stands before its files, so that it ends before they go.
    server: Mutex<Option<(Postmaster, TempDir)>>,
}

impl Postgres {
    /// Creates a cluster in a temporary folder and starts it on a free port of the loopback interface.
    pub async fn start(installation: &Installation) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("contract-pg-").tempdir()?;
        let user = User::other_than_root()?;
        let password = Uuid::new_v4().simple().to_string();
        initialize(installation, user, folder.path(), &password)?;

        // Another process can take the free port before PostgreSQL does; then the next one is tried.
        let mut attempts = 0;
        loop {
            attempts += 1;
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
                .local_addr()?
                .port();
            let mut server = Postmaster::launch(installation, user, folder.path(), port)?;
            match server
                .wait_until_ready(&url(port, &password, "postgres"))
                .await
            {
                Ok(()) => {
                    return Ok(Self {
                        port,
                        password,
                        server: Mutex::new(Some((server, folder))),
                    });
                }
                Err(error) if attempts == 3 => {
                    let log = fs::read_to_string(log_file(folder.path())).unwrap_or_default();
                    return Err(
                        error.context(format!("PostgreSQL does not start; its log:\n{log}"))
                    );
                }
                Err(_) => {}
            }
        }
    }

    /// Creates an empty database and returns its URL, which contains the password.
    pub async fn create_database(&self) -> Result<String> {
        let name = format!("contract_{}", Uuid::new_v4().simple());
        let mut connection =
            PgConnection::connect(&url(self.port, &self.password, "postgres")).await?;
        connection
            .execute(AssertSqlSafe(format!("create database {name}")))
            .await?;
        connection.close().await?;
        Ok(url(self.port, &self.password, &name))
    }

    /// Stops the server, without which its databases are gone, too.
    pub fn stop(&self) {
        drop(
            self.server
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
    }

    /// The password that every database's URL contains and that no log may show.
    pub fn password(&self) -> &str {
        &self.password
    }
}

fn url(port: u16, password: &str, database: &str) -> String {
    format!("postgres://{ADMINISTRATOR}:{password}@127.0.0.1:{port}/{database}")
}

fn data_folder(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn log_file(folder: &Path) -> PathBuf {
    folder.join("log")
}

fn initialize(
    installation: &Installation,
    user: Option<User>,
    folder: &Path,
    password: &str,
) -> Result<()> {
    let password_file = folder.join("password");
    fs::write(&password_file, password)?;
    if let Some(User { uid, gid }) = user {
        for path in [folder, &password_file] {
            chown(path, Some(uid), Some(gid))
                .with_context(|| format!("cannot give {} away", path.display()))?;
        }
    }
    let mut initdb = installation.program("initdb", user);
    initdb
        .arg("--pgdata")
        .arg(data_folder(folder))
        .arg("--pwfile")
        .arg(&password_file);
    initdb.args([
        "--username",
        ADMINISTRATOR,
        "--auth",
        "scram-sha-256",
        "--encoding",
        "UTF8",
        "--locale",
        "C",
    ]);
    // What must survive is what the servers write later; the empty cluster need not be flushed to the disk.
    let output = initdb
        .arg("--no-sync")
        .output()
        .context("cannot run initdb")?;
    ensure!(
        output.status.success(),
        "initdb failed: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// The server process. Dropping it stops the server.
#[derive(Debug)]
struct Postmaster(Child);

impl Postmaster {
    fn launch(
        installation: &Installation,
        user: Option<User>,
        folder: &Path,
        port: u16,
    ) -> Result<Self> {
        let log = fs::File::create(log_file(folder))?;
        let mut postgres = installation.program("postgres", user);
        postgres
            .arg("-D")
            .arg(data_folder(folder))
            .arg("-k")
            .arg(folder)
            .args(["-h", "127.0.0.1", "-p"]);
        postgres.arg(port.to_string());
        // Commits reach the disk, as they must; what only replicas would need is left out.
        let durable = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];
        let modest = [
            "max_connections=400",
            "shared_buffers=64MB",
            "wal_level=minimal",
            "max_wal_senders=0",
        ];
        for setting in durable.into_iter().chain(modest) {
            postgres.args(["-c", setting]);
        }
        postgres
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log);
        Ok(Self(postgres.spawn().context("cannot run postgres")?))
    }

    async fn wait_until_ready(&mut self, url: &str) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            match PgConnection::connect(url).await {
                Ok(connection) => return Ok(connection.close().await?),
                Err(error) if Instant::now() > deadline => {
                    return Err(error).context("no answer within a minute");
                }
                Err(_) => {}
            }
            if let Some(status) = self.0.try_wait()? {
                bail!("postgres ended with {status}");
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Asks for PostgreSQL's immediate shutdown, which ends all its processes but flushes nothing: the files go next.
    fn stop(&mut self) -> io::Result<()> {
        kill_process(Pid::from_child(&self.0), Signal::QUIT)?;
        let deadline = Instant::now() + STOP_LIMIT;
        while self.0.try_wait()?.is_none() {
            if Instant::now() > deadline {
                self.0.kill()?;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

impl Drop for Postmaster {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None))
            && let Err(error) = self.stop()
        {
            eprintln!(
                "contract: cannot stop PostgreSQL, process {}: {error}",
                self.0.id()
            );
        }
    }
}
