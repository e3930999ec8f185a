//! Which requests are answered at all: only those that nobody else's web page can have sent.

use std::net::IpAddr;

use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::Options;

/// Refuses requests that come through a foreign name, and those that a foreign page makes in the
/// background, with the reason.
pub(super) async fn check(request: Request, next: Next) -> Response {
    let refusal = refuse_host(
        request.uri(),
        request.headers(),
        &Options::current().allowed_hosts,
    )
    .or_else(|| refuse_site(request.method(), request.headers()));
    match refusal {
        Some(reason) => (StatusCode::FORBIDDEN, reason).into_response(),
        None => next.run(request).await,
    }
}

/// DNS rebinding: a web page whose own name is made to point to this address may talk to us, as far as the
/// browser knows. It cannot choose the `Host` that the browser sends, though: that is the page's
/// name, whereas who types the address sends an IP address or `localhost`.
fn refuse_host(uri: &Uri, headers: &HeaderMap, allowed: &[String]) -> Option<String> {
    let from_header = match headers.get(header::HOST) {
        Some(value) => match value.to_str() {
            Ok(host) => Some(host),
            Err(_) => return Some(refusal("something unreadable")),
        },
        None => None,
    };
    // A request line with a whole address (`GET http://name/path`) names a host as well.
    let from_line = uri.authority().map(|authority| authority.as_str());
    let mut named = from_header.into_iter().chain(from_line).peekable();
    if named.peek().is_none() {
        return Some(refusal("nothing"));
    }
    named.find(|host| !is_allowed(host, allowed)).map(refusal)
}

fn refusal(host: &str) -> String {
    format!(
        "The request's Host is {host:?}. The diagnostics answer to IP addresses and localhost only, so that no web \
         page can reach them under a name of its own (DNS rebinding). Use http://127.0.0.1:PORT, or allow the name \
         with diagnostics::Options::allow_host.\n"
    )
}

fn is_allowed(host: &str, allowed: &[String]) -> bool {
    let name = without_port(host);
    let literal = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(name);
    literal.parse::<IpAddr>().is_ok()
        || name.eq_ignore_ascii_case("localhost")
        || allowed
            .iter()
            .any(|allowed| allowed.eq_ignore_ascii_case(name))
}

/// The host without `:PORT`; an IPv6 address keeps its brackets.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port))
            if port.bytes().all(|byte| byte.is_ascii_digit()) && !name.is_empty() =>
        {
            name
        }
        _ => host,
    }
}

/// A foreign page cannot read our answers, but it could still make us do the work, for example in an
/// image's address, or change something with a form. Browsers say so; following a link here is fine.
fn refuse_site(method: &Method, headers: &HeaderMap) -> Option<String> {
    let says = |name: &str, value: &str| {
        headers
            .get(name)
            .is_some_and(|sent| sent.as_bytes() == value.as_bytes())
    };
    let foreign = match *method {
        Method::GET => says("sec-fetch-site", "cross-site") && !says("sec-fetch-mode", "navigate"),
        // Another port of this machine is the same site.
        _ => says("sec-fetch-site", "cross-site") || says("sec-fetch-site", "same-site"),
    };
    foreign.then(|| {
        "The diagnostics do not answer requests that another site's page makes in the background. \
         Open the address itself.\n"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(line: &str, host: Option<&str>, allowed: &[String]) -> bool {
        let mut headers = HeaderMap::new();
        if let Some(host) = host {
            headers.insert(header::HOST, host.parse().expect("a header value"));
        }
        refuse_host(&line.parse().expect("a request line"), &headers, allowed).is_some()
    }

    #[test]
    fn ip_addresses_and_localhost_are_answered_with_and_without_a_port() {
        for host in [
            "127.0.0.1",
            "127.0.0.1:6060",
            "[::1]",
            "[::1]:6060",
            "10.0.0.7:80",
            "localhost",
            "LocalHost:6060",
        ] {
            assert!(!refused("/", Some(host), &[]), "{host}");
        }
    }

    #[test]
    fn names_are_refused_whatever_they_look_like() {
        for host in [
            "evil.example",
            "evil.example:6060",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "1.evil.example:1",
            "127.0.0.1:6060@evil.example",
            "localhost:evil",
            "[::1",
            "",
            ":6060",
            "[evil.example]",
        ] {
            assert!(refused("/", Some(host), &[]), "{host:?}");
        }
        assert!(refused("/", None, &[]), "no Host at all");
        assert!(refused(
            "http://evil.example/debug/memstats",
            Some("127.0.0.1"),
            &[]
        ));
    }

    #[test]
    fn a_name_that_is_allowed_is_answered() {
        let allowed = ["booking.internal".to_owned()];
        assert!(!refused("/", Some("Booking.Internal:6060"), &allowed));
        assert!(refused("/", Some("other.internal:6060"), &allowed));
    }

    #[test]
    fn a_link_from_another_site_is_followed_and_an_embedded_request_is_not() {
        let headers = |mode: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("sec-fetch-site", "cross-site".parse().expect("a value"));
            headers.insert("sec-fetch-mode", mode.parse().expect("a value"));
            headers
        };
        assert!(refuse_site(&Method::GET, &headers("no-cors")).is_some());
        assert!(refuse_site(&Method::GET, &headers("navigate")).is_none());
        assert!(refuse_site(&Method::GET, &HeaderMap::new()).is_none());
        // A form that another site's page sends.
        assert!(refuse_site(&Method::POST, &headers("navigate")).is_some());
        assert!(refuse_site(&Method::POST, &HeaderMap::new()).is_none());
    }
}
