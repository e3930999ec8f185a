//! The view that goes on, on a pseudo-terminal of 80 columns and 24 rows.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::Stdio;

use rustix::termios::{LocalModes, tcgetattr};
use test_tools::eventually;

use crate::pseudo_terminal::PseudoTerminal;
use crate::service::{Service, rops};

pub fn terminal() {
    let service = Service::start();
    let terminal = PseudoTerminal::open(24, 80);
    let side = || terminal.side();
    let kept = side();
    let modes = || tcgetattr(&kept).expect("a terminal").local_modes;
    let before = modes();
    let mut view = rops()
        .args(["watch", &service.pid()])
        .env("TERM", "xterm")
        .stdin(Stdio::from(side()))
        .stdout(Stdio::from(side()))
        .stderr(Stdio::from(side()))
        .spawn()
        .expect("it runs");
    terminal.watch();
    let (mut keys, shown) = (&terminal.keys, &terminal.shown);
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
    assert!(!modes().contains(LocalModes::ECHO), "keys are not printed");
    keys.write_all(b"q").expect("it reads");
    assert!(view.wait().expect("it ends").success());
    // Back from the other screen, with the cursor, and as it was.
    eventually("the terminal is left", || {
        shows("\x1b[?1049l") && shows("\x1b[?25h")
    });
    assert_eq!(modes(), before);
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
