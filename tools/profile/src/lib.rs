//! Profiles in the format of `go tool pprof`, and the functions and lines that their addresses stand for.
//!
//! [`profile.proto`] says what a profile is; this library has its messages as plain types ([`proto`]), reads files
//! with every reference checked ([`Profile::decode`]), and writes them ([`Profile::encode`]). Who takes samples hands
//! their addresses to a [`Builder`], together with [what is mapped](maps) where; a [`Symbolizer`] then reads the mapped
//! files' debug information.
//!
//! ```
//! use profile::{Builder, Symbolizer, maps};
//!
//! let mappings = maps::of_this_process().unwrap_or_default();
//! let mut builder = Builder::new([("samples", "count"), ("cpu", "nanoseconds")], &mappings);
//! let here = profile::Profile::decode as fn(&_) -> _ as usize as u64;
//! builder.sample(&[here], [1, 10_101_010], &[("thread", "main".into())]);
//!
//! let mut profile = builder.build();
//! Symbolizer::of_this_process().symbolize(&mut profile);
//! std::fs::write(std::env::temp_dir().join("cpu.pb.gz"), profile.encode())?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! [`profile.proto`]: https://github.com/google/pprof/blob/main/proto/profile.proto

pub mod proto;

mod budget;
pub mod cores;
mod decode;
mod encode;
mod error;
mod fields;

mod builder;
pub mod maps;
mod strings;

mod symbols;

pub use builder::{Builder, LabelValue};
pub use error::Error;
pub use proto::Profile;
pub use strings::Strings;
pub use symbols::Symbolizer;
