//! Settings: each is described, and a wrong one is explained before anything is served.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use rustix::process::Signal;

use crate::{
    context::{Context, User},
    launch::{Launch, SECRET},
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

/// The message names the setting, the value and what would be right.
async fn explained(launch: Launch, setting: &str, value: &str, right: &str) -> Result<()> {
    let mut ended = launch.refused(&format!("{setting} {value:?}")).await?;
    ended.says(value)?.says(right)?;
    // In a file, a variable and a flag the same setting is written in different ways.
    ended.stderr = ended.stderr.replace('-', "_").to_lowercase();
    ended.says(&setting.trim_start_matches('-').replace('-', "_"))?;
    Ok(())
}

pub async fn help_describes_every_setting(context: &Context) -> Result<()> {
    let launch = context.launch_beside().await?.argument("--help");
    let ended = launch.run_to_end().await?;
    ensure!(ended.code == Some(0), "--help fails: {ended:?}");
    let help = ended.stdout;
    for (flag, variable) in SETTINGS {
        let named = help.contains(flag) && help.contains(variable);
        ensure!(named, "--help does not name {flag} and {variable}:\n{help}");
    }
    let secrets = context.record().secrets();
    let mut secrets = secrets.iter().map(String::as_str).chain([SECRET]);
    let shows = secrets.any(|secret| help.contains(secret));
    ensure!(!shows, "--help shows a secret from the environment");
    Ok(())
}

/// Nobody could find a server whose address is not printed.
pub async fn an_address_that_cannot_be_printed_is_explained(context: &Context) -> Result<()> {
    let launch = context.launch_beside().await?.with_a_full_stdout();
    let ended = launch.refused("a full standard output").await?;
    ended
        .says("cannot print the address")?
        .says("No space left")?;
    Ok(())
}

pub async fn wrong_flags_are_explained(context: &Context) -> Result<()> {
    let launch = context.launch_beside().await?;
    let url = "mysql://localhost/coworking";
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
        ("--database-url", url, "postgres://"),
    ] {
        // Of a wrong database URL, which may contain a password, the scheme is enough.
        let shown = value.split("://").next().unwrap_or(value);
        explained(launch.flag(flag, value), flag, shown, right).await?;
    }
    let unknown = launch.argument("--colour=red");
    let ended = unknown.refused("an unknown flag").await?;
    ended.says("--colour")?;
    ensure!(ended.code == Some(2), "{ended:?}");
    Ok(())
}

pub async fn wrong_variables_are_explained(context: &Context) -> Result<()> {
    let launch = context.launch_beside().await?;
    let page = "http://book.example/page";
    for (variable, setting, value, right) in [
        ("COWORKING_LISTEN", "listen", "nonsense", "127.0.0.1:8080"),
        ("COWORKING_POOL_SIZE", "pool-size", "0", "1"),
        ("COWORKING_ORIGINS", "origins", page, "http://"),
    ] {
        explained(launch.variable(variable, value), setting, value, right).await?;
    }
    // A secret is explained without being shown.
    for secret in [
        "too-short-a-secret",
        "this-secret-is-longer-than-32-bytes",
        "ümlaut-with-32-bytes-0123456789",
    ] {
        let launch = launch.variable("COWORKING_SECRET", secret);
        let ended = launch.refused("a wrong secret").await?;
        ended.says("secret")?.says("32")?.hides(secret)?;
    }
    Ok(())
}

fn with_file(launch: &Launch, file: &Path) -> Launch {
    launch.flag("--config", &file.display().to_string())
}

pub async fn wrong_files_are_explained(context: &Context) -> Result<()> {
    let committed = context.target().checkpoint.configuration()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("coworking.toml");
    let launch = with_file(&context.launch_beside().await?, &file);
    let pool_of_none = committed
        .lines()
        .map(|line| match line.starts_with("pool_size") {
            true => "pool_size = 0\n".to_owned(),
            false => format!("{line}\n"),
        });
    let colour = format!("colour = \"red\"\n{committed}");
    for (text, setting, value, right) in [
        (colour, "colour", "colour", "listen"),
        (pool_of_none.collect(), "pool_size", "0", "1"),
    ] {
        fs::write(&file, text)?;
        explained(launch.clone(), setting, value, right).await?;
    }
    for (what, text) in [
        ("text that is not TOML", &b"listen: here"[..]),
        ("a file that is not UTF-8", b"\xff\xfe"),
    ] {
        fs::write(&file, text)?;
        launch.refused(what).await?.says("coworking.toml")?;
    }
    fs::remove_file(&file)?;
    let ended = launch.refused("a file that does not exist").await?;
    ended.says("coworking.toml")?;
    Ok(())
}

