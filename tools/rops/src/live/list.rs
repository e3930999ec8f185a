//! The processes of this user that rustc has built.

use std::net::SocketAddr;
use std::path::PathBuf;

use serde::Serialize;

use super::agent::Agent;
use super::columns::columns;
use super::process::{self, Compilers};
use super::users;

/// A process in Rust.
#[derive(Debug, Clone, Serialize)]
pub struct Listed {
    pub pid: i32,
    pub ppid: i32,
    pub name: String,
    pub agent: bool,
    pub rustc: String,
    pub user: u32,
    pub path: Option<PathBuf>,
    /// The program's own version, where its agent tells it.
    pub version: Option<String>,
    /// Where its pages are over TCP, where its agent tells it.
    pub http: Vec<SocketAddr>,
    /// Where clients of gops are answered.
    pub gops: Option<SocketAddr>,
}

/// Those of this user, or of all users as far as they can be seen; without this one.
pub fn read(everybody: bool) -> Vec<Listed> {
    let (user, own) = (users::own(), std::process::id() as i32);
    let mut compilers = Compilers::default();
    let all = process::all()
        .into_iter()
        .filter(|process| (everybody || process.user == user) && process.pid != own);
    all.filter_map(|process| {
        let rustc = compilers.of(&process)?;
        let agent = Agent::of(&process).ok();
        let record = agent
            .as_ref()
            .and_then(|agent| agent.record.clone())
            .unwrap_or_default();
        Some(Listed {
            pid: process.pid,
            ppid: process.ppid,
            agent: agent.is_some(),
            rustc,
            user: process.user,
            name: process.name,
            path: process.path,
            version: record.version,
            http: record.http,
            gops: record.gops,
        })
    })
    .collect()
}

/// As a table. A star is for an agent.
pub fn text(processes: &[Listed]) -> String {
    let row = |listed: &Listed| {
        let star = if listed.agent { "*" } else { "" };
        let path = listed.path.as_ref().map(|path| path.display().to_string());
        [
            listed.pid.to_string(),
            listed.ppid.to_string(),
            format!("{}{star}", listed.name),
            listed.rustc.clone(),
            path.unwrap_or_default(),
        ]
    };
    let rows: Vec<_> = processes.iter().map(row).collect();
    columns(
        ["PID", "PPID", "NAME", "RUSTC", "PATH"],
        &["PID", "PPID"],
        &rows,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_on_the_right_and_a_star_is_for_an_agent() {
        let listed = |pid, name: &str, agent| Listed {
            pid,
            ppid: 1,
            name: name.into(),
            agent,
            rustc: "1.95.0".into(),
            user: 0,
            path: Some("/srv/shop".into()),
            version: None,
            http: Vec::new(),
            gops: None,
        };
        assert_eq!(
            text(&[listed(7, "shop", true), listed(123, "cargo", false)]),
            "PID  PPID  NAME   RUSTC   PATH\n  7     1  shop*  1.95.0  /srv/shop\n123     1  cargo  1.95.0  /srv/shop\n"
        );
    }
}
