use super::{Config, Settings};

const COMPLETE: &str = include_str!("../../config/coworking.toml");

fn from_file(text: &str) -> anyhow::Result<Config> {
    toml::from_str::<Settings>(text)?.complete()
}

fn with(setting: &str, line: &str) -> String {
    let lines = COMPLETE.lines().map(|old| {
        if old.starts_with(&format!("{setting} =")) {
            line
        } else {
            old
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_committed_file_is_complete() {
    let config = from_file(COMPLETE).unwrap();
    assert!(config.listen.ip().is_loopback());
    assert!(config.debug_listen.ip().is_loopback());
}

#[test]
fn a_flag_beats_the_file() {
    let flags = ["coworking", "--listen", "127.0.0.1:9", "--pool-size", "7"];
    let config = Config::from_flags(flags).unwrap();
    assert_eq!((config.listen.port(), config.pool_size), (9, 7));
    assert_eq!(
        config.debug_listen.port(),
        6060,
        "what no flag says comes from the file"
    );
}

#[test]
fn the_folder_of_the_database_may_have_any_name() {
    let text = with("database_url", "database_url = \"sqlite://a%20b.db\"");
    let settings = toml::from_str::<Settings>(&text).unwrap();
    let config = settings.with_paths_below("/50%20 ?#").complete().unwrap();
    let url = config.database_url.reveal();
    assert_eq!(url, "sqlite:///50%2520 %3F#/a%20b.db");
}

#[test]
fn a_wrong_line_names_the_setting_the_value_and_what_is_right() {
    let wrong = [
        ("listen", "listen = \"localhost\"", "127.0.0.1:8080"),
        ("pool_size", "pool_size = 0", "from 1 to 1000"),
        (
            "journal_mode",
            "journal_mode = \"memory\"",
            "`delete` or `wal`",
        ),
        (
            "origins",
            "origins = [\"example.com\"]",
            "http://localhost:3000",
        ),
        ("log", "log = \"inof\"", "info,sqlx=debug"),
    ];
    for (setting, line, right) in wrong {
        let message = format!("{:#}", from_file(&with(setting, line)).unwrap_err());
        assert!(message.contains(line), "{message} does not show {line}");
        assert!(message.contains(right), "{message} does not say {right}");
    }
}

#[test]
fn an_unknown_or_missing_setting_is_named() {
    let unknown = format!("{COMPLETE}\ncolour = \"red\"");
    assert!(format!("{:#}", from_file(&unknown).unwrap_err()).contains("colour"));
    let missing = with("pool_size", "");
    assert!(format!("{:#}", from_file(&missing).unwrap_err()).contains("pool_size"));
}

#[test]
fn secrets_are_not_shown() {
    let config = from_file(&with(
        "database_url",
        "database_url = \"postgres://someone:hidden@localhost/db\"",
    ))
    .unwrap();
    let debug = format!("{config:?}");
    assert!(
        !debug.contains("hidden") && !debug.contains("development-secret"),
        "{debug}"
    );

    let message = format!(
        "{:#}",
        from_file(&with("secret", "secret = \"too-short\"")).unwrap_err()
    );
    assert!(
        message.contains("`secret`")
            && message.contains("9 bytes")
            && !message.contains("too-short"),
        "{message}"
    );
}

#[test]
fn the_development_secret_stays_on_loopback() {
    let public = with("listen", "listen = \"0.0.0.0:8080\"");
    assert!(format!("{:#}", from_file(&public).unwrap_err()).contains("COWORKING_SECRET"));
}

#[test]
fn the_settings_of_the_diagnostics_reach_them() {
    let options = |text: &str| format!("{:?}", from_file(text).unwrap().diagnostics());
    let nothing = options(COMPLETE);
    for line in [
        "heap_sample_interval = 4096",
        "recorder_size = 4096",
        "dump_folder = \"dumps\"",
        "slow_request_ms = 250",
        "slow_poll_ms = 250",
        "trace_flame = \"spans.folded\"",
        "agent = false",
        "agent_tcp = \"127.0.0.1:0\"",
    ] {
        assert_ne!(options(&format!("{COMPLETE}{line}\n")), nothing, "{line}");
    }
}
