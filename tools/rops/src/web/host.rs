//! Which `Host` a request may name.
//!
//! A page of some other site can make a browser resolve that site's name to 127.0.0.1 and then read what this server
//! answers (DNS rebinding). Such a request names that site as its host, so it is refused here. An address in numbers
//! cannot be rebound, and the port may be another one: somebody has forwarded it.

use std::net::IpAddr;

use hyper::HeaderMap;
use hyper::Uri;
use hyper::header::HOST;
use hyper::http::uri::Authority;

/// A sentence, if a request is not for this server.
pub fn refusal(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let named = headers.get_all(HOST).iter();
    let named = named.map(|value| value.to_str().unwrap_or("something that is no text"));
    let mut hosts = named
        .chain(uri.authority().map(Authority::as_str))
        .peekable();
    let wrong = match hosts.peek() {
        None => "no host at all",
        Some(_) => hosts.find(|host| !is_ours(host))?,
    };
    Some(format!(
        "This server answers requests for localhost and for addresses in numbers; this one was for {wrong}.\n"
    ))
}

fn is_ours(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host().trim_matches(['[', ']']);
    // `user@host` is a form of an authority, and of no host.
    !host.contains('@')
        && (name.eq_ignore_ascii_case("localhost") || name.parse::<IpAddr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(uri: &'static str, hosts: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, host.parse().expect("it is a value"));
        }
        refusal(&Uri::from_static(uri), &headers).is_some()
    }

    #[test]
    fn localhost_and_numbers_are_ours_on_any_port() {
        for host in [
            "127.0.0.1:3000",
            "localhost",
            "LOCALHOST:9999",
            "[::1]:3000",
            "192.168.0.2",
        ] {
            assert!(!refused("/", &[host]), "{host}");
        }
    }

    #[test]
    fn other_names_are_not() {
        for host in [
            "example.com:3000",
            "127.0.0.1.example.com",
            "localhost.example.com:3000",
            "localhost:3000:3000",
            "x@localhost",
            "[::1",
            "",
        ] {
            assert!(refused("/", &[host]), "{host}");
        }
        assert!(refused("/", &[]));
        assert!(refused("/", &["localhost", "evil.example"]));
        assert!(refused("http://evil.example/", &["localhost"]));
    }
}
