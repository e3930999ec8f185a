//! Where the load goes: a service on this machine.

use std::fmt;
use std::net::{SocketAddr, ToSocketAddrs};

use crate::listener::Listener;

/// What `http://HOST:PORT` stands for.
#[derive(Debug, Clone)]
pub struct Target {
    /// At least one, tried in this order; all of them are this machine's own.
    pub addresses: Vec<SocketAddr>,
    /// `HOST:PORT` as it was given: what the `Host` header says.
    pub authority: String,
    /// The process that listens there, once [`Target::identify`] has found it.
    pub listener: Option<Listener>,
}

impl Target {
    /// Parses and looks up the value of `--url`; the error says what is wrong with it.
    ///
    /// A host that has any address besides loopback is refused: a load is for a service of one's own.
    pub fn parse(url: &str) -> Result<Self, String> {
        let authority = match url.split_once("://") {
            Some(("http", authority)) => authority.trim_end_matches('/'),
            Some(("https", _)) => {
                return Err("only http is supported: the app speaks no TLS".into());
            }
            _ => return Err("give a base URL such as http://127.0.0.1:8080".into()),
        };
        let addresses: Vec<SocketAddr> = authority
            .to_socket_addrs()
            .map_err(|error| format!("{error}: give http://HOST:PORT and nothing else"))?
            .filter(|address| address.port() != 0)
            .collect();
        if addresses.is_empty() {
            return Err("nobody can listen there".into());
        }
        if !addresses.iter().all(|address| address.ip().is_loopback()) {
            return Err("it is not this machine: a load is for a service of your own".into());
        }
        Ok(Self {
            addresses,
            authority: authority.to_owned(),
            listener: None,
        })
    }

    /// Finds out which process answers: people who have several checkpoints at hand see which one they measure. Another
    /// user's process, or one in another container, stays unknown, and so does any on a system without `/proc`.
    pub fn identify(&mut self) {
        self.listener = Listener::at(&self.addresses);
    }

    /// The name of the program that listens there.
    pub fn program(&self) -> Option<&str> {
        Some(&self.listener.as_ref()?.program)
    }

    /// What is measured, for people.
    pub fn named(&self) -> String {
        match self.program() {
            Some(program) => format!("{program} at {self}"),
            None => self.to_string(),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}
