//! What a benchmark says beside its time: allocations per operation, as Go's `-benchmem` does, and a flame graph.
//!
//! A program of benchmarks is one of criterion's, with a [`Suite`] in place of criterion's macros:
//!
//! ```no_run
//! use criterion::Criterion;
//!
//! #[global_allocator]
//! static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new();
//!
//! fn main() {
//!     let mut suite = benchmem::Suite::from_args(Criterion::default());
//!     let mut group = suite.group("Words");
//!     let text = "to be or not to be";
//!     group.bench("collected/6-words", || text.split(' ').collect::<Vec<_>>().len());
//!     group.finish();
//!     suite.finish();
//! }
//! ```
//!
//! Below criterion's report stands one line in the form of `go test -bench -benchmem`, which Go's `benchstat` reads:
//!
//! ```text
//! BenchmarkWords/collected/6-words                    5050  101.3 ns/op  240 B/op  2 allocs/op
//! ```
//!
//! `cargo bench -- --profile-time 5` draws a flame graph of each benchmark instead.
//!
//! The modules in reading order:
//!
//! - `suite`: benchmarks that criterion times and this crate counts; `name`: what they may be called
//! - `timing`: what criterion measured, from its own files; `counting`: the allocations of an operation
//! - `line`: both in one line
//! - `flame`: a flame graph under `--profile-time`
//! - [`rooms`]: input for benchmarks, as much of it as one likes; `whole`: how files are written

mod counting;
#[cfg_attr(not(unix), path = "flame/missing.rs")]
mod flame;
mod line;
mod name;
pub mod rooms;
mod suite;
mod timing;
mod whole;

pub use suite::{Group, Suite};
