//! What Go's runtime gives a service, for Rust: look into a live process without stopping it.
//!
//! ```no_run
//! #[global_allocator]
//! static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator;
//!
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let diagnostics = diagnostics::install()?;
//!     let runtime = diagnostics.runtime().build()?;
//!     // In the telemetry: tracing_subscriber::registry().with(diagnostics.layer())
//!     let address = diagnostics.listen("127.0.0.1:6060".parse()?)?;
//!     println!("diagnostics on http://{address}");
//!     runtime.block_on(async { /* the service */ });
//!     Ok(())
//! }
//! ```
//!
//! Each of these lines can be left out, and what it would have given is then missing from the index
//! page at `/debug/pprof/`. None of them can make the service fail later: memory and time are bounded,
//! errors are returned, nothing panics.

mod counts;
mod slots;

mod allocator;
pub mod memstats;
mod readable;

mod error;
mod install;
mod layer;
mod runtime;

mod server;

pub use allocator::Allocator;
pub use counts::AllocCounts;
pub use error::Error;
pub use install::{Diagnostics, Options, install, install_with};
pub use layer::EventCounts;
pub use memstats::MemStats;
pub use runtime::RuntimeStats;
