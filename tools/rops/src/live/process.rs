//! What Linux tells of a process.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use procfs::process::{FDTarget, Process as OfKernel};
use procfs::{Current as _, Meminfo, Uptime};
use serde::Serialize;

use super::rust;

/// A process.
#[derive(Debug, Clone)]
pub struct Process {
    pub pid: i32,
    pub ppid: i32,
    pub user: u32,
    /// The program's file name, or the name that the kernel has.
    pub name: String,
    /// In the kernel's ticks since the machine was started.
    pub start: u64,
    /// As far as this user may see it.
    pub path: Option<PathBuf>,
}

/// How busy a process is, and with whom it talks.
#[derive(Debug, Clone, Serialize)]
pub struct Details {
    pub threads: i64,
    /// Physical memory, in bytes.
    pub rss: u64,
    /// Of all that the machine has.
    pub memory_percent: f64,
    /// Processor time since the process was started, of one processor.
    pub cpu_percent: f64,
    /// Seconds since it was started.
    pub elapsed: f64,
    /// As it was started; with an agent, without secrets.
    pub command: Vec<String>,
    pub connections: Vec<Connection>,
}

/// A TCP connection, or a listener.
#[derive(Debug, Clone, Serialize)]
pub struct Connection {
    pub local: SocketAddr,
    pub remote: SocketAddr,
    pub state: String,
}

/// A thread, from outside.
#[derive(Debug, Clone, Serialize)]
pub struct Thread {
    pub number: i32,
    pub name: String,
    pub state: char,
    pub cpu_seconds: f64,
}

/// The process of that number, if there is one.
pub fn of(pid: i32) -> Option<Process> {
    read(&OfKernel::new(pid).ok()?)
}

fn read(process: &OfKernel) -> Option<Process> {
    let stat = process.stat().ok()?;
    let path = process.exe().ok();
    let name = path.as_ref().and_then(|path| path.file_name());
    // As Linux shows a program that was built anew since it was started.
    let name = name.map(|name| {
        name.to_string_lossy()
            .trim_end_matches(" (deleted)")
            .to_owned()
    });
    Some(Process {
        pid: stat.pid,
        ppid: stat.ppid,
        user: process.uid().ok()?,
        name: name.unwrap_or(stat.comm),
        start: stat.starttime,
        path,
    })
}

/// All that there are now, by their numbers.
pub fn all() -> Vec<Process> {
    let processes = procfs::process::all_processes()
        .into_iter()
        .flatten()
        .flatten();
    let mut all: Vec<_> = processes.filter_map(|process| read(&process)).collect();
    all.sort_by_key(|process| process.pid);
    all
}

/// Knows which programs rustc has built, each of which is read once.
#[derive(Debug, Default)]
pub struct Compilers(HashMap<(u64, u64), Option<String>>);

impl Compilers {
    /// The version of rustc that has built the process's program.
    pub fn of(&mut self, process: &Process) -> Option<String> {
        let path = PathBuf::from(format!("/proc/{}/exe", process.pid));
        let file = path.metadata().ok()?;
        let known = self.0.entry((file.dev(), file.ino()));
        known.or_insert_with(|| rust::version(&path)).clone()
    }
}

impl Process {
    fn of_kernel(&self) -> anyhow::Result<OfKernel> {
        Ok(OfKernel::new(self.pid)?)
    }

    /// The value of a variable of its environment, as it was at the start.
    pub fn variable(&self, name: &str) -> Option<PathBuf> {
        let environment = self.of_kernel().ok()?.environ().ok()?;
        let value = environment.get(std::ffi::OsStr::new(name))?;
        Some(PathBuf::from(value)).filter(|value| !value.as_os_str().is_empty())
    }

    /// # Errors
    /// When it has ended.
    pub fn details(&self) -> anyhow::Result<Details> {
        let process = self.of_kernel()?;
        let stat = process.stat()?;
        let rss = stat.rss * procfs::page_size();
        let elapsed = elapsed(stat.starttime)?.as_secs_f64();
        let cpu = cpu(stat.utime + stat.stime).as_secs_f64();
        Ok(Details {
            threads: stat.num_threads,
            rss,
            memory_percent: 100.0 * rss as f64 / Meminfo::current()?.mem_total as f64,
            cpu_percent: 100.0 * cpu / elapsed.max(0.01),
            elapsed,
            command: process.cmdline().unwrap_or_default(),
            connections: connections(&process),
        })
    }

    /// The processor time that it has used.
    ///
    /// # Errors
    /// When it has ended.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        let stat = self.of_kernel()?.stat()?;
        Ok(cpu(stat.utime + stat.stime))
    }

    /// # Errors
    /// When it has ended.
    pub fn threads(&self) -> anyhow::Result<Vec<Thread>> {
        let tasks = self.of_kernel()?.tasks()?.flatten();
        let threads = tasks.filter_map(|task| {
            let stat = task.stat().ok()?;
            Some(Thread {
                number: task.tid,
                name: stat.comm,
                state: stat.state,
                cpu_seconds: cpu(stat.utime + stat.stime).as_secs_f64(),
            })
        });
        Ok(threads.collect())
    }

    /// Sizes that the kernel tells of its memory, in bytes: names as in `/proc/PID/status`.
    ///
    /// # Errors
    /// When it has ended.
    pub fn memory(&self) -> anyhow::Result<Vec<(&'static str, Option<u64>)>> {
        let status = self.of_kernel()?.status()?;
        let bytes = |kibibytes: Option<u64>| kibibytes.map(|size| size * 1024);
        Ok(vec![
            ("rss", bytes(status.vmrss)),
            ("rss-peak", bytes(status.vmhwm)),
            ("rss-anonymous", bytes(status.rssanon)),
            ("rss-file", bytes(status.rssfile)),
            ("swap", bytes(status.vmswap)),
            ("virtual", bytes(status.vmsize)),
        ])
    }
}

fn cpu(ticks: u64) -> Duration {
    Duration::from_secs_f64(ticks as f64 / procfs::ticks_per_second() as f64)
}

fn elapsed(start: u64) -> anyhow::Result<Duration> {
    let up = Duration::from_secs_f64(Uptime::current()?.uptime);
    Ok(up.saturating_sub(cpu(start)))
}

fn connections(process: &OfKernel) -> Vec<Connection> {
    let files = process.fd().into_iter().flatten().flatten();
    let own: HashSet<u64> = files
        .filter_map(|file| match file.target {
            FDTarget::Socket(inode) => Some(inode),
            _ => None,
        })
        .collect();
    // Of the network that the process lives in, which may be another one than ours.
    let all = [process.tcp(), process.tcp6()]
        .into_iter()
        .flatten()
        .flatten();
    let ours = all.filter(|entry| own.contains(&entry.inode));
    let mut connections: Vec<_> = ours
        .map(|entry| Connection {
            local: entry.local_address,
            remote: entry.remote_address,
            state: state(&format!("{:?}", entry.state)),
        })
        .collect();
    // Listeners first.
    connections.sort_by_key(|connection| (connection.state != "LISTEN", connection.local));
    connections
}

/// `CloseWait` as `CLOSE_WAIT`, which is how everybody else writes it.
fn state(name: &str) -> String {
    let mut text = String::new();
    for (place, letter) in name.chars().enumerate() {
        if place > 0 && letter.is_uppercase() {
            text.push('_');
        }
        text.extend(letter.to_uppercase());
    }
    text
}
