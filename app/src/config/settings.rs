//! One setting each: its flag, its variable, its line in the file, and what a right value looks like.

use std::{fmt, net::SocketAddr, path::Path, str::FromStr};

use axum::http::HeaderValue;
use clap::Args;
use serde::{Deserialize, Deserializer, de};
use tracing_subscriber::EnvFilter;

use super::diagnostics::DiagnosticsSettings;

/// Every setting may come from a flag, from the environment or from the file, so every one is optional here.
#[derive(Args, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Where the API listens; port 0 takes a free one
    #[arg(long, env = "COWORKING_LISTEN", value_name = "IP:PORT", value_parser = address)]
    #[serde(deserialize_with = "address_setting")]
    pub listen: Option<SocketAddr>,

    /// Where the diagnostics listen; port 0 takes a free one
    #[arg(long, env = "COWORKING_DEBUG_LISTEN", value_name = "IP:PORT", value_parser = address)]
    #[serde(deserialize_with = "address_setting")]
    pub debug_listen: Option<SocketAddr>,

    /// The database: `sqlite://PATH`, created if missing, or `postgres://USER:PASSWORD@HOST/NAME`
    #[arg(long, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,

    /// How many database connections the app holds open, 1 to 1000
    #[arg(long, env = "COWORKING_POOL_SIZE", value_name = "N")]
    pub pool_size: Option<PoolSize>,

    /// SQLite's journal: `delete` (the rollback journal) or `wal`
    #[arg(long, env = "COWORKING_JOURNAL_MODE", value_name = "MODE")]
    pub journal_mode: Option<JournalMode>,

    /// What the key that signs the tokens is derived from, 32 ASCII characters
    #[arg(
        long,
        env = "COWORKING_SECRET",
        value_name = "SECRET",
        hide_env_values = true
    )]
    pub secret: Option<Secret>,

    /// The sites whose pages may call the API from a browser, separated by commas
    #[arg(
        long,
        env = "COWORKING_ORIGINS",
        value_name = "ORIGIN,…",
        value_delimiter = ','
    )]
    pub origins: Option<Vec<Origin>>,

    /// What is logged: a level (`error`, `warn`, `info`, `debug`, `trace`) or a list such as `info,sqlx=debug`
    #[arg(long, env = "COWORKING_LOG", value_name = "FILTER")]
    pub log: Option<LogFilter>,

    #[command(flatten)]
    pub diagnostics: DiagnosticsSettings,
}

impl Settings {
    /// These settings, and the others where these say nothing.
    pub fn or(self, other: Self) -> Self {
        Self {
            listen: self.listen.or(other.listen),
            debug_listen: self.debug_listen.or(other.debug_listen),
            database_url: self.database_url.or(other.database_url),
            pool_size: self.pool_size.or(other.pool_size),
            journal_mode: self.journal_mode.or(other.journal_mode),
            secret: self.secret.or(other.secret),
            origins: self.origins.or(other.origins),
            log: self.log.or(other.log),
            diagnostics: self.diagnostics.or(other.diagnostics),
        }
    }

    /// A relative path in a file means the same wherever the app is started from.
    pub fn with_paths_below(mut self, folder: impl AsRef<Path>) -> Self {
        let folder = folder.as_ref();
        self.database_url = self.database_url.map(|url| url.below(folder));
        self.diagnostics = self.diagnostics.with_paths_below(folder);
        self
    }
}

pub fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse()
        .map_err(|_| "expected an IP address and a port, such as 127.0.0.1:8080".to_owned())
}

pub fn address_setting<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<SocketAddr>, D::Error> {
    address(&String::deserialize(deserializer)?)
        .map(Some)
        .map_err(de::Error::custom)
}

/// A database's address; its password stays out of logs.
#[derive(Clone, Deserialize)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What stands before the first colon.
    pub fn scheme(&self) -> &str {
        self.0.split(':').next().unwrap_or_default()
    }

    fn below(self, folder: &Path) -> Self {
        match self.0.strip_prefix("sqlite://") {
            Some(path) if !path.starts_with('/') => {
                // In a URL, these two would begin something else.
                let folder = folder.display().to_string();
                let folder = folder.replace('%', "%25").replace('?', "%3F");
                Self(format!("sqlite://{folder}/{path}"))
            }
            _ => self,
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (scheme, rest) = self.0.split_once("://").unwrap_or(("", &self.0));
        match rest.rsplit_once('@') {
            Some((_, host)) => write!(f, "{scheme}://[redacted]@{host}"),
            None => f.write_str(&self.0),
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// How many database connections the app holds open.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(try_from = "i64")]
pub struct PoolSize(u32);

impl PoolSize {
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TryFrom<i64> for PoolSize {
    type Error = String;

    fn try_from(number: i64) -> Result<Self, String> {
        match u32::try_from(number) {
            Ok(size @ 1..=1000) => Ok(Self(size)),
            _ => Err(format!(
                "{number} is out of range: expected a number from 1 to 1000"
            )),
        }
    }
}

impl FromStr for PoolSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let number: i64 = text
            .parse()
            .map_err(|_| "expected a number from 1 to 1000")?;
        number.try_into()
    }
}

/// How SQLite keeps a transaction's changes until they are committed: <https://sqlite.org/pragma.html#pragma_journal_mode>.
#[derive(Clone, Copy, Debug, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum JournalMode {
    Delete,
    Wal,
}

/// What the key that signs the tokens is derived from; neither logs nor error messages show it.
#[derive(Clone, Deserialize)]
pub struct Secret(String);

impl Secret {
    pub fn reveal(&self) -> &str {
        &self.0
    }

    pub fn is_valid(&self) -> bool {
        self.0.is_ascii() && self.0.len() == 32
    }
}

impl FromStr for Secret {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A site as browsers name it in the `Origin` header: scheme, host and port, without a path.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin(String);

impl Origin {
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).expect("an origin was checked when it was parsed")
    }
}

impl FromStr for Origin {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let site = text
            .strip_prefix("http://")
            .or_else(|| text.strip_prefix("https://"));
        let is_site = |site: &str| {
            !site.is_empty()
                && site
                    .bytes()
                    .all(|b| b.is_ascii_graphic() && !b"/?#*,".contains(&b))
        };
        match site {
            Some(site) if is_site(site) => Ok(Self(text.to_owned())),
            _ => Err(format!(
                "`{text}` is not an origin: expected scheme, host and port, such as http://localhost:3000"
            )),
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

/// What is logged, as `tracing_subscriber`'s `EnvFilter` reads it.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct LogFilter(String);

impl LogFilter {
    pub fn into_string(self) -> String {
        self.0
    }
}

impl FromStr for LogFilter {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let expected = || {
            format!(
                "`{text}` is not a log filter: expected a level (error, warn, info, debug, trace) or a list such as info,sqlx=debug"
            )
        };
        // EnvFilter takes any word for the name of a module, so that `inof` would silence everything without a word.
        let is_level = |word: &str| {
            word.parse::<tracing_subscriber::filter::LevelFilter>()
                .is_ok()
        };
        let known = text
            .split(',')
            .all(|part| part.contains(['=', ':']) || is_level(part));
        match EnvFilter::try_new(text) {
            Ok(_) if known => Ok(Self(text.to_owned())),
            _ => Err(expected()),
        }
    }
}

impl TryFrom<String> for LogFilter {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}
