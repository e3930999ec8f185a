//! Errors that are the caller's: a chapter that is not there, options that exclude each other.

use std::fmt;

/// What was wrong with the command line, and what would be right. `main` answers it with exit code 2,
/// as clap does for what it finds itself.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}