/// Everybody on the machine can reach gops's protocol, and on another address than loopback others, too.
pub async fn settings_of_the_diagnostics(context: &Context) -> Result<()> {
    let committed = context.target().checkpoint.configuration()?;
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("coworking.toml");
    fs::write(&file, format!("{committed}\nagent_tcp = \"0.0.0.0:0\"\n"))?;
    let launch = context.launch_beside().await?;
    for launch in [
        launch.flag("--agent-tcp", "0.0.0.0:0"),
        launch.variable("COWORKING_AGENT_TCP", "0.0.0.0:0"),
        with_file(&launch, &file),
    ] {
        let ended = launch.refused("agent_tcp").await?;
        ended.says("0.0.0.0:0")?.says("ssh -L")?;
    }
    // Who is killed leaves its port there, and not in the home folder.
    let gops = folder.path().display().to_string();
    let open = launch.flag("--agent-tcp", "127.0.0.1:0");
    let open = open.variable("GOPS_CONFIG_DIR", &gops);
    open.argument("--agent=true").start().await?;
    let off = launch.argument("--heap-sample-interval=0");
    let off = off.argument("--recorder-size=0").argument("--agent=false");
    off.start().await.context("switched off")?;
    let smaller = launch.argument("--heap-sample-interval=4096");
    let smaller = smaller.argument("--recorder-size=1048576");
    smaller.start().await.context("heap samples, a recorder")?;
    for limit in ["slow-request-ms", "slow-poll-ms"] {
        let alone = launch.flag(&format!("--{limit}"), "50");
        alone.refused(limit).await?.says("dump_folder")?;
        let with_folder = launch.flag(&format!("--{limit}"), "50");
        let dumps = folder.path().display().to_string();
        with_folder.flag("--dump-folder", &dumps).start().await?;
    }
    Ok(())
}

/// Spans go to the file that is named, all of them by the time that the server has ended.
pub async fn spans_are_written_as_folded_stacks(context: &Context) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("spans.folded");
    let launch = context.launch_beside().await?;
    let missing = folder
        .path()
        .join("missing/spans.folded")
        .display()
        .to_string();
    let refused = launch.flag("--trace-flame", &missing);
    refused
        .refused("a folder that is missing")
        .await?
        .says("trace_flame")?;
    let path = file.display().to_string();
    let mut service = launch.flag("--trace-flame", &path).start().await?;
    service.client.get("/rooms").expect(200).await?;
    service.server.signal(Signal::TERM)?;
    let status = service.server.wait(Duration::from_secs(30)).await?;
    ensure!(status.success(), "{status}");
    let folded = fs::read_to_string(&file)?;
    for line in folded.lines() {
        let whole = line
            .rsplit_once(' ')
            .is_some_and(|(_, nanoseconds)| nanoseconds.parse::<u64>().is_ok());
        ensure!(whole, "{line:?} is no stack with its nanoseconds");
    }
    // In a drawing, what a thread has beside its requests is when it was in none.
    let idle = folded.lines().find(|line| !line.contains(';'));
    let thread = idle.and_then(|line| line.rsplit_once(' '));
    let (thread, _) = thread.with_context(|| format!("no thread without a span in {folded}"))?;
    let mut svg = Vec::new();
    let mut options = inferno::flamegraph::Options::default();
    inferno::flamegraph::from_lines(&mut options, folded.lines(), &mut svg)?;
    let svg = String::from_utf8(svg)?;
    for frame in [thread, "::request:"] {
        let title = svg.split("<title>").find(|title| title.contains(frame));
        ensure!(title.is_some(), "{frame} is not drawn of {folded}");
    }
    Ok(())
}

/// What was slow is in a file a moment later.
pub async fn a_slow_request_is_dumped(context: &Context) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let dumps = folder.path().display().to_string();
    let launch = context.launch_beside().await?;
    let launch = launch
        .flag("--dump-folder", &dumps)
        .flag("--slow-request-ms", "1");
    let service = launch.start().await?;
    let until = Instant::now() + Duration::from_secs(30);
    loop {
        // A password's hash takes longer than a millisecond.
        User::sign_up(&service.client).await?;
        let mut entries = fs::read_dir(folder.path())?;
        let is_dump = |name: String| name.starts_with("flight-") && name.ends_with(".json.gz");
        if entries.any(|entry| {
            entry.is_ok_and(|entry| is_dump(entry.file_name().to_string_lossy().into()))
        }) {
            return Ok(());
        }
        ensure!(Instant::now() < until, "no dump");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
