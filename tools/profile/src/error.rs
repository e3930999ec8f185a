//! What is wrong with a file that is no profile.

use std::io;

/// Why a profile cannot be read. Each says its cause itself and has no `source`, so that nobody prints a cause twice.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There are no bytes at all.
    #[error("the profile is empty; was it cut off, or not written yet?")]
    Empty,

    /// It begins as gzip does, and does not go on so; most often the end is missing.
    #[error("the profile's compression is damaged ({0}); was it cut off? Take it again")]
    Gzip(io::Error),

    /// More follows after the compressed data.
    #[error("{0} bytes follow after the profile; if several were put together, take them apart")]
    BytesAfter(usize),

    /// It would take more memory than any profile needs.
    #[error("the profile has more than {} MiB, which no profile needs", .0 >> 20)]
    TooLarge(u64),

    /// Read, it would take more memory than any profile needs, though its bytes are few.
    #[error("the profile would take more than {} MiB of memory, which no profile needs", .0 >> 20)]
    TooMuchMemory(u64),

    /// The bytes are no `profile.proto`.
    #[error("this is no profile of the format profile.proto: {0}")]
    Format(String),

    /// It refers to what it does not have, or contradicts itself.
    #[error("the profile is damaged: {0}")]
    Inconsistent(String),
}
