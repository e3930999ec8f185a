//! What became of the attempt to listen, in words.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;

use crate::Error;
use crate::sampling::heap;

/// What listens after [`crate::start`] or [`crate::Diagnostics::listen`], and why the rest does not.
///
/// `Display` is one line for the service to print: `diagnostics on http://ADDRESS`, which scripts may parse, or
/// `no diagnostics over HTTP: REASON`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Listening {
    /// The address at which the pages are served, with the port that was taken; or why there are none.
    pub http: Result<SocketAddr, Error>,
}

impl Listening {
    pub(crate) fn on(address: SocketAddr) -> Self {
        let http = heap::left_out(|| http(address));
        match &http {
            Ok(bound) if !bound.ip().is_loopback() => warn(&format!(
                "the diagnostics listen on {bound}, which is not loopback: whoever reaches this port can read what \
                 the service does, and slow it down"
            )),
            Ok(_) => {}
            Err(reason) => warn(&format!("no diagnostics over HTTP: {reason}")),
        }
        Self { http }
    }
}

impl fmt::Display for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.http {
            Ok(address) => write!(f, "diagnostics on http://{address}"),
            Err(reason) => write!(f, "no diagnostics over HTTP: {reason}"),
        }
    }
}

#[cfg(feature = "http")]
fn http(address: SocketAddr) -> Result<SocketAddr, Error> {
    crate::server::listen(address)
}

#[cfg(not(feature = "http"))]
fn http(_address: SocketAddr) -> Result<SocketAddr, Error> {
    Err(Error::WithoutFeature { feature: "http" })
}

/// On stderr and in the log, since either may be filtered or go elsewhere. A closed stderr is no reason to fail.
pub(crate) fn warn(warning: &str) {
    let _ = writeln!(io::stderr(), "WARNING: {warning}");
    #[cfg(feature = "tracing")]
    tracing::warn!("{warning}");
}
