//! Which `Host` a request may name.
//!
//! A page of some other site can make a browser resolve that site's name to 127.0.0.1 and then read what this
//! server answers (DNS rebinding). Such a request names that site as its host, so it is refused here. An address
//! in numbers cannot be rebound.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Whether a server that listens on `listening` answers a request for `host` (`name`, or `name:port`).
pub fn is_ours(host: &str, listening: SocketAddr) -> bool {
    let Some((name, port)) = split(host) else {
        return false;
    };
    if port != listening.port() {
        return false;
    }
    let Ok(ip) = name.parse::<IpAddr>() else {
        return name.eq_ignore_ascii_case("localhost");
    };
    ip == listening.ip()
        || ip == Ipv4Addr::LOCALHOST
        || ip == Ipv6Addr::LOCALHOST
        || listening.ip().is_unspecified()
}

/// The name without the brackets of an IPv6 address, and the port, which is 80 where none is named.
fn split(host: &str) -> Option<(&str, u16)> {
    let (name, rest) = match host.strip_prefix('[') {
        Some(host) => host.split_once(']')?,
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let port = match rest.strip_prefix(':') {
        Some(port) => port.parse().ok()?,
        None if rest.is_empty() => 80,
        None => return None,
    };
    Some((name, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(address: &str) -> SocketAddr {
        address.parse().unwrap()
    }

    #[test]
    fn loopback_names_with_the_right_port_are_ours() {
        for host in [
            "127.0.0.1:3000",
            "localhost:3000",
            "LOCALHOST:3000",
            "[::1]:3000",
        ] {
            assert!(is_ours(host, on("127.0.0.1:3000")), "{host}");
        }
        assert!(is_ours("localhost", on("127.0.0.1:80")));
    }

    #[test]
    fn other_names_and_ports_are_not() {
        for host in [
            "example.com:3000",
            "127.0.0.1.example.com:3000",
            "localhost.example.com:3000",
            "192.168.0.2:3000",
            "localhost:3001",
            "localhost",
            "localhost:",
            "localhost:3000:3000",
            "[::1]3000",
            "[::1",
            "",
        ] {
            assert!(!is_ours(host, on("127.0.0.1:3000")), "{host}");
        }
    }

    #[test]
    fn on_all_addresses_any_number_is_ours_and_still_no_name() {
        assert!(is_ours("192.168.0.2:3000", on("0.0.0.0:3000")));
        assert!(!is_ours("example.com:3000", on("0.0.0.0:3000")));
        assert!(is_ours("192.168.0.2:3000", on("192.168.0.2:3000")));
        assert!(!is_ours("192.168.0.3:3000", on("192.168.0.2:3000")));
    }
}
