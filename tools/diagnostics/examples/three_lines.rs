//! An axum service that can be looked into: three lines of it are for the diagnostics.
//!
//! ```console
//! cargo run -p diagnostics --example three_lines
//! ```
//!
//! It prints where the service and where the diagnostics listen, on free ports.

use std::io::Write;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use tracing_subscriber::prelude::*;

#[global_allocator]
static ALLOCATOR: diagnostics::Allocator = diagnostics::Allocator::new(); // 1: memory

#[tokio::main]
async fn main() -> std::io::Result<()> {
    tracing_subscriber::registry()
        .with(diagnostics::layer()) // 2: spans and events
        .init();
    let diagnostics = diagnostics::start(([127, 0, 0, 1], 0).into()); // 3: tasks, and the pages

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    // A service goes on where nobody reads what it prints, which `println!` would not.
    let mut stdout = std::io::stdout();
    let _ = writeln!(
        stdout,
        "{diagnostics}\nlistening on http://{}",
        listener.local_addr()?
    );
    axum::serve(listener, Router::new().route("/", get(hello))).await
}

#[tracing::instrument]
async fn hello() -> String {
    // Something to see: a task that goes on for a while after the answer.
    tokio::spawn(tokio::time::sleep(Duration::from_secs(600)));
    tracing::info!("somebody asked");
    "hello\n".repeat(1000)
}
