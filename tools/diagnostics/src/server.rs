//! The debug listener and the agent: a thread of their own that serves a few pages, within limits.

#[cfg(target_os = "linux")]
pub(crate) mod agent;
mod cmdline;
mod gops;
mod guard;
mod index;
mod memory;
mod memstats;
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
mod query;
mod redact;
mod runtime;
mod version;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use axum::Router;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle};
use tokio::sync::Semaphore;

use crate::{Error, thread};

/// Connections that are served at the same time; later ones wait in the kernel's queue.
const MOST_CONNECTIONS: usize = 64;

/// How long a client may take to send a request's head, and how long an idle connection is kept.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may live. It is longer than any answer takes, and ends those whose client does
/// not read what it asked for.
const CONNECTION_LIMIT: Duration = Duration::from_secs(15 * 60);

/// Binds `address` and serves there until the process ends.
pub(crate) fn listen(address: SocketAddr) -> Result<SocketAddr, Error> {
    start(address, pages::router())
}

/// Binds `address` and speaks the protocol of gops there until the process ends.
pub(crate) fn listen_for_gops(address: SocketAddr) -> Result<SocketAddr, Error> {
    let (listener, bound) = bind(address)?;
    own_runtime()?.spawn(gops::serve(listener, pages::router()));
    Ok(bound)
}

fn start(address: SocketAddr, pages: Router) -> Result<SocketAddr, Error> {
    let (listener, bound) = bind(address)?;
    own_runtime()?.spawn(serve(listener, pages));
    Ok(bound)
}

fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let bind = |reason| Error::Bind { address, reason };
    let listener = std::net::TcpListener::bind(address).map_err(bind)?;
    listener.set_nonblocking(true).map_err(bind)?;
    let bound = listener.local_addr().map_err(bind)?;
    let runtime = own_runtime()?;
    let _context = runtime.enter();
    let listener = thread::without_log(|| TcpListener::from_std(listener)).map_err(bind)?;
    Ok((listener, bound))
}

/// The runtime of the diagnostics' own thread, which is started when it is first asked for.
///
/// It is made on that thread: the one that asks may be a worker of the service's runtime, where another runtime may be
/// made but not be dropped again, should a later step fail.
fn own_runtime() -> Result<Handle, Error> {
    static RUNTIME: Mutex<Option<Handle>> = Mutex::new(None);
    let mut runtime = RUNTIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(handle) = &*runtime {
        return Ok(handle.clone());
    }
    let (tell, told) = mpsc::sync_channel(1);
    let work = move || match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let _ = tell.send(Ok(runtime.handle().clone()));
            runtime.block_on(std::future::pending::<()>());
        }
        Err(error) => {
            let _ = tell.send(Err(error));
        }
    };
    thread::spawn("diagnostics", work).map_err(Error::Thread)?;
    let handle = match told.recv() {
        Ok(made) => made.map_err(Error::Thread)?,
        Err(_) => return Err(Error::Thread(io::Error::other("it ended at once"))),
    };
    Ok(runtime.insert(handle).clone())
}

async fn serve(mut listener: impl Listener, pages: Router) {
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        // The semaphore is never closed.
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else {
            return;
        };
        let (stream, _peer) = listener.accept().await;
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
