//! The process that is looked into.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::thread::sleep;
use std::time::Duration;
use std::{env, fs, io};

use diagnostics::{Hooks, Options};
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};

use crate::http::{self, Answer};

pub const WORK: &str = "DIAGNOSTICS_TEST_AGENT";

#[inline(never)]
fn blocks_a_worker() {
    // Longer than a test looks, and ended with the process.
    sleep(Duration::from_secs(600));
}

/// A thread that works and never waits.
#[inline(never)]
fn spins() {
    loop {
        std::hint::spin_loop();
    }
}

/// Sleeps in a task of its own.
fn spawn_sleepers(count: usize) {
    for _ in 0..count {
        tokio::spawn(tokio::time::sleep(Duration::from_secs(3600)));
    }
}

fn runtime_on_this_thread() -> io::Result<Runtime> {
    let mut builder = Builder::new_current_thread();
    diagnostics::hook(builder.enable_all(), Hooks::new());
    let runtime = builder.build()?;
    // It is known from the first time that it has nothing to do.
    runtime.block_on(async { tokio::time::sleep(Duration::from_millis(1)).await });
    Ok(runtime)
}

/// What the process does, by the words of the variable: until its standard input ends.
pub fn run(work: &str) -> ExitCode {
    if let Some(socket) = work.strip_prefix("ask ") {
        return ask(Path::new(socket));
    }
    let has = |word: &str| work.split(' ').any(|one| one == word);
    let mut options = Options::default().version("1.2.3");
    if has("off") {
        options = options.agent(false);
    }
    if has("gops") {
        options = options.agent_tcp(([127, 0, 0, 1], 0).into());
    }
    if has("unrecorded") {
        options = options.recorder_size(0);
    }
    let diagnostics = diagnostics::install_with(options).expect("a first installation");
    let runtime = match has("alone") {
        true => runtime_on_this_thread(),
        false => diagnostics.runtime().worker_threads(3).build(),
    };
    let runtime = runtime.expect("a runtime");
    let listening = diagnostics.listen(([127, 0, 0, 1], 0).into());
    if has("sleepers") {
        runtime.block_on(async { spawn_sleepers(1000) });
    }
    if has("blocked") {
        for _ in 0..3 {
            runtime.spawn(async { blocks_a_worker() });
        }
        // Each has begun before anybody is told that the process is there.
        while diagnostics.runtime_stats().queued != Some(0) {
            sleep(Duration::from_millis(1));
        }
        sleep(Duration::from_millis(50));
    }
    if has("holds") {
        // Longer than anybody waits for a dump.
        runtime.spawn(async { sleep(Duration::from_secs(5)) });
    }
    if has("spins") {
        std::thread::spawn(spins);
    }
    println!("{}", listening.http.expect("a free port"));
    match &listening.agent {
        Ok(socket) => println!("{}", socket.display()),
        Err(reason) => println!("{reason}"),
    }
    match &listening.agent_tcp {
        Some(address) => println!("{}", address.as_ref().expect("a free port")),
        None => println!("none"),
    }
    let _ = io::stdin().read_to_end(&mut Vec::new());
    match has("exits") {
        true => std::process::exit(0),
        // A runtime whose workers are blocked would wait for them.
        false => runtime.shutdown_background(),
    }
    ExitCode::SUCCESS
}

/// Connects as another user, and prints what it is told.
fn ask(socket: &Path) -> ExitCode {
    match UnixStream::connect(socket) {
        Err(error) => println!("not connected: {error}"),
        Ok(mut stream) => {
            let mut answer = String::new();
            let _ = stream.read_to_string(&mut answer);
            println!("{answer}");
        }
    }
    ExitCode::SUCCESS
}

pub struct Service {
    child: Child,
    /// It ends when this is dropped.
    input: Option<ChildStdin>,
    pub http: SocketAddr,
    /// The socket's path, or why there is none.
    pub agent: String,
    pub gops: Option<SocketAddr>,
}

impl Service {
    /// With a folder of its own for what runs.
    pub fn start(work: &str, runtime_folder: &Path) -> Self {
        let mut child = Command::new(env::current_exe().expect("this program"))
            .env(WORK, work)
            .env("XDG_RUNTIME_DIR", runtime_folder)
            .env("GOPS_CONFIG_DIR", runtime_folder.join("gops"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        let mut line = || lines.next().expect("a line").expect("text");
        Self {
            http: line().parse().expect("an address"),
            agent: line(),
            gops: line().parse().ok(),
            input: child.stdin.take(),
            child,
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// How nice its threads of this name are, as the kernel calls it.
    pub fn priorities(&self, thread: &str) -> Vec<i32> {
        let threads = fs::read_dir(format!("/proc/{}/task", self.pid())).expect("it runs");
        let nice = threads.filter_map(|entry| {
            let stat = fs::read_to_string(entry.ok()?.path().join("stat")).ok()?;
            let (name, rest) = stat.rsplit_once(") ")?;
            // Field 19; the state, after the name, is field 3.
            let nice = rest.split(' ').nth(16)?.parse().ok()?;
            name.ends_with(&format!("({thread}")).then_some(nice)
        });
        nice.collect()
    }

    pub fn socket(&self) -> &Path {
        let socket = Path::new(&self.agent);
        assert!(socket.is_absolute(), "{}", self.agent);
        socket
    }

    /// What stands beside the socket.
    pub fn record(&self) -> Value {
        let text = fs::read(self.socket().with_extension("json")).expect("a record");
        serde_json::from_slice(&text).expect("JSON")
    }

    pub fn ask(&self, method: &str, path: &str) -> Answer {
        let stream = UnixStream::connect(self.socket()).expect("it listens");
        let limit = Some(Duration::from_secs(300));
        stream.set_read_timeout(limit).expect("a time limit");
        http::exchange(stream, method, path, "Host: localhost\r\n")
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path)
    }

    /// Ends it in its own time, and gives what it said on stderr.
    pub fn end(mut self) -> String {
        drop(self.input.take());
        assert!(self.child.wait().expect("it ends").success());
        let mut said = String::new();
        let stderr = self.child.stderr.take();
        stderr
            .expect("a pipe")
            .read_to_string(&mut said)
            .expect("text");
        said
    }

    /// Ends it without a warning.
    pub fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is in a folder.
pub fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<_> = entries
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    names
}

/// An empty folder for what runs, of this user alone.
pub fn runtime_folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_owned();
    (folder, path)
}

/// Writes to a stream whose other end may be gone.
pub fn write(stream: &mut impl io::Write, bytes: &[u8]) {
    let _ = stream.write_all(bytes);
    let _ = stream.flush();
}
