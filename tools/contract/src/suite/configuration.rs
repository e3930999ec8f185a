//! Settings: each is described, and a wrong one is explained before anything is served.

use std::fs;

use anyhow::{Context as _, Result, ensure};

use crate::{
    context::Context,
    launch::{Ended, Launch, SECRET},
};

/// Every setting: its flag and its variable.
const SETTINGS: [(&str, &str); 15] = [
    ("--listen", "COWORKING_LISTEN"),
    ("--debug-listen", "COWORKING_DEBUG_LISTEN"),
    ("--database-url", "DATABASE_URL"),
    ("--pool-size", "COWORKING_POOL_SIZE"),
    ("--secret", "COWORKING_SECRET"),
    ("--origins", "COWORKING_ORIGINS"),
    ("--log", "COWORKING_LOG"),
    ("--heap-sample-interval", "COWORKING_HEAP_SAMPLE_INTERVAL"),
    ("--recorder-size", "COWORKING_RECORDER_SIZE"),
    ("--dump-folder", "COWORKING_DUMP_FOLDER"),
    ("--slow-request-ms", "COWORKING_SLOW_REQUEST_MS"),
    ("--slow-poll-ms", "COWORKING_SLOW_POLL_MS"),
    ("--trace-flame", "COWORKING_TRACE_FLAME"),
    ("--agent", "COWORKING_AGENT"),
    ("--agent-tcp", "COWORKING_AGENT_TCP"),
];

/// Settings of the diagnostics that nothing obeys yet, each with a value.
const NOT_BUILT: [(&str, &str); 8] = [
    ("heap-sample-interval", "4096"),
    ("recorder-size", "1048576"),
    ("dump-folder", "dumps"),
    ("slow-request-ms", "250"),
    ("slow-poll-ms", "50"),
    ("trace-flame", "spans.folded"),
    ("agent", "true"),
    ("agent-tcp", "127.0.0.1:0"),
];

/// The launch ends by itself, with an error, before it says that it listens.
pub async fn refused(launch: Launch, what: &str) -> Result<Ended> {
    let ended = launch
        .run_to_end()
        .await
        .with_context(|| format!("{what} is accepted"))?;
    let Ended {
        code,
        stdout,
        stderr,
    } = &ended;
    ensure!(
        matches!(code, Some(1 | 2)),
        "{what} ends with {code:?}, expected 1 or 2: {stderr}"
    );
    ensure!(
        !stdout.contains("listening on"),
        "{what} is explained after it was accepted: {stdout}"
    );
    ensure!(
        !stderr.contains("panicked"),
        "{what} makes it panic: {stderr}"
    );
    Ok(ended)
}

/// The message names the setting, the value and what would be right.
async fn explained(launch: Launch, setting: &str, value: &str, right: &str) -> Result<()> {
    let what = format!("{setting} {value:?}");
    let stderr = refused(launch, &what).await?.stderr;
    let named = stderr
        .replace('-', "_")
        .contains(&setting.trim_start_matches('-').replace('-', "_"));
    ensure!(named, "the message does not name {setting}: {stderr}");
    ensure!(
        stderr.contains(value),
        "the message does not show the value {value:?}: {stderr}"
    );
    ensure!(
        stderr.contains(right),
        "the message on {what} does not say what is right ({right}): {stderr}"
    );
    Ok(())
}

pub async fn help_describes_every_setting(context: &Context) -> Result<()> {
    let database = &context.shared().await?.database;
    let ended = context
        .launch(database)
        .argument("--help")
        .run_to_end()
        .await?;
    ensure!(
        ended.code == Some(0),
        "--help ends with {:?}: {}",
        ended.code,
        ended.stderr
    );
    for name in SETTINGS
        .iter()
        .flat_map(|(flag, variable)| [flag, variable])
    {
        ensure!(
            ended.stdout.contains(name),
            "--help does not name {name}:\n{}",
            ended.stdout
        );
    }
    let secrets = context.record().secrets();
    for secret in secrets.iter().map(String::as_str).chain([SECRET]) {
        ensure!(
            !ended.stdout.contains(secret),
            "--help shows a secret from the environment"
        );
    }
    Ok(())
}

pub async fn wrong_flags_are_explained(context: &Context) -> Result<()> {
    let database = &context.shared().await?.database;
    for (flag, value, right) in [
        ("--listen", "nonsense", "127.0.0.1:8080"),
        ("--listen", "127.0.0.1", "127.0.0.1:8080"),
        ("--listen", "127.0.0.1:99999", "127.0.0.1:8080"),
        ("--debug-listen", "nonsense", "127.0.0.1:"),
        ("--pool-size", "0", "1"),
        ("--pool-size", "many", "number"),
        ("--origins", "book.example", "http://"),
        ("--log", "inof", "info"),
        ("--recorder-size", "much", "digit"),
        ("--agent", "perhaps", "true"),
        ("--agent-tcp", "nonsense", "127.0.0.1:"),
        (
            "--database-url",
            "mysql://localhost/coworking",
            "postgres://",
        ),
    ] {
        let launch = context.launch(database).argument(flag).argument(value);
        // Of a wrong database URL, which may contain a password, the scheme is enough.
        let shown = value.split("://").next().unwrap_or(value);
        explained(launch, flag, shown, right).await?;
    }
    let ended = refused(
        context.launch(database).argument("--colour=red"),
        "an unknown flag",
    )
    .await?;
    ensure!(
        ended.code == Some(2) && ended.stderr.contains("--colour"),
        "{ended:?}"
    );
    Ok(())
}

