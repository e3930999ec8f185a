//! The HTTP side of the page.

use std::convert::Infallible;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use http_body_util::Full;
use hyper::body::{Body, Bytes};
use hyper::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS,
};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::runtime;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::answer::Answer;
use super::{Pages, host};

/// Whatever a profile has in its names, the page asks this server only, and runs nothing but its own scripts.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Answers requests until the process ends.
///
/// # Errors
/// When the listener cannot be used.
pub fn serve(listener: TcpListener, page: impl Pages) -> anyhow::Result<()> {
    listener.set_nonblocking(true)?;
    let runtime = runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("no runtime to serve with")?;
    runtime.block_on(accept(listener, Arc::new(page)))
}

async fn accept(listener: TcpListener, page: Arc<impl Pages>) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            // Out of file descriptors, say.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let page = Arc::clone(&page);
        let service = service_fn(move |request| {
            let page = Arc::clone(&page);
            async move { Ok::<_, Infallible>(answer(page, request).await) }
        });
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
        // How a connection ends is the browser's business.
        tokio::spawn(async { connection.await.ok() });
    }
}

async fn answer<B: Body>(page: Arc<impl Pages>, request: Request<B>) -> Response<Full<Bytes>> {
    let Answer { status, kind, body } = if let Some(reason) =
        host::refusal(request.uri(), request.headers())
    {
        Answer::sentence(StatusCode::MISDIRECTED_REQUEST, reason)
    } else if !matches!(*request.method(), Method::GET | Method::HEAD) {
        Answer::sentence(
            StatusCode::METHOD_NOT_ALLOWED,
            "The page can only be read.".into(),
        )
    } else {
        let uri = request.uri().clone();
        // A large report takes a second, in which another one may be asked for.
        let made = spawn_blocking(move || page.answer(uri.path(), uri.query().unwrap_or_default()));
        made.await.unwrap_or_else(|_| {
            let sentence = "This is a mistake in rops; its terminal says more.";
            Answer::sentence(StatusCode::INTERNAL_SERVER_ERROR, sentence.into())
        })
    };
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, kind),
        (CACHE_CONTROL, "no-cache"),
        (CONTENT_SECURITY_POLICY, POLICY),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
