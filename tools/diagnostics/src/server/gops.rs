//! The protocol of Go's gops: a client sends one byte, is answered, and the connection ends.
//!
//! The bytes are those of gops's `signal.go`. Each stands for one of the pages, so what a client of gops shows is what the page
//! has. No browser can be made to ask here: no method of HTTP begins with one of these bytes.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use axum::serve::Listener;
use hyper::body::Body as _;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower_service::Service;

/// Connections that are answered at the same time.
const MOST_CONNECTIONS: usize = 8;

/// How long a client may take to say what it wants.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long an answer may take, with the client reading it.
const LONGEST: Duration = Duration::from_secs(5 * 60);

/// What a byte asks for.
enum Asked {
    /// A page, as text. Why there is none is text, too.
    Text(Method, &'static str),
    /// A page that is saved as a file. Where there is none, the answer is empty, and the client says that it is.
    File(&'static str),
    Refused(&'static str),
}

fn asked(byte: u8) -> Option<Asked> {
    Some(match byte {
        0x01 => Asked::Text(Method::GET, "/debug/pprof/stack"),
        0x02 => Asked::Text(Method::POST, "/debug/gc"),
        0x03 => Asked::Text(Method::GET, "/debug/memstats?debug=1"),
        0x04 => Asked::Text(Method::GET, "/debug/version?debug=1"),
        0x05 => Asked::File("/debug/pprof/heap"),
        0x06 => Asked::File("/debug/pprof/profile?seconds=30"),
        0x07 => Asked::Text(Method::GET, "/debug/runtime?debug=1"),
        0x08 => Asked::File("/debug/pprof/trace?seconds=5"),
        // Its profiles have their functions' names already.
        0x09 => Asked::Refused(
            "The program is not sent: profiles name their functions without it, and it may hold secrets.\n",
        ),
        // The number that follows is not read.
        0x10 => Asked::Refused(
            "There is no percentage to set: Rust has no garbage collector; `rops setgc` sets how long jemalloc keeps \
             unused memory.\n",
        ),
        _ => return None,
    })
}

pub(super) async fn serve(mut listener: TcpListener, pages: Router) {
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else {
            return;
        };
        // What axum does with connections that fail, and when the process is out of file descriptors.
        let (stream, _peer) = Listener::accept(&mut listener).await;
        let pages = pages.clone();
        tokio::spawn(async move {
            let _ = timeout(LONGEST, answer(stream, pages)).await;
            drop(permit);
        });
    }
}

/// One byte, one answer. What nobody knows is answered with nothing.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, pages: Router) {
    let Ok(Ok(byte)) = timeout(PATIENCE, stream.read_u8()).await else {
        return;
    };
    let written = match asked(byte) {
        None => Ok(()),
        Some(Asked::Refused(sentence)) => stream.write_all(sentence.as_bytes()).await,
        Some(Asked::Text(method, path)) => copy(&mut stream, pages, method, path, true).await,
        Some(Asked::File(path)) => copy(&mut stream, pages, Method::GET, path, false).await,
    };
    if written.is_ok() {
        // What the client has sent beyond the byte is read, or the kernel would take the answer back.
        let _ = stream.shutdown().await;
        let rest = async { while stream.read(&mut [0; 64]).await.is_ok_and(|read| read > 0) {} };
        let _ = timeout(PATIENCE, rest).await;
    }
}

/// Writes the page as it comes.
async fn copy(
    stream: &mut (impl AsyncWrite + Unpin),
    mut pages: Router,
    method: Method,
    path: &str,
    with_failure: bool,
) -> std::io::Result<()> {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "localhost")
        .body(Body::empty())
        .map_err(std::io::Error::other)?;
    let response: Result<_, Infallible> = pages.call(request).await;
    let Ok(response) = response;
    if response.status() != StatusCode::OK && !with_failure {
        return Ok(());
    }
    let mut body = pin!(response.into_body());
    while let Some(frame) = poll_fn(|context| body.as_mut().poll_frame(context)).await {
        let frame = frame.map_err(std::io::Error::other)?;
        if let Some(bytes) = frame.data_ref() {
            stream.write_all(bytes).await?;
        }
    }
    stream.flush().await
}
