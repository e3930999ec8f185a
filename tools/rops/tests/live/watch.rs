//! The view that goes on, on a pseudo-terminal of 80 columns and 24 rows.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use test_tools::eventually;

use crate::service::{Service, rops};

pub fn terminal() {
    let service = Service::start();
    let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
    grantpt(&keys).expect("it is ours");
    unlockpt(&keys).expect("it can be used");
    let size = Winsize {
        ws_row: 24,
        ws_col: 80,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(&keys, size).expect("it has a size");
    let name = ptsname(&keys, Vec::new()).expect("it has a name");
    let name = name.to_str().expect("it is a path").to_owned();
    let side = || {
        OpenOptions::new()
            .read(true)
            .write(true)
            .open(&name)
            .expect("its other side")
    };
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
    let mut keys = File::from(keys);
    let shown = Arc::new(Mutex::new(String::new()));
    let (mut screen, all) = (keys.try_clone().expect("a second one"), Arc::clone(&shown));
    thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = screen.read(&mut bytes) {
            let text = String::from_utf8_lossy(&bytes[..count]);
            all.lock().expect("nobody panics with it").push_str(&text);
        }
    });
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
