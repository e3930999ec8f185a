//! A server as a process of its own: started on free ports, signalled, and its log read.

use std::{
    fs::{self, File},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use tokio::process::{Child, Command};

use crate::run::Run;

const START_LIMIT: Duration = Duration::from_secs(60);
const LAST_LINES_SHOWN: usize = 15;
/// Where a server's folder has what it prints.
const STDOUT: &str = "stdout";
const STDERR: &str = "stderr";

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
    pub(crate) fn spawn(
        mut command: Command,
        folder: &Path,
        run: &Arc<Run>,
        stdout_is_full: bool,
    ) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("server-")
            .tempdir_in(folder)?
            .keep();
        command.current_dir(&folder).stdin(Stdio::null());
        let stdout = File::create(folder.join(STDOUT))?;
        command.stdout(match stdout_is_full {
            true => File::options().write(true).open("/dev/full")?,
            false => stdout,
        });
        command.stderr(File::create(folder.join(STDERR))?);
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
    pub fn address(&self) -> SocketAddr {
        self.address
            .expect("a started server has said where it listens")
    }

    /// Where the diagnostics listen.
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
            ensure!(
                Instant::now() < deadline,
                "the server did not say where it listens within a minute{}",
                self.last_lines()
            );
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Sends a signal to the process.
    pub fn signal(&self, signal: Signal) -> Result<()> {
        // A process that has been waited for has given its id back.
        self.child.id().context("the server has ended")?;
        kill_process(self.pid, signal).context("cannot signal the server")
    }

    /// From now on the process can make no file larger than that; without a size, as large as it wants.
    pub fn limit_files(&self, size: Option<u64>) -> Result<()> {
        let limit = getrlimit(Resource::Fsize);
        let limit = Rlimit {
            current: size.or(limit.maximum),
            ..limit
        };
        prlimit(Some(self.pid), Resource::Fsize, limit)
            .context("cannot limit the server's files")?;
        Ok(())
    }

    /// Waits for the process to end.
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
    pub fn cpu_ticks(&self) -> Result<u64> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid))?;
        // The command's name, in parentheses, may contain blanks; utime and stime are fields 14 and 15 of them all.
        let (_, fields) = stat
            .rsplit_once(')')
            .context("no command name in the process's stat")?;
        let ticks = fields
            .split_whitespace()
            .skip(11)
            .take(2)
            .map(str::parse::<u64>);
        Ok(ticks.sum::<Result<u64, _>>()?)
    }

    /// What it has printed to stderr so far, where its log goes.
    pub fn log(&self) -> Result<String> {
        read(&self.folder.join(STDERR))
    }

    /// What it has printed to stdout so far.
    pub fn stdout(&self) -> Result<String> {
        read(&self.folder.join(STDOUT))
    }

    /// What it has logged as soon as that is `complete`, or after ten seconds: a server may leave writing its
    /// log to a thread of its own, which comes after the answer.
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

    fn last_lines(&self) -> String {
        let log = self.log().unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES_SHOWN)..].join("\n");
        format!("; the end of its log:\n{last}")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.run.ended(self.pid);
    }
}

/// Everything that the servers of one folder have printed, those that have ended included.
pub fn all_printed(folder: &Path) -> Result<String> {
    let mut printed = String::new();
    for server in fs::read_dir(folder)? {
        let server = server?.path();
        printed += &read(&server.join(STDOUT))?;
        printed += &read(&server.join(STDERR))?;
    }
    Ok(printed)
}

fn read(file: &Path) -> Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(file)?).into_owned())
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
