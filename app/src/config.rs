//! The settings: `config/coworking.toml`, overridden by the environment, overridden by flags.

mod diagnostics;
mod settings;

use std::{ffi::OsString, fs, net::SocketAddr, path::PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::HOME;
use diagnostics::DiagnosticsSettings;
pub use settings::{DatabaseUrl, JournalMode, Origin, Secret};
use settings::{LogFilter, PoolSize, Settings};

/// The secret of the committed configuration: everybody knows it.
const DEVELOPMENT_SECRET: &str = "a-development-secret-of-32-bytes";

/// The coworking app: sign up, log in, look at rooms, book one for a day.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    /// The configuration file [default: config/coworking.toml in the crate's folder]
    #[arg(long, env = "COWORKING_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,

    #[command(flatten)]
    settings: Settings,
}

/// The settings, complete and checked. Each is described in `--help`.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub debug_listen: SocketAddr,
    pub database_url: DatabaseUrl,
    pub pool_size: u32,
    pub journal_mode: JournalMode,
    pub secret: Secret,
    pub origins: Vec<Origin>,
    pub log: String,
    diagnostics: DiagnosticsSettings,
}

impl Config {
    /// Reads flags, environment and file. A wrong flag or variable ends the process with exit code 2 and clap's message.
    ///
    /// # Errors
    /// When the file cannot be read, a setting is wrong or missing, or two settings contradict each other.
    pub fn load() -> Result<Self> {
        Self::resolve(Cli::parse())
    }

    /// As [`Config::load`], with flags of the caller's; the first one is the program's name.
    ///
    /// # Errors
    /// Those of [`Config::load`], and a flag that is wrong.
    pub fn from_flags<F>(flags: impl IntoIterator<Item = F>) -> Result<Self>
    where
        F: Into<OsString> + Clone,
    {
        Self::resolve(Cli::try_parse_from(flags)?)
    }

    fn resolve(cli: Cli) -> Result<Self> {
        let path = cli
            .config
            .unwrap_or_else(|| PathBuf::from(HOME).join("config/coworking.toml"));
        let text = fs::read_to_string(&path)
            .with_context(|| format!("cannot read the configuration {}", path.display()))?;
        let file: Settings = toml::from_str(&text)
            .with_context(|| format!("the configuration {} is wrong", path.display()))?;
        cli.settings.or(file.with_paths_below(HOME)).complete()
    }
}

impl Settings {
    fn complete(self) -> Result<Config> {
        let missing = |name: &str| {
            format!("the setting `{name}` is missing: give it as a flag, a variable or in the file")
        };
        let config = Config {
            listen: self.listen.with_context(|| missing("listen"))?,
            debug_listen: self.debug_listen.with_context(|| missing("debug_listen"))?,
            database_url: self.database_url.with_context(|| missing("database_url"))?,
            pool_size: self
                .pool_size
                .map(PoolSize::get)
                .with_context(|| missing("pool_size"))?,
            journal_mode: self.journal_mode.with_context(|| missing("journal_mode"))?,
            secret: self.secret.with_context(|| missing("secret"))?,
            origins: self.origins.with_context(|| missing("origins"))?,
            log: self
                .log
                .map(LogFilter::into_string)
                .with_context(|| missing("log"))?,
            diagnostics: self.diagnostics,
        };
        config.check()?;
        Ok(config)
    }
}

impl Config {
    /// What the diagnostics are installed with.
    pub fn diagnostics(&self) -> ::diagnostics::Options {
        self.diagnostics.options()
    }

    /// Checks what no single setting shows, and those whose wrong values must not be printed.
    fn check(&self) -> Result<()> {
        ensure!(
            self.secret.is_valid(),
            "`secret` (--secret, COWORKING_SECRET) has {} bytes: expected 32 ASCII characters",
            self.secret.reveal().len()
        );
        ensure!(
            self.secret.reveal() != DEVELOPMENT_SECRET || self.listen.ip().is_loopback(),
            "`listen` is {}, but the development secret is public, so with it the app listens on loopback alone: \
             set COWORKING_SECRET to 32 random characters",
            self.listen
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests;
