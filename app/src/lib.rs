//! The coworking app: sign up, log in, look at rooms, book one for a day.
//!
//! The modules in reading order:
//!
//! - [`config`]: a committed file, overridden by the environment and by flags
//! - [`db`]: SQLite or PostgreSQL behind one type, and the migrations; [`seed`]: the data of a new database
//! - [`error`], [`body`], [`values`]: what every handler shares: answers that tell what was wrong, requests parsed once
//! - [`auth`]: sign up and log in; [`hashing`]: where passwords are hashed; [`authorization`]: who is calling
//! - [`rooms`], [`bookings`], [`images`]: the API itself; [`openapi`]: its description
//! - [`batches`]: what arrives together is written together
//! - [`reminders`]: a word to the user on the day before
//! - [`router`]: all routes and layers in one list; [`server`]: from start to shutdown; [`telemetry`]: the log

// What is large is copied with every result, or allocated with every task: the compiler is to say so.
#![warn(
    clippy::large_enum_variant,
    clippy::large_futures,
    clippy::large_stack_arrays,
    clippy::result_large_err
)]

use std::sync::Arc;

pub mod auth;
pub mod authorization;
pub mod batches;
pub mod body;
pub mod bookings;
pub mod config;
pub mod db;
pub mod error;
pub mod hashing;
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

/// What every request needs. Each request gets a clone, so a clone must cost next to nothing.
#[derive(Clone, Debug)]
pub struct AppState {
    pub config: Arc<config::Config>,
    pub db: db::Db,
    pub authorization: Arc<authorization::Authorization>,
    pub hashing: Arc<hashing::Hashing>,
    pub writes: Arc<bookings::writes::Writes>,
}

impl AppState {
    /// # Panics
    /// Outside of a tokio runtime, on which bookings are written.
    pub fn new(config: config::Config, db: db::Db) -> Self {
        Self {
            authorization: Arc::new(authorization::Authorization::new(&config)),
            config: Arc::new(config),
            hashing: Arc::new(hashing::Hashing::new()),
            writes: Arc::new(bookings::writes::start(db.clone())),
            db,
        }
    }
}