pub async fn wrong_variables_are_explained(context: &Context) -> Result<()> {
    let database = &context.shared().await?.database;
    for (variable, setting, value, right) in [
        ("COWORKING_LISTEN", "listen", "nonsense", "127.0.0.1:8080"),
        ("COWORKING_POOL_SIZE", "pool-size", "0", "1"),
        (
            "COWORKING_ORIGINS",
            "origins",
            "http://book.example/page",
            "http://",
        ),
    ] {
        explained(
            context.launch(database).variable(variable, value),
            setting,
            value,
            right,
        )
        .await?;
    }
    // A secret is explained without being shown.
    for secret in [
        "too-short-a-secret",
        "this-secret-is-longer-than-32-bytes",
        "ümlaut-with-32-bytes-0123456789",
    ] {
        let launch = context
            .launch(database)
            .variable("COWORKING_SECRET", secret);
        let stderr = refused(launch, "a wrong secret").await?.stderr;
        ensure!(
            stderr.contains("secret") && stderr.contains("32"),
            "the message does not explain it: {stderr}"
        );
        ensure!(
            !stderr.contains(secret),
            "the message shows the secret: {stderr}"
        );
    }
    Ok(())
}

pub async fn wrong_files_are_explained(context: &Context) -> Result<()> {
    let database = &context.shared().await?.database;
    let committed = fs::read_to_string(
        context
            .target()
            .checkpoint
            .folder
            .join("config/coworking.toml"),
    )?;
    let folder = tempfile::Builder::new()
        .prefix("contract-config-")
        .tempdir()?;
    let path = folder.path().join("coworking.toml");
    let with_file = || {
        context
            .launch(database)
            .argument("--config")
            .argument(&path.display().to_string())
    };

    let pool_of_none = committed.lines().map(|line| {
        if line.starts_with("pool_size") {
            "pool_size = 0"
        } else {
            line
        }
    });
    for (text, setting, value, right) in [
        (
            format!("colour = \"red\"\n{committed}"),
            "colour",
            "colour",
            "listen",
        ),
        (
            pool_of_none.collect::<Vec<_>>().join("\n"),
            "pool_size",
            "0",
            "1",
        ),
    ] {
        fs::write(&path, text)?;
        explained(with_file(), setting, value, right).await?;
    }
    for (what, text) in [
        ("text that is not TOML", &b"listen: here"[..]),
        ("a file that is not UTF-8", b"\xff\xfe"),
    ] {
        fs::write(&path, text)?;
        let stderr = refused(with_file(), what).await?.stderr;
        ensure!(
            stderr.contains("coworking.toml"),
            "the message does not name the file: {stderr}"
        );
    }
    fs::remove_file(&path)?;
    let stderr = refused(with_file(), "a file that does not exist")
        .await?
        .stderr;
    ensure!(
        stderr.contains("coworking.toml"),
        "the message does not name the file: {stderr}"
    );
    Ok(())
}

/// What a server would not do, it says; that it should not do it, it takes.
pub async fn what_is_not_built_is_refused(context: &Context) -> Result<()> {
    let database = &context.shared().await?.database;
    let folder = tempfile::Builder::new()
        .prefix("contract-config-")
        .tempdir()?;
    let path = folder.path().join("coworking.toml");
    let committed = context
        .target()
        .checkpoint
        .folder
        .join("config/coworking.toml");
    let committed = fs::read_to_string(committed)?;
    for (setting, value) in NOT_BUILT {
        let name = setting.replace('-', "_");
        let quoted = if value.parse::<u64>().is_ok() || value == "true" {
            value.to_owned()
        } else {
            format!("\"{value}\"")
        };
        fs::write(&path, format!("{committed}\n{name} = {quoted}\n"))?;
        let variable = format!("COWORKING_{}", name.to_uppercase());
        let launch = || context.launch(database);
        for launch in [
            launch().argument(&format!("--{setting}")).argument(value),
            launch().variable(&variable, value),
            launch()
                .argument("--config")
                .argument(&path.display().to_string()),
        ] {
            let stderr = refused(launch, setting).await?.stderr;
            // The diagnostics take durations, and know no unit in a name.
            ensure!(
                stderr.contains(name.trim_end_matches("_ms")) && stderr.contains("not built yet"),
                "the message does not say that {name} is not built yet: {stderr}"
            );
        }
    }
    let mut off = context.launch(database);
    for argument in [
        "--heap-sample-interval=0",
        "--recorder-size=0",
        "--agent=false",
    ] {
        off = off.argument(argument);
    }
    off.start().await.context("switched off")?;
    Ok(())
}
