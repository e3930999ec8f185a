//! One process: what the kernel tells of it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::thread::sleep;
use std::time::Duration;

use hyper::Method;
use serde::Serialize;

use super::agent::{Agent, Looked};
use super::ask::{Door, MOMENT};
use super::process::{Details, Process};
use super::users;

/// What is printed.
#[derive(Debug, Serialize)]
pub struct One {
    pub pid: i32,
    pub parent: i32,
    pub name: String,
    pub user: String,
    #[serde(flatten)]
    pub details: Details,
    /// Of one processor, while it was watched.
    pub cpu_percent_meanwhile: Option<f64>,
    pub agent: Option<String>,
    /// Where its pages are over TCP, where its agent tells it.
    pub http: Vec<SocketAddr>,
    pub gops: Option<SocketAddr>,
    #[serde(skip)]
    watched: Option<Duration>,
}

impl One {
    /// Watches it for a while, if that is asked for.
    ///
    /// # Errors
    /// When it has ended.
    pub fn read(
        process: &Process,
        agent: &Result<Agent, Looked>,
        watch: Option<Duration>,
    ) -> anyhow::Result<Self> {
        let meanwhile = match watch {
            None => None,
            Some(time) => {
                let before = process.cpu()?;
                sleep(time);
                let used = process.cpu()?.saturating_sub(before).as_secs_f64();
                Some(100.0 * used / time.as_secs_f64().max(0.001))
            }
        };
        let mut details = process.details()?;
        let record = agent
            .as_ref()
            .ok()
            .and_then(|agent| agent.record.clone())
            .unwrap_or_default();
        if let Ok(agent) = agent {
            // It leaves out secrets, which the kernel does not know.
            let door = Door::Socket(agent.socket.clone());
            if let Ok(line) = door.ask(Method::GET, "/debug/pprof/cmdline", MOMENT) {
                let line = String::from_utf8_lossy(&line);
                details.command = line.split('\0').map(str::to_owned).collect();
            }
        }
        Ok(Self {
            pid: process.pid,
            parent: process.ppid,
            name: process.name.clone(),
            user: users::name(process.user).unwrap_or_else(|| process.user.to_string()),
            details,
            cpu_percent_meanwhile: meanwhile,
            agent: agent
                .as_ref()
                .ok()
                .map(|agent| agent.socket.display().to_string()),
            http: record.http,
            gops: record.gops,
            watched: watch,
        })
    }

    /// With gops's names.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, value: &str| {
            let _ = writeln!(text, "{:<16}{value}", format!("{name}:"));
        };
        let details = &self.details;
        line("parent PID", &self.parent.to_string());
        line("threads", &details.threads.to_string());
        let memory = terminal::bytes(details.rss as f64);
        line(
            "memory usage",
            &format!("{:.3}% ({memory})", details.memory_percent),
        );
        line("cpu usage", &format!("{:.3}%", details.cpu_percent));
        if let (Some(percent), Some(time)) = (self.cpu_percent_meanwhile, self.watched) {
            line(&format!("cpu usage ({time:?})"), &format!("{percent:.3}%"));
        }
        line("username", &self.user);
        line("cmd+args", &details.command.join(" "));
        line("elapsed time", &elapsed(details.elapsed as u64));
        for connection in &details.connections {
            let (local, remote) = (connection.local, connection.remote);
            line(
                "local/remote",
                &format!("{local} <-> {remote} ({})", connection.state),
            );
        }
        line("agent", self.agent.as_deref().unwrap_or("none"));
        text
    }
}

/// As ps has it: `[[DD-]hh:]mm:ss`.
fn elapsed(seconds: u64) -> String {
    let (days, hours) = (seconds / 86_400, seconds / 3600 % 24);
    let mut text = String::new();
    if days > 0 {
        let _ = write!(text, "{days:02}-");
    }
    if days > 0 || hours > 0 {
        let _ = write!(text, "{hours:02}:");
    }
    let _ = write!(text, "{:02}:{:02}", seconds / 60 % 60, seconds % 60);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_ps_has_them() {
        for (seconds, text) in [(5, "00:05"), (3725, "01:02:05"), (90_061, "01-01:01:01")] {
            assert_eq!(elapsed(seconds), text);
        }
    }
}
