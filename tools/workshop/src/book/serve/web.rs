//! The HTTP side: the book's files, and the news that a page should reload.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::channel::Channel;
use http_body_util::{Either, Full};
use hyper::body::{Body, Bytes};
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{HeaderMap, Method, Request, Response, StatusCode, Uri};
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::host;
use super::live::Live;
use super::site::content_type;

const SCRIPT: &str = include_str!("live.js");

/// Keeps every request of a page on this server, even if a page had an address of another one in it.
const POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-inline'; \
                      style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      form-action 'self'; base-uri 'self'; frame-ancestors 'self'";

/// How long requests may take to end after Ctrl-C.
const GRACE: Duration = Duration::from_secs(3);

/// How often a page that waits for news hears that there are none, so that nobody takes its connection for dead.
const KEEP_ALIVE: Duration = Duration::from_secs(20);

/// Serves the book until `stopped`, and then what was asked for before.
pub async fn serve(listener: TcpListener, live: Arc<Live>, stopped: impl Future<Output = ()>) {
    let mut stopped = pin!(stopped);
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((stream, _)) = listener.accept() => {
                connections.spawn(connection(stream, Arc::clone(&live)));
            }
            Some(_) = connections.join_next() => {}
            () = &mut stopped => break,
            // Out of file descriptors, say.
            else => sleep(Duration::from_millis(100)).await,
        }
    }
    live.close();
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(GRACE, ended).await.is_err() {
        eprintln!("a request did not end in time");
    }
}

async fn connection(stream: TcpStream, live: Arc<Live>) {
    let service = service_fn(|request| {
        let answer = answer(&live, &request);
        async { Ok::<_, Infallible>(answer) }
    });
    let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    // How a connection ends is the reader's business.
    tokio::select! {
        _ = connection.as_mut() => return,
        () = live.closed() => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await.ok();
}

type Answer = Response<Either<Full<Bytes>, Channel<Bytes>>>;

/// Refuses requests for another host, and marks all answers as not to be kept or guessed at.
fn answer<B: Body>(live: &Live, request: &Request<B>) -> Answer {
    let mut answer = match (request.method(), request.uri().path()) {
        _ if let Some(reason) = refusal(request.uri(), request.headers()) => text(
            StatusCode::MISDIRECTED_REQUEST,
            "text/plain; charset=utf-8",
            reason,
        ),
        (&(Method::GET | Method::HEAD), "/-/live.js") => {
            text(StatusCode::OK, content_type("live.js"), SCRIPT)
        }
        (&Method::GET, "/-/events") => events(live),
        (&(Method::GET | Method::HEAD), path) => file(live, path),
        _ => text(
            StatusCode::METHOD_NOT_ALLOWED,
            "text/plain; charset=utf-8",
            "Pages can only be read.\n",
        ),
    };
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    answer
}

fn text(status: StatusCode, kind: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Either::Left(Full::new(body.into())));
    *answer.status_mut() = status;
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    answer
}

fn refusal(uri: &Uri, headers: &HeaderMap) -> Option<String> {
    let mut hosts = headers
        .get_all(HOST)
        .iter()
        .map(|value| value.to_str().unwrap_or("something that is no text"))
        .chain(uri.authority().map(|authority| authority.as_str()))
        .peekable();
    let wrong = match hosts.peek() {
        None => "no host at all",
        Some(_) => hosts.find(|host| !host::is_ours(host))?,
    };
    Some(format!(
        "This server answers requests for localhost and for addresses in numbers; this one was for {wrong}.\n"
    ))
}

fn file(live: &Live, path: &str) -> Answer {
    let state = live.state();
    let (status, name, content) = match state.site.file(path) {
        Some((name, content)) => (StatusCode::OK, name, content),
        None => match state.site.file("/404.html") {
            Some((name, content)) => (StatusCode::NOT_FOUND, name, content),
            None => {
                return text(
                    StatusCode::NOT_FOUND,
                    "text/plain; charset=utf-8",
                    "There is no such page.\n",
                );
            }
        },
    };
    let kind = content_type(name);
    if kind.starts_with("text/html") {
        text(status, kind, with_script(content, state.version))
    } else {
        text(status, kind, content.clone())
    }
}

/// The page with the script that reloads it.
fn with_script(page: &Bytes, version: u128) -> Bytes {
    let tag = format!("<script src=\"/-/live.js\" data-version=\"{version}\"></script>");
    match page.windows(7).rposition(|window| window == b"</body>") {
        Some(end) => [&page[..end], tag.as_bytes(), &page[end..]].concat().into(),
        None => page.clone(),
    }
}

/// Tells a page of the present state, and of each one that follows (server-sent events).
fn events(live: &Live) -> Answer {
    let (mut sender, body) = Channel::new(1);
    let mut changes = live.changes();
    tokio::spawn(async move {
        loop {
            let news = match timeout(KEEP_ALIVE, changes.next()).await {
                Err(_) => ":\n\n".to_owned(),
                Ok(None) => return,
                Ok(Some(state)) => {
                    // As text: a number of this size is not exact in JavaScript.
                    let version = state.version.to_string();
                    let news = serde_json::json!({ "version": version, "problem": state.problem });
                    format!("data: {news}\n\n")
                }
            };
            if sender.send_data(news.into()).await.is_err() {
                return;
            }
        }
    });
    let mut answer = Response::new(Either::Right(body));
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_goes_to_the_end_of_the_page() {
        let page = Bytes::from_static(b"<body>x</body></html>");
        assert_eq!(
            with_script(&page, 7),
            "<body>x<script src=\"/-/live.js\" data-version=\"7\"></script></body></html>"
        );
        assert_eq!(with_script(&Bytes::from_static(b"x"), 7), "x");
    }

    #[test]
    fn a_request_must_be_for_this_server() {
        let refuse = |uri: &'static str, hosts: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for host in hosts {
                headers.append(HOST, HeaderValue::from_static(host));
            }
            refusal(&Uri::from_static(uri), &headers)
        };
        assert_eq!(refuse("/", &["localhost:3000"]), None);
        assert!(
            refuse("/", &["evil.example:3000"])
                .unwrap()
                .contains("for evil.example:3000.")
        );
        assert!(refuse("/", &[]).unwrap().contains("no host at all"));
        assert!(refuse("/", &["localhost:3000", "evil.example"]).is_some());
        assert!(refuse("http://evil.example/", &["localhost:3000"]).is_some());
    }
}
