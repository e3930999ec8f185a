//! A private PostgreSQL cluster: one for the whole run, stopped at its end, gone without a trace.

use std::{
    fs, io,
    net::{Ipv4Addr, TcpListener},
    os::unix::fs::chown,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use tempfile::TempDir;
use uuid::Uuid;

use crate::locked;

mod installation;

pub use installation::Installation;

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
        let password = Uuid::new_v4().simple().to_string();
        initialize(installation, folder.path(), &password)?;

        // Another process can take the free port before PostgreSQL does; then the next one is tried.
        let mut attempts = 0;
        loop {
            attempts += 1;
            let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
            let port = free.local_addr()?.port();
            drop(free);
            let mut server = Postmaster::launch(installation, folder.path(), port)?;
            let url = url(port, &password, "postgres");
            match server.wait_until_ready(&url).await {
                Ok(()) => {
                    return Ok(Self {
                        port,
                        password,
                        server: Mutex::new(Some((server, folder))),
                    });
                }
                Err(error) if attempts == 3 => {
                    let log = fs::read_to_string(log_file(folder.path())).unwrap_or_default();
                    let why = format!("PostgreSQL does not start; its log:\n{log}");
                    return Err(error.context(why));
                }
                Err(_) => {}
            }
        }
    }

    /// Creates an empty database and returns its URL, which contains the password.
    pub async fn create_database(&self) -> Result<String> {
        let name = format!("contract_{}", Uuid::new_v4().simple());
        let url = |database: &str| url(self.port, &self.password, database);
        let mut connection = PgConnection::connect(&url("postgres")).await?;
        let sql = AssertSqlSafe(format!("create database {name}"));
        connection.execute(sql).await?;
        connection.close().await?;
        Ok(url(&name))
    }

    /// Stops the server, without which its databases are gone, too.
    pub fn stop(&self) {
        drop(locked(&self.server).take());
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

fn initialize(installation: &Installation, folder: &Path, password: &str) -> Result<()> {
    let password_file = folder.join("password");
    fs::write(&password_file, password)?;
    if let Some((uid, gid)) = installation.other_than_root {
        for path in [folder, &password_file] {
            chown(path, Some(uid), Some(gid))
                .with_context(|| format!("cannot give {} away", path.display()))?;
        }
    }
    let mut initdb = installation.program("initdb");
    initdb.arg("--pgdata").arg(data_folder(folder));
    initdb.arg("--pwfile").arg(&password_file);
    initdb.args(["--username", ADMINISTRATOR, "--auth", "scram-sha-256"]);
    initdb.args(["--encoding", "UTF8", "--locale", "C"]);
    // What must survive is what the servers write later; the empty cluster need not be flushed to the disk.
    initdb.arg("--no-sync");
    let output = initdb.output().context("cannot run initdb")?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "initdb failed: {said}");
    Ok(())
}

/// The server process. Dropping it stops the server.
#[derive(Debug)]
struct Postmaster(Child);

impl Postmaster {
    fn launch(installation: &Installation, folder: &Path, port: u16) -> Result<Self> {
        let log = fs::File::create(log_file(folder))?;
        let mut postgres = installation.program("postgres");
        postgres.arg("-D").arg(data_folder(folder));
        postgres.arg("-k").arg(folder);
        postgres.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
        // Commits reach the disk, as they must; what only replicas would need is left out.
        let durable = ["fsync=on", "synchronous_commit=on", "full_page_writes=on"];
        let replicas = ["wal_level=minimal", "max_wal_senders=0"];
        let modest = ["max_connections=400", "shared_buffers=64MB"];
        for setting in durable.into_iter().chain(replicas).chain(modest) {
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
