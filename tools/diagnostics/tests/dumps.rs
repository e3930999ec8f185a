//! Dumps that the flight recorder writes by itself. It starts itself again, since a process has one folder for them.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};
use std::{env, fs, io};

use diagnostics::{Options, flight_recorder};
use flate2::read::GzDecoder;
use libtest_mimic::{Arguments, Trial};
use serde_json::Value;
use tracing::debug_span;
use tracing_subscriber::prelude::*;

/// What the process does, and where its dumps go.
const WORK: &str = "DIAGNOSTICS_TEST_DUMPS_WORK";
const FOLDER: &str = "DIAGNOSTICS_TEST_DUMPS_FOLDER";

fn main() -> ExitCode {
    if let Ok(work) = env::var(WORK) {
        run(&work, Path::new(&env::var_os(FOLDER).expect("a folder")));
        return ExitCode::SUCCESS;
    }
    let tests: [(&str, fn()); 7] = [
        ("a_slow_poll_with_the_stack_that_holds_it", slow_poll),
        ("a_slow_request_once_in_each_interval", slow_request),
        ("a_panic", panic),
        ("what_is_asked_for", asked),
        ("a_missing_folder_costs_a_line", missing_folder),
        ("a_full_disk_costs_a_line", full_disk),
        ("nothing_is_dumped_of_what_is_quick", quick),
    ];
    let trials = tests.map(|(name, test)| {
        Trial::test(name, move || {
            test();
            Ok(())
        })
    });
    libtest_mimic::run(&Arguments::from_args(), trials.into()).exit_code()
}

// What the process does.

fn run(work: &str, folder: &Path) {
    let options = Options::default()
        .recorder_size(4 << 20)
        .dump_folder(folder);
    // On a busy machine, a panic's backtrace takes longer than a poll should.
    let options = match work {
        "slow poll" => options.slow_poll(Duration::from_millis(200)),
        "slow request" | "quick" => options.slow_request(Duration::from_millis(100)),
        _ => options,
    };
    let diagnostics = diagnostics::install_with(options).expect("a first installation");
    tracing_subscriber::registry()
        .with(diagnostics::layer())
        .init();
    let runtime = diagnostics
        .runtime()
        .worker_threads(2)
        .build()
        .expect("a runtime");
    // By then it is known what a tick is.
    sleep(Duration::from_millis(800));
    runtime.block_on(async {
        match work {
            "slow poll" => tokio::spawn(async { hold_the_worker() })
                .await
                .expect("no panic"),
            "slow request" => {
                for _ in 0..3 {
                    request(Duration::from_millis(150)).await;
                }
            }
            "quick" => request(Duration::from_millis(1)).await,
            "panic" => {
                let panicked = tokio::spawn(async { panic!("of the test") }).await;
                assert!(panicked.is_err());
            }
            "asked" => {
                let path = flight_recorder().dump("I want to know").expect("a dump");
                println!("{}", path.display());
            }
            _ => panic!("no work {work:?}"),
        }
    });
    // A dump takes a moment.
    let until = Instant::now() + Duration::from_secs(20);
    let wanted = work != "quick" && folder.exists();
    while wanted && dumps(folder).is_empty() && Instant::now() < until {
        sleep(Duration::from_millis(10));
    }
    sleep(Duration::from_millis(300));
}

/// Longer than it takes to notice it, on any machine.
const HELD: Duration = Duration::from_millis(3000);

#[inline(never)]
fn hold_the_worker() {
    sleep(HELD);
}

async fn request(length: Duration) {
    use tracing::Instrument as _;
    tokio::time::sleep(length)
        .instrument(debug_span!("request", route = "/rooms"))
        .await;
}

// What is there then.

/// Where it went, and what the process has printed.
struct Ran {
    folder: tempfile::TempDir,
    output: Output,
}

impl Ran {
    fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    /// One line says that there is no dump, and why.
    #[track_caller]
    fn warned_once(&self, why: &str) {
        let stderr = self.stderr();
        let warnings = stderr.lines().filter(|line| line.contains("no dump"));
        let warnings: Vec<_> = warnings.collect();
        assert_eq!(warnings.len(), 1, "{stderr}");
        assert!(warnings[0].contains(why), "{stderr}");
    }
}

