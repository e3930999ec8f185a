//! The debug listener: a thread of its own that serves a few pages, within limits.

mod guard;
mod index;
mod pages;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::Error;
use crate::install::Shared;

/// Connections that are served at the same time; later ones wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 64;

/// How long a client may take to send a request's head, and how long an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may live. It is longer than any answer takes, and ends those whose client does
/// not read what it asked for.
const CONNECTION_LIMIT: Duration = Duration::from_secs(15 * 60);

/// How long to wait after a failed `accept`: the process is out of file descriptors, and trying again
/// at once would only burn a core.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Binds `address` and serves on a new thread until the process ends.
pub(crate) fn listen(shared: Arc<Shared>, address: SocketAddr) -> Result<SocketAddr, Error> {
    let bind = |source| Error::Bind { address, source };
    let listener = std::net::TcpListener::bind(address).map_err(bind)?;
    listener.set_nonblocking(true).map_err(bind)?;
    let bound = listener.local_addr().map_err(bind)?;

    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Thread)?;
    let listener = {
        let _context = runtime.enter();
        TcpListener::from_std(listener).map_err(bind)?
    };
    let pages = pages::router(shared);
    thread::Builder::new()
        .name("diagnostics".into())
        .spawn(move || runtime.block_on(serve(listener, pages)))
        .map_err(Error::Thread)?;
    if !bound.ip().is_loopback() {
        warn_of_exposure(bound);
    }
    Ok(bound)
}

/// The log may be filtered or go elsewhere, hence both. A closed stderr is no reason to fail.
fn warn_of_exposure(address: SocketAddr) {
    let warning = format!(
        "the diagnostics listen on {address}, which is not loopback: whoever reaches this port can read what \
         the service does, and slow it down"
    );
    let _ = writeln!(io::stderr(), "WARNING: {warning}");
    tracing::warn!("{warning}");
}

async fn serve(listener: TcpListener, pages: axum::Router) {
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok((stream, _peer)) => stream,
            Err(error) => {
                tracing::debug!(%error, "the diagnostics listener cannot accept a connection");
                tokio::time::sleep(ACCEPT_PAUSE).await;
                continue;
            }
        };
        let service = TowerToHyperService::new(pages.clone());
        tokio::spawn(async move {
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(HEAD_TIMEOUT)
                .serve_connection(TokioIo::new(stream), service);
            match tokio::time::timeout(CONNECTION_LIMIT, connection).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "a diagnostics connection ended early"),
                Err(_) => tracing::debug!("a diagnostics connection was cut at its time limit"),
            }
            drop(permit);
        });
    }
}
