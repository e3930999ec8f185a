//! Which `Host` a request may name.
//!
//! A page of some other site can make a browser resolve that site's name to 127.0.0.1 and then read what this
//! server answers (DNS rebinding). Such a request names that site as its host, so it is refused here. An address in
//! numbers cannot be rebound, and the port may be another one: somebody has forwarded it.

use std::net::IpAddr;

use hyper::http::uri::Authority;

/// Whether the server answers a request for `host` (`name`, or `name:port`).
pub fn is_ours(host: &str) -> bool {
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
    use super::is_ours;

    #[test]
    fn localhost_and_numbers_are_ours_on_any_port() {
        for host in [
            "127.0.0.1:3000",
            "localhost",
            "LOCALHOST:9999",
            "[::1]:3000",
            "192.168.0.2",
        ] {
            assert!(is_ours(host), "{host}");
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
            assert!(!is_ours(host), "{host}");
        }
    }
}
