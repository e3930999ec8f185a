//! What became of the attempt to listen, in words.

use std::fmt;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

use crate::sampling::heap;
use crate::{Error, Options};

/// What listens after [`crate::start`] or [`crate::Diagnostics::listen`], and why the rest does not.
///
/// `Display` is one line for the service to print: `diagnostics on http://ADDRESS`, which scripts may parse, or
/// `no diagnostics over HTTP: REASON`.
#[derive(Debug)]
#[non_exhaustive]
pub struct Listening {
    /// The address at which the pages are served, with the port that was taken; or why there are none.
    pub http: Result<SocketAddr, Error>,
    /// The socket of the agent, which serves the same pages to this user; or why there is none.
    pub agent: Result<PathBuf, Error>,
    /// The address at which the agent answers clients of gops, if it was asked to ([`Options::agent_tcp`]). A process has
    /// one: that of the first call.
    pub agent_tcp: Option<Result<SocketAddr, Error>>,
}

impl Listening {
    pub(crate) fn on(address: SocketAddr) -> Self {
        let listening = heap::left_out(|| {
            let http = http(address);
            let agent_tcp = gops();
            let told = |listens: &Result<SocketAddr, Error>| listens.as_ref().ok().copied();
            let agent = match Options::current().agent {
                Some(false) => Err(Error::AgentOff),
                _ => agent(told(&http), agent_tcp.as_ref().and_then(told)),
            };
            Self {
                http,
                agent,
                agent_tcp,
            }
        });
        listening.warn();
        listening
    }

    /// Says what is not as it was asked for, and what others can reach.
    fn warn(&self) {
        match &self.http {
            Ok(bound) if !bound.ip().is_loopback() => warn(&format!(
                "the diagnostics listen on {bound}, which is not loopback: whoever reaches this port can read what \
                 the service does, and slow it down"
            )),
            Ok(_) => {}
            Err(reason) => warn(&format!("no diagnostics over HTTP: {reason}")),
        }
        if let Some(Err(reason)) = &self.agent_tcp {
            warn(&format!("no agent for gops: {reason}"));
        }
        if let Err(reason @ Error::Agent(_)) = &self.agent {
            warn(&reason.to_string());
        }
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

#[cfg(feature = "http")]
fn gops() -> Option<Result<SocketAddr, Error>> {
    static ASKED: std::sync::Once = std::sync::Once::new();
    let mut listens = None;
    ASKED.call_once(|| {
        listens = Options::current()
            .agent_tcp
            .map(crate::server::listen_for_gops)
    });
    listens
}

#[cfg(all(feature = "http", target_os = "linux"))]
fn agent(http: Option<SocketAddr>, gops: Option<SocketAddr>) -> Result<PathBuf, Error> {
    crate::server::agent::open(http, gops)
}

#[cfg(not(feature = "http"))]
fn http(_address: SocketAddr) -> Result<SocketAddr, Error> {
    Err(Error::WithoutFeature { feature: "http" })
}

#[cfg(not(feature = "http"))]
fn gops() -> Option<Result<SocketAddr, Error>> {
    None
}

#[cfg(not(all(feature = "http", target_os = "linux")))]
fn agent(_http: Option<SocketAddr>, _gops: Option<SocketAddr>) -> Result<PathBuf, Error> {
    Err(match cfg!(feature = "http") {
        true => Error::NoAgentHere,
        false => Error::WithoutFeature { feature: "http" },
    })
}

/// On stderr and in the log, since either may be filtered or go elsewhere. A closed stderr is no reason to fail.
pub(crate) fn warn(warning: &str) {
    let _ = writeln!(io::stderr(), "WARNING: {warning}");
    #[cfg(feature = "tracing")]
    tracing::warn!("{warning}");
}
