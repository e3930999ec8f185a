//! The book: built in process, served on loopback, and kept honest by a preprocessor of our own.
//!
//! - [`preprocessor`] fills pages with what lies elsewhere: code, commands, captured outputs, diffs.
//! - [`build`] runs mdBook with that preprocessor, and treats mdBook's warnings as errors.
//! - [`serve`] shows the result in a browser and builds again when a source changes.

pub mod build;
pub mod preprocessor;
pub mod serve;
mod warnings;
