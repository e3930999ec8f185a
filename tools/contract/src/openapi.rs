//! The server's own description of itself, `/openapi.json`, and the answers held against it.
//!
//! - [`document`]: finds what is documented for an answer and validates the answer against it
//! - [`structure`]: whether the description is itself a right one
//! - [`record`]: remembers what has been exercised, so that what has not can be named

pub mod document;
pub mod record;
pub mod structure;

pub use document::{Document, Documented};
pub use record::Record;
