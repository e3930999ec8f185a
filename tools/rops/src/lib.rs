//! What `rops` knows: profiles in the format of `go tool pprof`, read, filtered, put together, compared and shown.
//!
//! An [`Input`] says which profiles to read, [`Options`] say what is asked about them, and a [`Report`] holds the
//! answer: the [graph] of who calls whom and what it costs. Text, pictures and flame graphs are views of one report.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! use rops::{Options, Report, View};
//!
//! let profile = rops::decode(&std::fs::read("cpu.pb.gz")?)?;
//! let options = Options {
//!     cum: true,
//!     ..Options::default()
//! };
//! let (report, _) = Report::new(profile, View::Top, &options)?;
//! print!("{}", report.top());
//! # Ok(())
//! # }
//! ```
//!
//! Figures, their order and their units are those of `go tool pprof` 1.24; the README says where rops differs.

mod input;
mod merge;

mod filter;
mod labels;
mod options;
mod prune;
pub mod sample_types;
mod texts;

mod aggregate;
pub mod graph;
pub mod places;

mod report;
mod source;

mod time;
pub mod units;

pub mod trace;

pub use filter::compile;
pub use input::{Input, Symbolize, decode};
pub use merge::merge;
pub use options::{Filters, Granularity, Options};
pub use report::{
    Amount, Boxes, Columns, Function, Functions, Header, Report, Routine, Scale, Shown, Tag, View,
};
