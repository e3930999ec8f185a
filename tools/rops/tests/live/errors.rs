//! What is told when something is not there.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command};

use test_tools::{Folder, Ran, eventually};

use crate::service::{Service, rops};

/// Debian's `nobody`.
const NOBODY: u32 = 65534;

/// A process without an agent, and not in Rust.
struct Sleeps(Child);

impl Sleeps {
    /// It sleeps when this returns: on a busy machine it takes a while until it does.
    fn start() -> Self {
        let process = Command::new("sleep").arg("600").spawn();
        let sleeps = Self(process.expect("every system has it"));
        eventually("it sleeps", || {
            let stat = fs::read_to_string(format!("/proc/{}/stat", sleeps.pid()));
            stat.expect("it is there").contains("(sleep) S ")
        });
        sleeps
    }

    fn pid(&self) -> String {
        self.0.id().to_string()
    }
}

impl Drop for Sleeps {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn nobody() {
    // Larger than any number that Linux gives.
    for command in [
        &["stack", "2147483647"][..],
        &["2147483647"],
        &["gc", "2147483647"],
    ] {
        let ran = Ran::of(rops().args(command)).expect(1);
        ran.told("there is no process 2147483647; `rops` lists yours");
    }
    let ran = Ran::of(rops().args(["stats", "nobody-is-named-so"])).expect(1);
    ran.told("no process of yours is named nobody-is-named-so");
    Ran::of(rops().args(["4711", "soon"]))
        .expect(2)
        .told("soon is no time");
    Ran::of(rops().args(["localhost:6060"]))
        .expect(2)
        .told("`rops stats localhost:6060`");
}

pub fn no_agent() {
    let sleeps = Sleeps::start();
    let pid = sleeps.pid();
    let ran = Ran::of(rops().args(["gc", &pid])).expect(1);
    ran.told(&format!("process {pid} (sleep) has no agent"));
    ran.told(&format!("/rops/{pid}.sock: not there"));
    ran.told("It was looked for at");
    for (command, printed) in [
        ("stack", "sleep: off CPU"),
        ("memstats", "rss: "),
        ("stats", "OS threads: 1\n"),
        ("version", "compiler: not known"),
    ] {
        let ran = Ran::of(rops().args([command, &pid])).expect(0);
        ran.printed(printed);
        ran.told("from outside: ");
        let json = Ran::of(rops().args([command, &pid, "--json"]))
            .expect(0)
            .stdout;
        assert!(
            serde_json::from_str::<serde_json::Value>(&json).is_ok(),
            "{json}"
        );
    }
    Ran::of(rops().arg(&pid))
        .expect(0)
        .printed("agent:          none");
}

/// Only root can become another one.
pub fn not_yours() {
    if fs::metadata("/proc/self").expect("Linux").uid() != 0 {
        return;
    }
    let sleeps = Sleeps::start();
    // The program may lie where nobody else may look.
    let folder = Folder::new();
    let program = folder.path("rops");
    fs::copy(env!("CARGO_BIN_EXE_rops"), &program).expect("room");
    fs::set_permissions(folder.root(), fs::Permissions::from_mode(0o755)).expect("it is ours");
    let ran = Ran::of(
        Command::new(&program)
            .args(["stack", &sleeps.pid()])
            .uid(NOBODY),
    )
    .expect(1);
    ran.told("belongs to user root (0), and you are nobody (65534): ask as that user, or as root");
}

pub fn killed() {
    let mut service = Service::start();
    let (pid, socket) = (service.pid(), service.socket.clone());
    service.kill();
    Ran::of(rops().args(["stack", &pid]))
        .expect(1)
        .told("there is no process");
    let ran = Ran::of(rops().args(["stats", &socket])).expect(1);
    ran.told("nobody answers there");
}

pub fn wrong_address() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("its address").to_string();
    let answers = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody asks");
        let _ = std::io::Write::write_all(&mut stream, b"not HTTP\r\n\r\n");
    });
    Ran::of(rops().args(["stats", &address]))
        .expect(1)
        .told("it does not speak HTTP");
    answers.join().expect("it has answered");
    Ran::of(rops().args(["stats", &address]))
        .expect(1)
        .told("nobody answers there");
}
