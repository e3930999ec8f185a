//! What a case is given: a server of its own or a shared one, users, and days that no other case books.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use time::{Duration, macros::date};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{
    checkpoint::{self, Checkpoint},
    client::Client,
    database::{Database, Kind},
    launch::{Launch, Service, Site},
    openapi::Record,
    postgres::{Installation, Postgres},
    run::Run,
};

/// The user that every new database has.
pub const SEEDED: (&str, &str, &str) = ("ipesenti", "abcd1234!!", "ipesenti@example.com");

/// One checkpoint on one kind of database. All its cases share it.
#[derive(Debug)]
pub struct Target {
    pub checkpoint: Checkpoint,
    pub binary: PathBuf,
    pub kind: Kind,
    pub run: Arc<Run>,
}

/// What a case is given. Cloning it is cheap.
#[derive(Clone, Debug)]
pub struct Context {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    target: Arc<Target>,
    site: Site,
    /// What every server is told to log, if it is told.
    log: Option<&'static str>,
    shared: OnceCell<Service>,
    days: AtomicU32,
    tour: OnceCell<Context>,
}

/// A user that nobody else has, and a client that is logged in as that user.
#[derive(Clone, Debug)]
pub struct User {
    pub id: String,
    pub username: String,
    pub email: String,
    pub password: String,
    pub client: Client,
}

impl Context {
    /// These checkpoints, built, on a PostgreSQL of their own, which must be installed. It ends with the last of them.
    pub async fn on_postgres(checkpoints: Vec<Checkpoint>) -> Result<Vec<Self>> {
        let installation = Installation::find()?.context("PostgreSQL is not installed")?;
        let run = Run::new(Some(Postgres::start(&installation).await?))?;
        Self::of_each(checkpoints, Kind::Postgres, run)
    }

    /// These checkpoints, built, on SQLite.
    pub fn on_sqlite(checkpoints: Vec<Checkpoint>) -> Result<Vec<Self>> {
        Self::of_each(checkpoints, Kind::Sqlite, Run::new(None)?)
    }

    fn of_each(checkpoints: Vec<Checkpoint>, kind: Kind, run: Run) -> Result<Vec<Self>> {
        let binaries = checkpoint::build(&checkpoints)?;
        let run = Arc::new(run);
        let contexts = checkpoints.into_iter().map(|checkpoint| {
            let target = Target {
                binary: binaries[&checkpoint.name].clone(),
                kind,
                run: Arc::clone(&run),
                checkpoint,
            };
            Self::new(Arc::new(target), None)
        });
        contexts.collect()
    }

    pub fn new(target: Arc<Target>, log: Option<&'static str>) -> Result<Self> {
        let site = Site {
            binary: target.binary.clone(),
            folder: target.run.folder("servers-")?,
            runtime: target.run.folder("runtime-")?,
            run: Arc::clone(&target.run),
            record: Arc::default(),
        };
        let inner = Inner {
            target,
            site,
            log,
            shared: OnceCell::new(),
            days: AtomicU32::new(0),
            tour: OnceCell::new(),
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    /// A context whose servers and record are its own, so that what it shows does not depend on which other cases run.
    /// It is made once, by the first who asks for it.
    pub fn toured(&self) -> &OnceCell<Self> {
        &self.inner.tour
    }

    pub fn target(&self) -> &Arc<Target> {
        &self.inner.target
    }

    pub fn record(&self) -> &Arc<Record> {
        &self.inner.site.record
    }

    /// Where the servers run and print.
    pub fn folder(&self) -> &Path {
        &self.inner.site.folder
    }

    /// The server that all cases share which neither stop it nor count what it does; started by the first of them.
    pub async fn shared(&self) -> Result<&Service> {
        self.inner.shared.get_or_try_init(|| self.start()).await
    }

    /// A client of the shared server that is not logged in.
    pub async fn client(&self) -> Result<Client> {
        Ok(self.shared().await?.client.clone())
    }

    /// A user of the shared server.
    pub async fn user(&self) -> Result<User> {
        User::sign_up(&self.shared().await?.client).await
    }

    /// A server of the case's own, on a database of its own.
    pub async fn start(&self) -> Result<Service> {
        self.launch(&self.database().await?).start().await
    }

    /// How the suite starts this target's servers.
    pub fn launch(&self, database: &Database) -> Launch {
        let launch = Launch::new(&self.inner.site, database);
        match self.inner.log {
            Some(filter) => launch.variable("COWORKING_LOG", filter),
            None => launch,
        }
    }

    /// How to start another server on the shared server's database.
    pub async fn launch_beside(&self) -> Result<Launch> {
        Ok(self.launch(&self.shared().await?.database))
    }

    /// An empty database that no server has seen.
    pub async fn database(&self) -> Result<Database> {
        let run = &self.target().run;
        match self.target().kind {
            Kind::Sqlite => Ok(Database::sqlite(run.folder("sqlite-")?)),
            Kind::Postgres => {
                let cluster = run.postgres()?;
                self.record().add_secret(cluster.password());
                Database::postgres(cluster).await
            }
        }
    }

    /// A day that no other case books on the shared server.
    pub fn day(&self) -> String {
        let number = self.inner.days.fetch_add(1, Ordering::Relaxed);
        (date!(2031 - 01 - 01) + Duration::days(number.into())).to_string()
    }
}

impl User {
    /// Signs a new user up and in.
    pub async fn sign_up(client: &Client) -> Result<Self> {
        let name = Uuid::new_v4().simple();
        let (username, email) = (format!("user-{name}"), format!("{name}@example.com"));
        Self::sign_up_as(client, &username, &email).await
    }

    /// Signs a new user up and in, with a name and an address that are free.
    pub async fn sign_up_as(client: &Client, username: &str, email: &str) -> Result<Self> {
        let password = format!("password-{}", Uuid::new_v4().simple());
        let body = json!({ "username": username, "password": password, "email": email });
        let answer = client.post("/auth/signup", &body).expect(201).await?;
        let answer: Value = answer.json()?;
        let id = answer["id"].as_str().context("signing up returns an id")?;
        let token = log_in(client, username, &password).await?;
        Ok(Self {
            id: id.to_owned(),
            username: username.to_owned(),
            email: email.to_owned(),
            password,
            client: client.with_token(&token),
        })
    }

    /// The user that the database was seeded with, logged in.
    pub async fn seeded(client: &Client) -> Result<Client> {
        let (username, password, _) = SEEDED;
        Ok(client.with_token(&log_in(client, username, password).await?))
    }

    /// The body of a login.
    pub fn credentials(&self) -> Value {
        json!({ "username": self.username, "password": self.password })
    }
}

/// Logs in and returns the token.
pub async fn log_in(client: &Client, username: &str, password: &str) -> Result<String> {
    let body = json!({ "username": username, "password": password });
    let answer: Value = client.post("/auth/login", &body).read().await?;
    let token = answer["token"].as_str();
    Ok(token.context("logging in returns a token")?.to_owned())
}
