//! The debug listener: a thread of its own that serves a few pages, within limits.

mod cmdline;
mod guard;
mod index;
mod pages;
#[cfg(not(all(
    feature = "profile",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
#[path = "server/no_profiles.rs"]
mod profiles;
#[cfg(all(
    feature = "profile",
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
mod profiles;
mod redact;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;

use crate::{Error, thread};

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
pub(crate) fn listen(address: SocketAddr) -> Result<SocketAddr, Error> {
    start(address, pages::router())
}

fn start(address: SocketAddr, pages: Router) -> Result<SocketAddr, Error> {
    let bind = |reason| Error::Bind { address, reason };
    let listener = std::net::TcpListener::bind(address).map_err(bind)?;
    listener.set_nonblocking(true).map_err(bind)?;
    let bound = listener.local_addr().map_err(bind)?;

    // All of it on the new thread: this one may be a worker of the service's runtime, where another runtime may be
    // made but not be dropped again, should a later step fail.
    let (tell, told) = mpsc::sync_channel(1);
    let serve = move || match prepare(listener) {
        Ok((runtime, listener)) => {
            let _ = tell.send(Ok(()));
            runtime.block_on(serve(listener, pages));
        }
        Err(error) => {
            let _ = tell.send(Err(error));
        }
    };
    thread::spawn("diagnostics", serve).map_err(Error::Thread)?;
    match told.recv() {
        Ok(Ok(())) => Ok(bound),
        Ok(Err(error)) => Err(Error::Thread(error)),
        Err(_) => Err(Error::Thread(io::Error::other("it ended at once"))),
    }
}

fn prepare(listener: std::net::TcpListener) -> io::Result<(Runtime, TcpListener)> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let context = runtime.enter();
    let listener = TcpListener::from_std(listener)?;
    drop(context);
    Ok((runtime, listener))
}

async fn serve(listener: TcpListener, pages: Router) {
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok((stream, _peer)) => stream,
            Err(_) => {
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
            // However it ended, there is nobody left to tell.
            let _ = tokio::time::timeout(CONNECTION_LIMIT, connection).await;
            drop(permit);
        });
    }
}

#[cfg(all(test, feature = "tracing"))]
mod tests;
