//! What a server says that cannot start although each of its settings is right by itself.

use std::net::TcpListener;

use anyhow::{Context as _, Result, ensure};

use crate::{context::Context, suite::configuration::refused};

pub async fn the_committed_secret_stays_on_loopback(context: &Context) -> Result<()> {
    let database = &context.shared().await?.database;
    let committed = context.target().checkpoint.committed_secret()?;
    let by_file = || {
        context
            .launch(database)
            .without_variable("COWORKING_SECRET")
    };
    let by_variable = || by_file().variable("COWORKING_SECRET", &committed);
    for address in ["0.0.0.0:0", "[::]:0"] {
        for launch in [by_file(), by_variable()] {
            let ended = refused(
                launch.argument("--listen").argument(address),
                "the committed secret on it",
            )
            .await?;
            let stderr = ended.stderr;
            ensure!(
                stderr.contains(address),
                "the message does not name the address: {stderr}"
            );
            ensure!(
                stderr.contains("COWORKING_SECRET"),
                "the message does not say what to set: {stderr}"
            );
            ensure!(
                !stderr.contains(&committed),
                "the message shows the secret: {stderr}"
            );
        }
    }
    let server = by_file()
        .start()
        .await
        .context("on loopback the committed secret is accepted")?;
    ensure!(
        server.address().ip().is_loopback(),
        "it listens on {}",
        server.address()
    );
    Ok(())
}

pub async fn a_taken_port_is_named(context: &Context) -> Result<()> {
    let database = &context.shared().await?.database;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let launch = context.launch(database);
    let launch = launch.argument("--listen").argument(&address);
    let stderr = refused(launch, "a taken port").await?.stderr;
    ensure!(
        stderr.contains(&address),
        "the message does not name {address}: {stderr}"
    );
    Ok(())
}

/// The diagnostics are no reason not to serve.
pub async fn a_taken_debug_port_stops_nothing(context: &Context) -> Result<()> {
    let database = &context.shared().await?.database;
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let address = taken.local_addr()?.to_string();
    let launch = context.launch(database);
    let launch = launch.argument("--debug-listen").argument(&address);
    let server = launch.start().await?;
    let client = context.client_of(&server)?;
    client.get("/rooms").await?.expect(200)?;
    let printed = server.stdout()?;
    ensure!(
        printed.contains("no diagnostics") && printed.contains(&address),
        "it does not say that its diagnostics cannot listen on {address}: {printed}"
    );
    Ok(())
}

pub async fn an_unusable_database_is_named(context: &Context) -> Result<()> {
    let database = &context.shared().await?.database;
    let (url, named) = match database.url().split_once('@') {
        // The right user with a password that is not the cluster's.
        Some((_, host)) => (
            format!("postgres://contract:wrong-password@{host}"),
            host.to_owned(),
        ),
        None => {
            // A file where a folder would have to be.
            let file = tempfile::NamedTempFile::new()?;
            let path = file.path().join("coworking.db").display().to_string();
            let url = format!("sqlite://{path}");
            let stderr = refused(
                context.launch(database).variable("DATABASE_URL", &url),
                &url,
            )
            .await?
            .stderr;
            ensure!(
                stderr.contains(&file.path().display().to_string()),
                "the message does not name it: {stderr}"
            );
            return Ok(());
        }
    };
    let stderr = refused(
        context.launch(database).variable("DATABASE_URL", &url),
        "a wrong password",
    )
    .await?
    .stderr;
    ensure!(
        stderr.contains(&named),
        "the message does not name the database {named}: {stderr}"
    );
    ensure!(
        !stderr.contains("wrong-password"),
        "the message shows the password: {stderr}"
    );
    Ok(())
}
