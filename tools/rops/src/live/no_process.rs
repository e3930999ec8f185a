//! Systems other than Linux: agents at an address can be asked, and processes are not known.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::bail;
use serde::Serialize;

#[derive(Debug, Clone)]
pub struct Process {
    pub pid: i32,
    pub ppid: i32,
    pub user: u32,
    pub name: String,
    pub start: u64,
    pub path: Option<PathBuf>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Details {
    pub threads: i64,
    pub rss: u64,
    pub memory_percent: f64,
    pub cpu_percent: f64,
    pub elapsed: f64,
    pub command: Vec<String>,
    pub connections: Vec<Connection>,
}

#[derive(Debug, Clone, Serialize)]
pub struct Connection {
    pub local: SocketAddr,
    pub remote: SocketAddr,
    pub state: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct Thread {
    pub number: i32,
    pub name: String,
    pub state: char,
    pub cpu_seconds: f64,
}

pub fn of(_pid: i32) -> Option<Process> {
    None
}

pub fn all() -> Vec<Process> {
    Vec::new()
}

#[derive(Debug, Default)]
pub struct Compilers;

impl Compilers {
    pub fn of(&mut self, _process: &Process) -> Option<String> {
        None
    }
}

impl Process {
    pub fn variable(&self, _name: &str) -> Option<PathBuf> {
        None
    }

    pub fn details(&self) -> anyhow::Result<Details> {
        bail!("processes are known on Linux only")
    }

    pub fn cpu(&self) -> anyhow::Result<Duration> {
        bail!("processes are known on Linux only")
    }

    pub fn threads(&self) -> anyhow::Result<Vec<Thread>> {
        bail!("processes are known on Linux only")
    }

    pub fn memory(&self) -> anyhow::Result<Vec<(&'static str, Option<u64>)>> {
        bail!("processes are known on Linux only")
    }
}
