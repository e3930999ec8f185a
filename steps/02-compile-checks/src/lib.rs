//! The coworking app: sign up, log in, look at rooms, book one for a day.
//!
//! The modules in reading order:
//!
//! - [`config`]: a committed file, overridden by the environment and by flags
//! - [`db`]: SQLite or PostgreSQL behind one type, and the migrations; [`seed`]: the data of a new database
//! - [`error`], [`body`], [`values`]: what every handler shares: answers that tell what was wrong, requests parsed once
//! - [`auth`]: sign up and log in; [`authorization`]: who is calling
//! - [`rooms`], [`bookings`], [`images`]: the API itself; [`openapi`]: its description
//! - [`reminders`]: a word to the user on the day before
//! - [`router`]: all routes and layers in one list; [`server`]: from start to shutdown; [`telemetry`]: the log

pub mod auth;
pub mod authorization;
pub mod body;
pub mod bookings;
pub mod config;
pub mod db;
pub mod error;
pub mod images;
pub mod openapi;
pub mod reminders;
pub mod rooms;
pub mod router;
pub mod seed;
pub mod server;
pub mod telemetry;
pub mod values;

/// The crate's folder, where its configuration, migrations, pictures and data are.
pub const HOME: &str = env!("CARGO_MANIFEST_DIR");

/// What every request needs.
#[derive(Clone, Debug)]
pub struct AppState {
    pub config: config::Config,
    pub db: db::Db,
}

impl AppState {
    pub fn new(config: config::Config, db: db::Db) -> Self {
        Self { config, db }
    }
}
