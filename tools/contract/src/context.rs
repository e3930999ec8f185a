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
use time::{Date, Duration, Month};
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{
    checkpoint::Checkpoint,
    client::Client,
    database::{Database, Kind},
    launch::Launch,
    openapi::{Document, Record},
    run::Run,
    server::Server,
    suite,
};

/// The user that every new database has, as API.md says.
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
    /// What every server is told to log, if it is told.
    log: Option<&'static str>,
    shared: OnceCell<Service>,
    record: Arc<Record>,
    days: AtomicU32,
    tour: OnceCell<Context>,
    /// Where the servers run and print.
    folder: PathBuf,
}

/// A server with its database.
#[derive(Debug)]
pub struct Service {
    pub server: Server,
    pub database: Database,
    /// Not logged in.
    pub client: Client,
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
    /// # Errors
    /// When no temporary folder can be created.
    pub fn new(target: Arc<Target>, log: Option<&'static str>) -> Result<Self> {
        let folder = target.run.folder("servers-")?;
        let (shared, record, days, tour) = (
            OnceCell::new(),
            Arc::default(),
            AtomicU32::new(0),
            OnceCell::new(),
        );
        Ok(Self {
            inner: Arc::new(Inner {
                target,
                log,
                shared,
                record,
                days,
                tour,
                folder,
            }),
        })
    }

    /// The context of a tour through all short cases, on servers and with a record of its own, so that what it shows
    /// does not depend on which other cases run. It is made once, by the first who asks for it.
    ///
    /// # Errors
    /// When its shared server does not start.
    pub async fn tour(&self) -> Result<&Self> {
        let make = async || {
            // The most talkative log there is, so that a secret that can be logged is.
            let tour = Self::new(Arc::clone(&self.inner.target), Some("trace"))?;
            tour.shared().await?;
            for case in suite::SHORT {
                // A case that fails says so in its own line; what counts here is what was answered and logged.
                let _ = case.run(&tour).await;
            }
            Ok(tour)
        };
        self.inner.tour.get_or_try_init(make).await
    }

    pub fn target(&self) -> &Target {
        &self.inner.target
    }

    pub fn record(&self) -> &Arc<Record> {
        &self.inner.record
    }

    /// Where the servers run and print.
    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// The server that all cases share which neither stop it nor count what it does; started by the first of them.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn shared(&self) -> Result<&Service> {
        self.inner.shared.get_or_try_init(|| self.start()).await
    }

    /// A client of the shared server that is not logged in.
    ///
    /// # Errors
    /// When the server does not start.
    pub async fn client(&self) -> Result<Client> {
        Ok(self.shared().await?.client.clone())
    }

    /// A client of a server of the case's own that is not logged in.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn client_of(&self, server: &Server) -> Result<Client> {
        Client::new(server.address(), Arc::clone(self.record()))
    }

    /// A user of the shared server.
    ///
    /// # Errors
    /// When the server does not start, or signing up or logging in fails.
    pub async fn user(&self) -> Result<User> {
        User::sign_up(&self.shared().await?.client).await
    }

    /// A server of the case's own, on a database of its own.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(&self) -> Result<Service> {
        let database = self.database().await?;
        self.restart(database).await
    }

    /// Starts a server of the case's own on a database that a former one has left.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn restart(&self, database: Database) -> Result<Service> {
        let server = self.launch(&database).start().await?;
        let client = self.client_of(&server)?;
        if let Ok(document) = client.get("/openapi.json").await?.json::<Value>() {
            self.record().describe(Document::new(document));
        }
        Ok(Service {
            server,
            database,
            client,
        })
    }

    /// How the suite starts this target's servers.
    pub fn launch(&self, database: &Database) -> Launch {
        let launch = Launch::new(
            &self.target().run,
            &self.target().binary,
            self.folder(),
            database.url(),
        );
        match self.inner.log {
            Some(filter) => launch.variable("COWORKING_LOG", filter),
            None => launch,
        }
    }

    /// An empty database that no server has seen.
    ///
    /// # Errors
    /// When it cannot be created.
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
        let first = Date::from_calendar_date(2031, Month::January, 1).expect("the day exists");
        let day =
            first + Duration::days(i64::from(self.inner.days.fetch_add(1, Ordering::Relaxed)));
        format!(
            "{:04}-{:02}-{:02}",
            day.year(),
            u8::from(day.month()),
            day.day()
        )
    }
}

impl User {
    /// Signs a new user up and in.
    ///
    /// # Errors
    /// When either fails.
    pub async fn sign_up(client: &Client) -> Result<Self> {
        let name = Uuid::new_v4().simple().to_string();
        Self::sign_up_as(
            client,
            &format!("user-{name}"),
            &format!("{name}@example.com"),
        )
        .await
    }

    /// Signs a new user up and in, with a name and an address that are free.
    ///
    /// # Errors
    /// When either fails.
    pub async fn sign_up_as(client: &Client, username: &str, email: &str) -> Result<Self> {
        let client = client.without_token();
        let (username, email) = (username.to_owned(), email.to_owned());
        let password = format!("password-{}", Uuid::new_v4().simple());
        let body = json!({ "username": username, "password": password, "email": email });
        let answer: Value = client
            .post("/auth/signup", &body)
            .await?
            .expect(201)?
            .json()?;
        let id = answer["id"]
            .as_str()
            .context("signing up returns an id")?
            .to_owned();
        let token = log_in(&client, &username, &password).await?;
        Ok(Self {
            id,
            username,
            email,
            password,
            client: client.with_token(&token),
        })
    }

    /// The user that the database was seeded with, logged in.
    ///
    /// # Errors
    /// When logging in fails.
    pub async fn seeded(client: &Client) -> Result<Client> {
        let (username, password, _) = SEEDED;
        Ok(client.with_token(&log_in(client, username, password).await?))
    }
}

/// Logs in and returns the token.
///
/// # Errors
/// When the credentials are refused, or the answer is not `{"token"}`.
pub async fn log_in(client: &Client, username: &str, password: &str) -> Result<String> {
    let body = json!({ "username": username, "password": password });
    let answer: Value = client
        .without_token()
        .post("/auth/login", &body)
        .await?
        .expect(200)?
        .json()?;
    let token = answer["token"]
        .as_str()
        .context("logging in returns a token")?;
    Ok(token.to_owned())
}
