//! What Go's runtime gives a service, for Rust: look into a live process without stopping it.
//!
//! Three lines, for any service on axum or tokio: the allocator, [`start`], [`layer()`].
//!
#![cfg_attr(feature = "tracing", doc = "```no_run")]
#![cfg_attr(not(feature = "tracing"), doc = "```text")]
//! # use tracing_subscriber::prelude::*;
//! #[global_allocator]
//! static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();
//!
//! #[tokio::main]
//! async fn main() {
//!     tracing_subscriber::registry().with(diagnostics::layer()).init();
//!     println!("{}", diagnostics::start(([127, 0, 0, 1], 6060).into()));
//!     // the service
//! }
//! ```
//!
//! Whoever wants other settings calls [`install_with`], and whoever builds the runtime registers the hooks
//! ([`Diagnostics::runtime`], [`hook()`]). Each line can be left out, and what it would have given is then missing
//! from the index page at `/debug/pprof/`. None of them can make the service fail later: memory and time are
//! bounded, errors are returned, nothing panics.
//!
//! | feature | gives |
//! |---|---|
//! | `jemalloc` | jemalloc below [`Allocator`], and what it tells about the heap |
//! | `http` | the listener and its pages |
//! | `profile` | CPU and heap profiles on the listener, the flight recorder, and what finds functions and lines; it needs `http` |
//! | `taskdump` | where each task waits, on the page of stacks, by tokio's dump of tasks; it needs `profile` |
//! | `tracing` | [`layer()`], and the diagnostics' own warnings in the log |
//!
//! All but `taskdump` are on by default. What a build without one lacks is said in a sentence where it would have been.

mod counts;
mod slots;

mod allocator;
pub mod memstats;
mod readable;

mod error;
mod install;
mod listening;
mod options;
mod refused;

mod blocking;
#[cfg(all(
    feature = "profile",
    feature = "tracing",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod flame;
mod flight_recorder;
mod hooks;
#[cfg(feature = "tracing")]
mod layer;
mod runtime;
mod wakes;
mod watch;

#[cfg(not(all(
    feature = "profile",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "no_sampling.rs"]
mod sampling;
#[cfg(all(
    feature = "profile",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod sampling;

#[cfg(not(all(
    feature = "profile",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "no_recorder.rs"]
mod recorder;
#[cfg(all(
    feature = "profile",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod recorder;

#[cfg(feature = "http")]
mod server;
#[cfg(feature = "http")]
mod thread;

pub use allocator::Allocator;
pub use blocking::spawn_blocking;
pub use counts::AllocCounts;
pub use error::Error;
pub use flight_recorder::{FlightRecorder, flight_recorder};
pub use hooks::{Hooks, hook};
pub use install::{Diagnostics, install, install_with, start};
#[cfg(feature = "tracing")]
pub use layer::layer;
pub use listening::Listening;
pub use memstats::MemStats;
pub use options::Options;
pub use runtime::{EventCounts, Requests, RuntimeStats};
pub use wakes::{Wakes, Waking, Woken, spawn, wakes};