fn ran_by(mut command: Command, work: &str, inside: &str) -> Ran {
    let folder = tempfile::tempdir().expect("a folder");
    let output = command
        .env(WORK, work)
        .env(FOLDER, folder.path().join(inside))
        .output()
        .expect("it runs");
    let ran = Ran { folder, output };
    assert!(ran.output.status.success(), "{}", ran.stderr());
    ran
}

fn ran(work: &str, inside: &str) -> Ran {
    ran_by(
        Command::new(env::current_exe().expect("this program")),
        work,
        inside,
    )
}

fn dumps(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "gz"))
        .collect()
}

/// The only dump.
fn dump(ran: &Ran) -> Value {
    let dumps = dumps(ran.folder.path());
    assert_eq!(dumps.len(), 1, "{dumps:?}, {}", ran.stderr());
    let all: Vec<_> = fs::read_dir(ran.folder.path()).expect("a folder").collect();
    assert_eq!(all.len(), 1, "a part is left: {all:?}");
    let file = fs::File::open(&dumps[0]).expect("the dump");
    serde_json::from_reader(io::BufReader::new(GzDecoder::new(file))).expect("JSON")
}

fn why(dump: &Value) -> &str {
    dump["otherData"]["why"].as_str().expect("a reason")
}

fn slow_poll() {
    let ran = ran("slow poll", "");
    let dump = dump(&ran);
    let why = why(&dump);
    assert!(
        why.contains("has held thread") && why.contains("tests/dumps.rs:"),
        "{why}"
    );
    let stack = dump["otherData"]["stack"].as_array().expect("a stack");
    let is_ours = |frame: &Value| {
        let frame = frame.as_str().expect("text");
        frame.contains("hold_the_worker") && frame.contains("dumps.rs:")
    };
    assert!(stack.iter().any(is_ours), "{stack:#?}");
    // Written while the poll went on.
    let events = dump["traceEvents"].as_array().expect("events");
    let unfinished = events
        .iter()
        .filter(|event| event["args"]["unfinished"] == true);
    let polls: Vec<_> = unfinished.filter(|event| event["cat"] == "poll").collect();
    assert_eq!(polls.len(), 1, "{polls:?}");
    let took = polls[0]["dur"].as_f64().expect("a duration") / 1000.0;
    assert!(
        (200.0..HELD.as_secs_f64() * 1000.0).contains(&took),
        "{took} ms"
    );
}

fn slow_request() {
    let ran = ran("slow request", "");
    let dump = dump(&ran);
    assert!(
        why(&dump).starts_with("the request /rooms took 1"),
        "{}",
        why(&dump)
    );
    let events = dump["traceEvents"].as_array().expect("events");
    assert!(
        events
            .iter()
            .any(|event| event["name"] == "/rooms" && event["cat"] == "request")
    );
}

fn panic() {
    let ran = ran("panic", "");
    let dump = dump(&ran);
    assert!(why(&dump).contains("of the test"), "{}", why(&dump));
    assert!(
        ran.stderr().contains("of the test"),
        "the former hook is called: {}",
        ran.stderr()
    );
}

fn asked() {
    let ran = ran("asked", "");
    assert_eq!(why(&dump(&ran)), "I want to know");
    let printed = String::from_utf8_lossy(&ran.output.stdout).into_owned();
    assert_eq!(
        PathBuf::from(printed.trim_end()),
        dumps(ran.folder.path())[0]
    );
}

fn missing_folder() {
    let ran = ran("slow request", "missing");
    ran.warned_once("No such file");
}

/// A file may have no more than 512 bytes, so writing fails in the middle of the dump, as where a disk is full.
fn full_disk() {
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\""]);
    limited.arg(env::current_exe().expect("this program"));
    let ran = ran_by(limited, "slow request", "");
    ran.warned_once("File too large");
    let left: Vec<_> = fs::read_dir(ran.folder.path()).expect("a folder").collect();
    assert!(left.is_empty(), "{left:?}");
}

fn quick() {
    let ran = ran("quick", "");
    assert!(dumps(ran.folder.path()).is_empty(), "{}", ran.stderr());
    assert_eq!(ran.stderr(), "");
}
