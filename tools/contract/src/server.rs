//! A server as a process of its own: started on free ports, signalled, and its log read.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

use crate::run::Run;

const START_LIMIT: Duration = Duration::from_secs(60);
const LAST_LINES_SHOWN: usize = 15;

/// A running server. Dropping it kills the process.
#[derive(Debug)]
pub struct Server {
    child: Child,
    pid: Pid,
    run: Arc<Run>,
    /// Its working directory, where what it prints outlives it.
    folder: PathBuf,
    address: Option<SocketAddr>,
    debug_address: Option<SocketAddr>,
}

impl Server {
    /// Starts the process in a new folder below this one. It may not be ready, or not even willing.
    pub(crate) fn spawn(mut command: Command, folder: &Path, run: &Arc<Run>) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("server-")
            .tempdir_in(folder)?
            .keep();
        let (stdout, stderr) = (stdout_file(&folder), stderr_file(&folder));
        command.current_dir(&folder).stdin(Stdio::null());
        command
            .stdout(File::create(stdout)?)
            .stderr(File::create(stderr)?);
        let child = command.kill_on_drop(true).spawn();
        let child =
            child.with_context(|| format!("cannot run {:?}", command.as_std().get_program()))?;
        let pid = Pid::from_raw(child.id().context("a new process has an id")?.try_into()?);
        let pid = pid.context("a process id is not 0")?;
        run.started(pid);
        Ok(Self {
            child,
            pid,
            run: Arc::clone(run),
            folder,
            address: None,
            debug_address: None,
        })
    }

    /// Where the API listens.
    ///
    /// # Panics
    /// When the server is not ready; [`Launch::start`](crate::launch::Launch::start) returns only one that is.
    pub fn address(&self) -> SocketAddr {
        self.address
            .expect("a started server has said where it listens")
    }

    /// Where the diagnostics listen.
    ///
    /// # Panics
    /// When the server is not ready, or its diagnostics do not listen.
    pub fn debug_address(&self) -> SocketAddr {
        self.debug_address
            .expect("the server has said where its diagnostics listen")
    }

    /// Waits until the server has said where it listens.
    pub(crate) async fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            let printed = self.stdout()?;
            if let Some(address) = announced(&printed, "listening on http://") {
                self.debug_address = announced(&printed, "diagnostics on http://");
                self.address = Some(address);
                return Ok(());
            }
            if let Some(status) = self.child.try_wait()? {
                bail!(
                    "the server ended with {status} before it listened{}",
                    self.last_lines()
                );
            }
            if Instant::now() > deadline {
                bail!(
                    "the server did not say where it listens within a minute{}",
                    self.last_lines()
                );
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends a signal to the process.
    ///
    /// # Errors
    /// When the process has ended already.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        // A process that has been waited for has given its id back.
        self.child.id().context("the server has ended")?;
        kill_process(self.pid, signal).context("cannot signal the server")
    }

    /// Waits for the process to end.
    ///
    /// # Errors
    /// When it does not within the limit; the message has the end of its log.
    pub async fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        match tokio::time::timeout(limit, self.child.wait()).await {
            Ok(status) => {
                self.run.ended(self.pid);
                Ok(status?)
            }
            Err(_) => bail!("the server still runs after {limit:?}{}", self.last_lines()),
        }
    }

    /// The processor time that the process has used, in all its threads, in clock ticks (10 ms each on Linux).
    ///
    /// # Errors
    /// When the process has ended, or the system has no `/proc`.
    pub fn cpu_ticks(&self) -> Result<u64> {
        let path = format!("/proc/{}/stat", self.pid);
        let stat = fs::read_to_string(&path).with_context(|| format!("cannot read {path}"))?;
        // The command's name, in parentheses, may contain blanks; utime and stime are fields 14 and 15 of them all.
        let fields = stat
            .rsplit_once(')')
            .context("no command name in the process's stat")?
            .1;
        let ticks = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<u64>);
        Ok(ticks.sum::<Result<u64, _>>()?)
    }

    /// What it has printed to stderr so far, where its log goes.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn log(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(stderr_file(&self.folder))?).into_owned())
    }

    /// What it has logged as soon as that is `complete`, or after ten seconds: a server may leave writing its
    /// log to a thread of its own, which comes after the answer.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn log_when(&self, complete: impl Fn(&str) -> bool) -> Result<String> {
        let deadline = Instant::now() + Duration::from_secs(10);
        loop {
            let log = self.log()?;
            if complete(&log) || Instant::now() >= deadline {
                return Ok(log);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// What it has printed to stdout so far.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn stdout(&self) -> Result<String> {
        Ok(String::from_utf8_lossy(&fs::read(stdout_file(&self.folder))?).into_owned())
    }

    fn last_lines(&self) -> String {
        let log = self.log().unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES_SHOWN)..].join("\n");
        if last.is_empty() {
            "; its log is empty".to_owned()
        } else {
            format!("; the end of its log:\n{last}")
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run.ended(self.pid);
    }
}

/// Everything that the servers of one folder have printed, those that have ended included.
///
/// # Errors
/// When a file cannot be read.
pub fn all_printed(folder: &Path) -> Result<String> {
    let mut printed = String::new();
    for server in fs::read_dir(folder)? {
        let server = server?.path();
        for file in [stdout_file(&server), stderr_file(&server)] {
            printed += &String::from_utf8_lossy(&fs::read(file)?);
        }
    }
    Ok(printed)
}

fn stdout_file(folder: &Path) -> PathBuf {
    folder.join("stdout")
}

fn stderr_file(folder: &Path) -> PathBuf {
    folder.join("stderr")
}

/// The address on the line that starts so. A line counts once it is complete.
fn announced(printed: &str, start: &str) -> Option<SocketAddr> {
    let lines = printed
        .split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n'));
    lines
        .filter_map(|line| line.strip_prefix(start))
        .find_map(|address| address.trim_end().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_counts_once_its_line_is_complete() {
        let start = "listening on http://";
        assert_eq!(announced("listening on http://127.0.0.1:80", start), None);
        let printed = "diagnostics on http://127.0.0.1:1\nlistening on http://127.0.0.1:8080\n";
        assert_eq!(
            announced(printed, start),
            Some("127.0.0.1:8080".parse().unwrap())
        );
    }
}
