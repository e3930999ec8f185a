//! Pages on this machine, each of which brings all that it needs with it: `rops pprof web` shows a profile from all sides,
//! `rops trace web` a timeline.

mod answer;
mod host;
mod server;
pub mod timeline;

use std::io::{self, Write as _};
use std::net::{TcpListener, ToSocketAddrs as _};

use anyhow::{Context as _, bail};
use profile::Profile;
use terminal::{Usage, style};

use crate::settings::Settings;
use answer::{Answer, Page};

/// What a page and its scripts are answered with.
pub trait Pages: Send + Sync + 'static {
    /// The answer to a request for a path with a query.
    fn answer(&self, path: &str, query: &str) -> Answer;
}

/// A page that is ready to be served.
pub struct Site<P> {
    listener: TcpListener,
    url: String,
    page: P,
}

impl Site<Page> {
    /// A page of a profile.
    ///
    /// # Errors
    /// When the address is none, or is taken; when nothing can be shown of the profile.
    pub fn new(
        profile: Profile,
        settings: Settings,
        title: String,
        http: Option<&str>,
    ) -> anyhow::Result<Self> {
        let page = Page::new(profile, settings, title)?;
        Self::of(page, http, "this profile, and the sources that it names")
    }
}

impl<P: Pages> Site<P> {
    /// A page. `read` is what those can read who reach it.
    ///
    /// # Errors
    /// When the address is none, or is taken.
    pub fn of(page: P, http: Option<&str>, read: &str) -> anyhow::Result<Self> {
        let listener = listen(http.unwrap_or(":"))?;
        let address = listener.local_addr()?;
        if !address.ip().is_loopback() {
            let style = style::WARNING;
            anstream::eprintln!(
                "{style}warning:{style:#} whoever reaches {address} can read {read}"
            );
        }
        Ok(Self {
            listener,
            url: format!("http://{address}/"),
            page,
        })
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Prints its address, and serves it until somebody ends the process.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn present(self) -> anyhow::Result<()> {
        let mut out = io::stdout().lock();
        writeln!(out, "{}", self.url)?;
        out.flush()?;
        drop(out);
        anstream::eprintln!("Ctrl-C ends it");
        self.serve()
    }

    /// Serves it until the process ends.
    ///
    /// # Errors
    /// When the listener cannot be used.
    pub fn serve(self) -> anyhow::Result<()> {
        server::serve(self.listener, self.page)
    }
}

/// `HOST:PORT` as Go's tool takes it: this machine's loopback if there is no host, any free port if there is none.
fn listen(address: &str) -> anyhow::Result<TcpListener> {
    let wrong = || {
        Usage(format!(
            "--http: {address} is no HOST:PORT, such as localhost:8081 or :8081"
        ))
    };
    let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
    let host = match host.trim_matches(['[', ']']) {
        "" | "localhost" => "127.0.0.1",
        host => host,
    };
    let port: u16 = match port {
        "" => 0,
        port => port.parse().ok().ok_or_else(wrong)?,
    };
    let found: Vec<_> = (host, port)
        .to_socket_addrs()
        .with_context(|| format!("--http: {host}"))?
        .collect();
    match TcpListener::bind(found.as_slice()) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
            bail!("--http: {host}:{port} is taken; another port, or none, helps")
        }
        listener => listener.with_context(|| format!("--http: {host}:{port}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_lack_its_host_and_its_port() {
        for address in [":", ":0", "localhost:0", "127.0.0.1:0"] {
            let listener = listen(address).expect(address);
            assert!(
                listener.local_addr().expect(address).ip().is_loopback(),
                "{address}"
            );
        }
        for address in ["8081", "localhost", ":http", ":65536"] {
            let error = listen(address).expect_err(address);
            assert!(error.to_string().contains("is no HOST:PORT"), "{error}");
        }
        let taken = listen(":0").expect("there is a free port");
        let port = taken.local_addr().expect("it listens").port();
        let error = listen(&format!(":{port}")).expect_err("it is taken");
        assert!(
            error
                .to_string()
                .ends_with("is taken; another port, or none, helps"),
            "{error}"
        );
    }
}
