//! What the machine allows: ports, profiling, disk space.

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use super::{Finding, State};

/// What debug and release builds of the whole workspace take up, with room for the captures' databases.
const NEEDED_GIB: u64 = 10;

pub fn look(root: &Path) -> Vec<Finding> {
    vec![
        port(3000, "the book; the next free port is taken otherwise"),
        port(8080, "the coworking app when you start it by hand"),
        port(6060, "the app's debug endpoints when you start it by hand"),
        perf_events(),
        disk(root),
    ]
}

fn port(port: u16, purpose: &'static str) -> Finding {
    let free = TcpListener::bind(("127.0.0.1", port)).is_ok();
    Finding {
        name: format!("port {port}"),
        state: if free { State::Ok } else { State::Optional },
        found: if free { "free" } else { "taken" }.to_owned(),
        purpose,
        remedy: if free {
            String::new()
        } else {
            format!(
                "end what listens there; `ss -ltnp 'sport = :{port}'` (macOS: `lsof -i :{port}`) names it"
            )
        },
    }
}

/// The CPU sampler opens an event of its own process, which the kernel allows up to level 2.
fn perf_events() -> Finding {
    let level = std::fs::read_to_string("/proc/sys/kernel/perf_event_paranoid")
        .ok()
        .and_then(|text| text.trim().parse::<i32>().ok());
    let (state, found, remedy) = match level {
        Some(level) if level <= 2 => (State::Ok, level.to_string(), String::new()),
        Some(level) => (
            State::Optional,
            level.to_string(),
            "sudo sysctl kernel.perf_event_paranoid=2".to_owned(),
        ),
        None => (
            State::Optional,
            "not a Linux kernel".to_owned(),
            "Linux only; a portable sampler takes its place".to_owned(),
        ),
    };
    Finding {
        name: "perf_event_paranoid".to_owned(),
        state,
        found,
        purpose: "chapter 5: CPU profiles with exact lines, at 2 or less",
        remedy,
    }
}

fn disk(root: &Path) -> Finding {
    let free = free_gib(root);
    let (state, found, remedy) = match free {
        Some(free) if free >= NEEDED_GIB => (State::Ok, format!("{free} GiB free"), String::new()),
        Some(free) => (
            State::Optional,
            format!("{free} GiB free"),
            "free some space, or set CARGO_TARGET_DIR to another disk".to_owned(),
        ),
        None => (State::Optional, "cannot tell".to_owned(), String::new()),
    };
    Finding {
        name: "disk space".to_owned(),
        state,
        found,
        purpose: "debug and release builds, 10 GiB",
        remedy,
    }
}

/// `df` is part of every Unix and saves a call into the C library.
fn free_gib(root: &Path) -> Option<u64> {
    let output = Command::new("df").arg("-Pk").arg(root).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let kib: u64 = text
        .lines()
        .nth(1)?
        .split_whitespace()
        .nth(3)?
        .parse()
        .ok()?;
    Some(kib / 1024 / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_taken_port_is_optional_and_says_how_to_find_who_has_it() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let taken = listener.local_addr().unwrap().port();
        let finding = port(taken, "a test");
        assert_eq!(finding.state, State::Optional);
        assert!(finding.remedy.contains(&taken.to_string()), "{finding:?}");
    }

    #[test]
    fn free_disk_space_is_a_number() {
        assert!(free_gib(Path::new("/")).is_some());
    }
}
