//! The view that goes on, on a pseudo-terminal of 80 columns and 24 rows.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::Arc;

use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{LocalModes, tcgetattr};
use test_tools::eventually;

use crate::pseudo_terminal::PseudoTerminal;
use crate::service::{Service, rops};

struct View {
    program: Child,
    terminal: PseudoTerminal,
    /// As it was before.
    modes: LocalModes,
    _service: Service,
}

impl View {
    fn open() -> Self {
        let service = Service::start();
        let terminal = PseudoTerminal::open(24, 80);
        let modes = local_modes(&terminal.side());
        let side = || Stdio::from(terminal.side());
        let program = rops()
            .args(["watch", &service.pid()])
            .env("TERM", "xterm")
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn()
            .expect("it runs");
        Self {
            program,
            terminal,
            modes,
            _service: service,
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.program), signal).expect("it runs");
    }
}

fn local_modes(terminal: &File) -> LocalModes {
    tcgetattr(terminal).expect("a terminal").local_modes
}

/// Looks at all of it, has it end, and gives how.
fn leaves_the_terminal_clean(end: impl FnOnce(&View)) -> ExitStatus {
    let mut view = View::open();
    // Without a side of its own it would be at an end with the program.
    let kept = view.terminal.side();
    view.terminal.watch();
    let shown = Arc::clone(&view.terminal.shown);
    // What is drawn comes in pieces with positions between them.
    let shows = |part: &str| shown.lock().expect("nobody panics with it").contains(part);
    for part in [
        "CPU",
        "Memory",
        "Tasks",
        "Requests",
        "502",
        "/rooms/{id}",
        "q ends",
    ] {
        eventually(part, || shows(part));
    }
    assert!(
        !local_modes(&kept).contains(LocalModes::ECHO),
        "keys are not printed"
    );
    end(&view);
    let status = view.program.wait().expect("it ends");
    // Back from the other screen, with the cursor, and as it was.
    eventually("the terminal is left", || {
        shows("\x1b[?1049l") && shows("\x1b[?25h")
    });
    assert_eq!(local_modes(&kept), view.modes);
    status
}

pub fn key() {
    let press = |view: &View| (&view.terminal.keys).write_all(b"q").expect("it reads");
    assert!(leaves_the_terminal_clean(press).success());
}

/// Whoever waits for it sees that a signal has ended it.
pub fn signals() {
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let status = leaves_the_terminal_clean(|view| view.signal(signal));
        assert_eq!(status.signal(), Some(signal.as_raw()), "{status}");
    }
}

/// As when a window is closed: there is nothing to leave any more, and no key to wait for.
pub fn hung_up() {
    let mut view = View::open();
    let (mut shown, mut bytes) = (String::new(), [0; 4096]);
    while !shown.contains("q ends") {
        let count = view.terminal.keys.read(&mut bytes).expect("it draws");
        shown.push_str(&String::from_utf8_lossy(&bytes[..count]));
    }
    let View {
        mut program,
        terminal,
        ..
    } = view;
    drop(terminal);
    kill_process(Pid::from_child(&program), Signal::HUP).expect("it runs");
    let status = program.wait().expect("it ends");
    assert_eq!(status.signal(), Some(Signal::HUP.as_raw()), "{status}");
}

pub fn lines() {
    let service = Service::start();
    let mut view = rops()
        .args(["watch", &service.pid(), "--json"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut lines = BufReader::new(view.stdout.take().expect("a pipe")).lines();
    let line = lines.next().expect("a line").expect("text");
    let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!(line["tasks_alive"], 502);
    assert!(line["requests_per_second"].as_f64() > Some(1.0), "{line}");
    assert!(line["cpu_percent"].as_f64() > Some(1.0), "{line}");
    drop(lines);
    let _ = view.kill();
    let _ = view.wait();
}
