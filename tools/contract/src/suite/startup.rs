//! What a server says that cannot start although each of its settings is right by itself.

use std::net::TcpListener;

use anyhow::{Context as _, Result, ensure};

use crate::context::Context;

pub async fn the_committed_secret_stays_on_loopback(context: &Context) -> Result<()> {
    let committed = context.target().checkpoint.committed_secret()?;
    let launch = context.launch_beside().await?;
    let by_file = launch.without_variable("COWORKING_SECRET");
    let by_variable = by_file.variable("COWORKING_SECRET", &committed);
    for address in ["0.0.0.0:0", "[::]:0"] {
        for launch in [&by_file, &by_variable] {
            let launch = launch.flag("--listen", address);
            let ended = launch.refused("the committed secret on it").await?;
            ended.says(address)?.says("COWORKING_SECRET")?;
            ended.hides(&committed)?;
        }
    }
    let service = by_file.start().await;
    let service = service.context("on loopback the committed secret is accepted")?;
    let address = service.server.address();
    ensure!(address.ip().is_loopback(), "it listens on {address}");
    Ok(())
}

/// A port that is taken as long as this is kept, and its address.
fn taken() -> Result<(TcpListener, String)> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    Ok((taken, address))
}

pub async fn a_taken_port_is_named(context: &Context) -> Result<()> {
    let (_taken, address) = taken()?;
    let launch = context.launch_beside().await?.flag("--listen", &address);
    launch.refused("a taken port").await?.says(&address)?;
    Ok(())
}

/// The diagnostics are no reason not to serve.
pub async fn a_taken_debug_port_stops_nothing(context: &Context) -> Result<()> {
    let (_taken, address) = taken()?;
    let launch = context.launch_beside().await?;
    let service = launch.flag("--debug-listen", &address).start().await?;
    service.client.get("/rooms").expect(200).await?;
    let printed = service.server.stdout()?;
    ensure!(
        printed.contains("no diagnostics") && printed.contains(&address),
        "it does not say that its diagnostics cannot listen on {address}: {printed}"
    );
    Ok(())
}

pub async fn an_unusable_database_is_named(context: &Context) -> Result<()> {
    let launch = context.launch_beside().await?;
    let file = tempfile::NamedTempFile::new()?;
    let (url, named) = match context.shared().await?.database.url().split_once('@') {
        // The right user with a password that is not the cluster's.
        Some((_, host)) => {
            let url = format!("postgres://contract:wrong-password@{host}");
            (url, host.to_owned())
        }
        // A file where a folder would have to be.
        None => {
            let path = file.path().display().to_string();
            (format!("sqlite://{path}/coworking.db"), path)
        }
    };
    let ended = launch
        .variable("DATABASE_URL", &url)
        .refused(&named)
        .await?;
    ended.says(&named)?.hides("wrong-password")?;
    Ok(())
}
