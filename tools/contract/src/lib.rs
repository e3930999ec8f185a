//! The coworking app's HTTP contract as a suite of tests over real sockets: each case runs for every checkpoint, on
//! SQLite and on PostgreSQL.
//!
//! The modules in reading order:
//!
//! - [`checkpoint`]: which servers there are, and how their binaries are built
//! - [`run`]: what a run has started, so that it can be ended in one place
//! - [`postgres`], [`database`]: a private PostgreSQL cluster, and one fresh database for each server
//! - [`answer`]: what came back, and what holds for every answer whatever the request was
//! - [`openapi`]: the server's own description of itself, and the answers held against it
//! - [`wire`], [`client`]: one connection byte by byte, and requests as a client of the API sends them
//! - [`server`], [`launch`]: a server as a process of its own: started, signalled, its log read
//! - [`token`]: forged tokens
//! - [`context`]: what a case is given
//! - [`suite`]: the cases by topic, and the list of them

pub mod answer;
pub mod checkpoint;
pub mod client;
pub mod context;
pub mod database;
pub mod launch;
pub mod openapi;
pub mod postgres;
pub mod run;
pub mod server;
pub mod suite;
pub mod token;
pub mod wire;

/// What the suite keeps behind a mutex stays right when a case panics.
fn locked<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}
