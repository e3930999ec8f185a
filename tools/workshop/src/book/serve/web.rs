//! The HTTP side: the book's files, and the news that a page should reload.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{self, Stream};

use super::host;
use super::live::Live;
use super::site::content_type;

const SCRIPT: &str = include_str!("live.js");

/// Keeps every request of a page on this server, even if a page had an address of another one in it.
const POLICY: &str = "default-src 'self'; script-src 'self' 'unsafe-inline'; \
                      style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      form-action 'self'; base-uri 'self'; frame-ancestors 'self'";

/// The server of the book.
pub fn router(live: Arc<Live>) -> Router {
    Router::new()
        .route("/-/live.js", get(script))
        .route("/-/events", get(events))
        .fallback_service(get(file).with_state(Arc::clone(&live)))
        .with_state(live)
        .layer(middleware::from_fn(guard))
}

/// Refuses requests for another host, and marks all answers as not to be kept or guessed at.
async fn guard(request: Request, next: Next) -> Response {
    let mut response = match refusal(request.uri(), request.headers()) {
        Some(reason) => (StatusCode::MISDIRECTED_REQUEST, reason).into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
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

async fn file(State(live): State<Arc<Live>>, uri: Uri) -> Response {
    let state = live.state();
    let (status, name, content) = match state.site.file(uri.path()) {
        Some((name, content)) => (StatusCode::OK, name, content),
        None => match state.site.file("/404.html") {
            Some((name, content)) => (StatusCode::NOT_FOUND, name, content),
            None => return (StatusCode::NOT_FOUND, "There is no such page.\n").into_response(),
        },
    };
    let kind = content_type(name);
    let body = if kind.starts_with("text/html") {
        with_script(content, state.version)
    } else {
        content.clone()
    };
    (status, [(CONTENT_TYPE, kind)], body).into_response()
}

/// The page with the script that reloads it.
fn with_script(page: &Bytes, version: u128) -> Bytes {
    let tag = format!("<script src=\"/-/live.js\" data-version=\"{version}\"></script>");
    match page.windows(7).rposition(|window| window == b"</body>") {
        Some(end) => [&page[..end], tag.as_bytes(), &page[end..]].concat().into(),
        None => page.clone(),
    }
}

async fn script() -> impl IntoResponse {
    ([(CONTENT_TYPE, content_type("live.js"))], SCRIPT)
}

/// Tells a page of the present state, and of each one that follows.
async fn events(
    State(live): State<Arc<Live>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let news = stream::unfold(live.changes(), |mut changes| async move {
        let state = changes.next().await?;
        let news = serde_json::json!({
            // As text: a number of this size is not exact in JavaScript.
            "version": state.version.to_string(),
            "problem": state.problem,
        });
        Some((Ok(Event::default().data(news.to_string())), changes))
    });
    Sse::new(news).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
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
