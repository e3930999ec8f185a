//! A small course of its own in a temporary folder, with the real theme, and a server that serves it.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use test_tools::Folder;

/// What the course's one script shows as the command of its section `plan`, with the variable filled in.
pub const COMMAND: &str = "\
cargo run --release -p step-01-one
# What the planner says:
sqlite3 data/coworking.db \\
  \"explain query plan
   select id from bookings where price > '$5'\"
curl --silent http://127.0.0.1:8080/bookings | head -c 20";

const SCRIPT: &str = "\
# section: plan exact - How are bookings found?
plan() {
  cargo run --release -p step-01-one
  # What the planner says:
  sqlite3 data/coworking.db \\
    \"explain query plan
     select id from bookings where price > '$5'\"
  curl --silent $URL/bookings | head -c 20
}
";

const COURSE: &str = "
[display]
URL = 'http://127.0.0.1:8080'

[[chapter]]
number = 1
name = 'one'
title = 'One'
minutes = 25

[[chapter]]
number = 2
name = 'two'
title = 'Two'
minutes = 5
draft = true
";

const PAGE: &str = include_str!("page.md");

/// The root of the repository that is tested.
pub fn repository() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.canonicalize().unwrap()
}

/// The course in its folder.
pub struct World(Folder);

impl Deref for World {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.0
    }
}

impl World {
    pub fn new() -> Self {
        let world = Self(Folder::new());
        let repository = repository();
        for path in ["book.toml", "book/theme", "book/src/figures"] {
            copy(&repository.join(path), &world.path(path));
        }
        world.write("course.toml", COURSE);
        for name in ["01-one", "02-two"] {
            let manifest = format!("[package]\nname = \"step-{name}\"\n");
            world.write(&format!("steps/{name}/Cargo.toml"), &manifest);
        }
        let code = "// ANCHOR: f\npub fn f() -> u8 {\n    1 // one\n}\n// ANCHOR_END: f\n";
        world.write("steps/01-one/src/lib.rs", code);
        world.write("steps/02-two/src/lib.rs", &code.replace('1', "2"));
        world.write("scripts/01-one.sh", SCRIPT);
        world.write(
            "book/captures/01-one/plan.txt",
            "`--SCAN <bookings>\n\nrows: 30000\n",
        );
        world.write(
            "book/src/SUMMARY.md",
            "# Summary\n\n[Start](start.md)\n\n- [One](01-one.md)\n- [Two]()\n",
        );
        world.write("book/src/start.md", "# Start\n\nRead on.\n");
        world.write("book/src/01-one.md", PAGE);
        world
    }
}

fn copy(from: &Path, to: &Path) {
    if from.is_dir() {
        for entry in std::fs::read_dir(from).unwrap() {
            let name = entry.unwrap().file_name();
            copy(&from.join(&name), &to.join(&name));
        }
    } else {
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }
}

/// The `workshop` command in a course's folder.
pub fn workshop(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_workshop"));
    command.args(arguments).current_dir(root);
    command
}

/// A running `cargo workshop`; it ends with the value.
pub struct Server {
    child: Child,
    /// Where it listens, as it printed it.
    pub url: String,
}

impl Server {
    /// Starts it on a free port and waits until it serves.
    pub fn serve(root: &Path) -> Self {
        Self::start(root, &["--no-open", "--port", "0"])
    }

    /// The same with other arguments.
    pub fn start(root: &Path, arguments: &[&str]) -> Self {
        Self::of(&mut workshop(root, arguments))
    }

    /// The same of a command that is made already.
    pub fn of(command: &mut Command) -> Self {
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let url = line
            .strip_prefix("serving the book on ")
            .and_then(|rest| rest.split(',').next());
        let Some(url) = url.map(str::to_owned) else {
            let mut errors = String::new();
            child.wait().unwrap();
            child
                .stderr
                .take()
                .unwrap()
                .read_to_string(&mut errors)
                .unwrap();
            panic!("it does not serve: {line}{errors}");
        };
        Self { child, url }
    }

    pub fn address(&self) -> SocketAddr {
        self.url.strip_prefix("http://").unwrap().parse().unwrap()
    }

    /// The answer to a request for `target` that names `host`.
    pub fn request(&self, method: &str, target: &str, host: &str) -> Answer {
        let mut stream = self.connect();
        write!(
            stream,
            "{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").expect("an answer has a head");
        Answer {
            status: head.split(' ').nth(1).unwrap().parse().unwrap(),
            head: head.to_lowercase(),
            body: body.to_owned(),
        }
    }

    pub fn get(&self, target: &str) -> Answer {
        self.request("GET", target, &self.address().to_string())
    }

    /// What a page listens to.
    pub fn news(&self) -> TcpStream {
        let mut stream = self.connect();
        let host = self.address();
        write!(stream, "GET /-/events HTTP/1.1\r\nHost: {host}\r\n\r\n").unwrap();
        stream
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address()).unwrap();
        stream
            .set_read_timeout(Some(Duration::from_secs(30)))
            .unwrap();
        stream
    }

    /// Asks it to end as a terminal or a system does, and returns how it ended and what it had said.
    pub fn stop(mut self, signal: rustix::process::Signal) -> (ExitStatus, String) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, signal).unwrap();
        let status = wait(&mut self.child);
        let mut errors = String::new();
        let stderr = self.child.stderr.as_mut().unwrap();
        stderr.read_to_string(&mut errors).unwrap();
        (status, errors)
    }
}

/// Waits for the process to end, and ends it by force should it hang.
fn wait(child: &mut Child) -> ExitStatus {
    let latest = Instant::now() + Duration::from_secs(30);
    while Instant::now() < latest {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    panic!("the server did not end within 30 seconds");
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// An HTTP answer; the head is in lower case.
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: String,
}
