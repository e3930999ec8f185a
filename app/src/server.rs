//! From start to shutdown.

use std::{
    io::{self, Write as _},
    time::Duration,
};

use anyhow::{Context, Result};
use axum::serve::ListenerExt;
use tokio::{
    net::TcpListener,
    runtime::Runtime,
    signal::unix::{SignalKind, signal},
    sync::oneshot,
    time::sleep,
};
use tracing::{info, warn};

use crate::{AppState, config::Config, db::Db, reminders, router::router, seed::seed};

/// How long a shutdown waits for the requests in flight.
const GRACE: Duration = Duration::from_secs(10);

/// Prepares the database, then serves until the process is told to end and the requests in flight are answered.
///
/// It blocks here and not in `main`: a future is compiled where it is polled, and the binary would take as long as this
/// library.
///
/// # Errors
/// When the database cannot be prepared or the address cannot be listened on.
pub fn run(config: Config, runtime: &Runtime) -> Result<()> {
    runtime.block_on(run_on(config))
}

async fn run_on(config: Config) -> Result<()> {
    let db = Db::connect(&config).await?;
    seed(&db).await?;

    let listen = config.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!(
            "cannot listen on {listen}: choose another address with --listen or COWORKING_LISTEN"
        )
    })?;
    writeln!(
        io::stdout(),
        "listening on http://{}",
        listener.local_addr()?
    )
    .context("cannot print the address")?;

    diagnostics::spawn(reminders::run(db.clone()));
    let served = serve(listener, AppState::new(config, db.clone())).await;
    db.close().await;
    served
}

async fn serve(listener: TcpListener, state: AppState) -> Result<()> {
    // An answer is written in one piece, so waiting for more to send with it would only delay it.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            warn!(%error, "cannot switch Nagle's algorithm off");
        }
    });
    let (stopping, stopped) = oneshot::channel();
    let server = axum::serve(listener, router(state)).with_graceful_shutdown(async move {
        stop_signal().await;
        info!("stopping: no new requests, those in flight are finished");
        // The receiver is gone only when the server itself has failed.
        let _ = stopping.send(());
    });
    tokio::select! {
        served = async { server.await } => served.context("the server failed"),
        () = grace_is_over(stopped) => {
            warn!("requests still in flight after {GRACE:?} are given up");
            Ok(())
        }
    }
}

/// Is ready when the requests in flight have had their time after the stop; never without a stop.
async fn grace_is_over(stopped: oneshot::Receiver<()>) {
    match stopped.await {
        Ok(()) => sleep(GRACE).await,
        Err(_) => std::future::pending().await,
    }
}

/// Is ready when the process is told to end: Ctrl-C or SIGTERM.
async fn stop_signal() {
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => _ = signal.recv().await,
            Err(error) => {
                warn!(%error, "SIGTERM will end the process at once");
                std::future::pending().await
            }
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
