//! The service, and rops on it.

use std::env;
use std::hint::black_box;
use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use test_tools::{Folder, Ran};
use tracing::Instrument as _;
use tracing_subscriber::prelude::*;

pub const WORK: &str = "ROPS_TEST_SERVICE";

/// The name of the function that the service's processor time goes to.
pub const BUSY: &str = "adds_up";

#[inline(never)]
fn adds_up() -> u64 {
    let start = Instant::now();
    let mut sum = 0_u64;
    while start.elapsed() < Duration::from_millis(2) {
        sum = black_box(sum.wrapping_add(1));
    }
    sum
}

async fn request() {
    let span = tracing::debug_span!("request", route = "/rooms/{id}", status = 200);
    async {
        let rooms = black_box(vec![1_u8; 64 << 10]);
        black_box((adds_up(), rooms.len()));
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
    .instrument(span)
    .await;
}

async fn requests() {
    loop {
        request().await;
    }
}

/// Until its standard input ends.
pub fn run() -> ExitCode {
    tracing_subscriber::registry()
        .with(diagnostics::layer())
        .init();
    let options = diagnostics::Options::default()
        .version("7.8.9")
        .heap_sample_interval(16 << 10);
    let diagnostics = diagnostics::install_with(options).expect("a first installation");
    let runtime = diagnostics
        .runtime()
        .worker_threads(2)
        .build()
        .expect("a runtime");
    let listening = diagnostics.listen(([127, 0, 0, 1], 0).into());
    for _ in 0..2 {
        runtime.spawn(requests());
    }
    for _ in 0..500 {
        runtime.spawn(async { tokio::time::sleep(Duration::from_secs(3600)).await });
    }
    // Whoever reads where it listens finds a request that has ended.
    runtime.block_on(request());
    println!("{}", listening.http.expect("a free port"));
    println!("{}", listening.agent.expect("an agent").display());
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    runtime.shutdown_background();
    ExitCode::SUCCESS
}

pub struct Service {
    child: Child,
    _input: ChildStdin,
    pub folder: Folder,
    pub http: SocketAddr,
    pub socket: String,
    pub name: String,
}

impl Service {
    pub fn start() -> Self {
        let folder = Folder::new();
        let program = env::current_exe().expect("this program");
        let mut child = Command::new(&program)
            .env(WORK, "1")
            .env("XDG_RUNTIME_DIR", folder.root())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut line = || lines.next().expect("a line").expect("text");
        Self {
            http: line().parse().expect("an address"),
            socket: line(),
            _input: child.stdin.take().expect("a pipe"),
            child,
            folder,
            name: program
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned(),
        }
    }

    pub fn pid(&self) -> String {
        self.child.id().to_string()
    }

    pub fn kill(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }

    /// The program on the service, by its number, after the first words.
    pub fn rops(&self, words: &[&str], options: &[&str]) -> Ran {
        let pid = self.pid();
        let arguments = [words, &[&pid], options].concat();
        Ran::of(rops().args(arguments)).expect(0)
    }

    pub fn json(&self, words: &[&str], options: &[&str]) -> Value {
        let ran = self.rops(words, &[options, &["--json"]].concat());
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.stdout))
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, without a session of its own: it finds a process's folder by the process.
pub fn rops() -> Command {
    let mut rops = Command::new(env!("CARGO_BIN_EXE_rops"));
    rops.env_remove("XDG_RUNTIME_DIR").stdin(Stdio::null());
    rops
}
