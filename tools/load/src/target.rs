//! Where the load goes: a checked `--url`, and the address that it stands for.

use std::net::{SocketAddr, ToSocketAddrs};

use anyhow::Context;
use hyper::Uri;
use hyper::header::HeaderValue;

/// A plain `http://HOST[:PORT]`, parsed but not yet looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Without the brackets of an IPv6 address.
    host: String,
    port: u16,
    /// `HOST[:PORT]` as it was given: what the `Host` header says.
    authority: String,
}

impl Target {
    /// Parses the value of `--url`; the error says which part of it is wrong.
    pub fn parse(url: &str) -> Result<Self, String> {
        if url.contains('#') {
            return Err("give only http://HOST:PORT, without a fragment".into());
        }
        let uri: Uri = url
            .parse()
            .map_err(|error| format!("{error}: give a base URL such as http://127.0.0.1:8080"))?;
        match uri.scheme_str() {
            Some("http") => {}
            Some("https") => return Err("only http is supported: the app speaks no TLS".into()),
            Some(other) => return Err(format!("only http is supported, not {other}")),
            None => return Err("the scheme is missing: write http:// before the host".into()),
        }
        if uri.path() != "/" || uri.query().is_some() {
            return Err("give only http://HOST:PORT: the load chooses the paths itself".into());
        }
        let authority = uri.authority().ok_or("the host is missing")?;
        if authority.as_str().contains('@') {
            return Err("credentials do not belong there: use --user and --password".into());
        }
        // An empty or overlong port parses as an authority without a port.
        let has_port = authority
            .as_str()
            .rsplit_once(':')
            .is_some_and(|(_, port)| !port.ends_with(']'));
        if has_port && authority.port_u16().is_none_or(|port| port == 0) {
            return Err("the port must be a number from 1 to 65535".into());
        }
        let host = authority.host();
        let host = host
            .strip_prefix('[')
            .and_then(|host| host.strip_suffix(']'))
            .unwrap_or(host);
        if host.is_empty() {
            return Err("the host is missing".into());
        }
        Ok(Self {
            host: host.to_owned(),
            port: authority.port_u16().unwrap_or(80),
            authority: authority.as_str().to_owned(),
        })
    }

    /// Looks the host up. A name that has any address besides loopback is not loopback.
    pub fn resolve(&self) -> anyhow::Result<Resolved> {
        let addresses: Vec<SocketAddr> = (self.host.as_str(), self.port)
            .to_socket_addrs()
            .with_context(|| format!("cannot look up the host of {self}"))?
            .collect();
        anyhow::ensure!(!addresses.is_empty(), "the host of {self} has no address");
        let loopback = addresses.iter().all(|address| address.ip().is_loopback());
        Ok(Resolved {
            addresses,
            loopback,
        })
    }

    /// The value of the `Host` header.
    pub fn host_header(&self) -> anyhow::Result<HeaderValue> {
        HeaderValue::from_str(&self.authority).context("the host is not a valid header value")
    }

    /// The port, given or implied.
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "http://{}", self.authority)
    }
}

/// What a host name stands for.
#[derive(Debug)]
pub struct Resolved {
    /// At least one.
    pub addresses: Vec<SocketAddr>,
    /// Whether every address is this machine's own.
    pub loopback: bool,
}

#[cfg(test)]
mod tests {
    use super::Target;

    #[test]
    fn accepts_plain_base_urls() {
        for (url, port) in [
            ("http://127.0.0.1:8080", 8080),
            ("http://127.0.0.1:8080/", 8080),
            ("http://localhost", 80),
            ("http://[::1]:9000", 9000),
            ("http://[::1]", 80),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!(target.port(), port, "{url}");
            assert_eq!(target.to_string(), url.trim_end_matches('/'));
        }
    }

    #[test]
    fn says_what_is_wrong_with_a_url() {
        for (url, part) in [
            ("https://localhost", "TLS"),
            ("ftp://localhost", "ftp"),
            ("localhost:8080", "scheme"),
            ("127.0.0.1", "scheme"),
            ("http://127.0.0.1:8080/rooms", "paths"),
            ("http://127.0.0.1:8080/?a=b", "paths"),
            ("http://127.0.0.1:8080/#a", "fragment"),
            ("http://a:b@127.0.0.1:8080", "--user"),
            ("http://127.0.0.1:0", "port"),
            ("http://127.0.0.1:99999", "port"),
            ("http://", "base URL"),
            ("", "base URL"),
        ] {
            let error = Target::parse(url).unwrap_err();
            assert!(error.contains(part), "{url:?}: {error}");
        }
    }

    #[test]
    fn tells_loopback_from_other_addresses() {
        for (url, loopback) in [
            ("http://127.8.9.10:80", true),
            ("http://[::1]:80", true),
            ("http://192.0.2.1:80", false),
            ("http://0.0.0.0:80", false),
        ] {
            let resolved = Target::parse(url).unwrap().resolve().unwrap();
            assert_eq!(resolved.loopback, loopback, "{url}");
        }
    }
}
