//! A checkpoint's server that books under load, for benchmarks of what the diagnostics cost it.

#![allow(dead_code, reason = "no benchmark asks for everything")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;
use std::{env, error, fs};

use tempfile::TempDir;

pub type Result<T> = std::result::Result<T, Box<dyn error::Error>>;

/// The whole of a benchmark's `main`: measures where it is run as one, and ends as a command ends.
pub fn bench(name: &str, measure: fn() -> Result<()>) -> ExitCode {
    // `cargo bench` says `--bench`. Without it this runs as a test, for which the measurement takes too long.
    if !env::args().any(|argument| argument == "--bench") {
        eprintln!("nothing measured: run `cargo bench -p diagnostics --bench {name}`");
        return ExitCode::SUCCESS;
    }
    match measure() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Linux's file system in memory: a commit there does not wait for a disk.
const MEMORY: &str = "/dev/shm";

/// The workspace's folder.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Builds the package's program of the same name in release mode, and says where it is.
pub fn build(package: &str) -> Result<PathBuf> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--release", "--package", package, "--bin", package]);
    cargo.args(["--message-format", "json-render-diagnostics"]);
    let built = cargo
        .current_dir(root())
        .stderr(Stdio::inherit())
        .output()?;
    let messages = String::from_utf8(built.stdout)?;
    let executable = |line: &str| -> Option<PathBuf> {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        Some(message["executable"].as_str()?.into())
    };
    let built = messages.lines().find_map(executable);
    built.ok_or_else(|| format!("cannot build {package}").into())
}

/// A running server. Dropping it ends the process.
pub struct Server {
    process: Child,
    address: String,
    pub debug_address: String,
    load: PathBuf,
    _database: TempDir,
}

impl Server {
    /// Builds the package and the load client, starts the package's program on free ports and an empty database, and
    /// waits until it serves.
    pub fn start(package: &str) -> Result<Self> {
        Self::start_with(package, &[])
    }

    /// The same with further settings.
    pub fn start_with(package: &str, settings: &[&str]) -> Result<Self> {
        let (program, load) = (build(package)?, build("load")?);
        let folder = tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir())?;
        let database = format!("sqlite://{}", folder.path().join("coworking.db").display());
        let mut process = Command::new(&program);
        process.args(["--listen", "127.0.0.1:0", "--debug-listen", "127.0.0.1:0"]);
        process.args(["--database-url", &database]).args(settings);
        // The log is part of the work; where it goes is not.
        process
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut server = Self {
            process: process.spawn()?,
            address: String::new(),
            debug_address: String::new(),
            load,
            _database: folder,
        };
        let printed = server.process.stdout.take().ok_or("it has no output")?;
        for line in BufReader::new(printed).lines() {
            let line = line?;
            if let Some(address) = line.strip_prefix("diagnostics on http://") {
                server.debug_address = address.to_owned();
            } else if let Some(address) = line.strip_prefix("listening on ") {
                server.address = address.to_owned();
                return Ok(server);
            }
        }
        Err(format!("{} ended before it served", program.display()).into())
    }

    /// Has the load client book so many times.
    pub fn book(&self, times: u32) -> Result<()> {
        self.throughput(times).map(drop)
    }

    /// The same, and how many bookings that were in a second.
    pub fn throughput(&self, times: u32) -> Result<f64> {
        let mut load = Command::new(&self.load);
        load.args(["bookings", "--url", &self.address, "--json"]);
        load.args(["--requests", &times.to_string()]);
        let ran = load.stderr(Stdio::inherit()).output()?;
        if !ran.status.success() {
            return Err("the load failed".into());
        }
        let printed: serde_json::Value = serde_json::from_slice(&ran.stdout)?;
        let throughput = printed["throughput_per_second"].as_f64();
        throughput.ok_or_else(|| "the load tells no throughput".into())
    }

    /// Microseconds of its processor time for each of so many bookings.
    pub fn each(&self, bookings: u32) -> Result<f64> {
        let before = self.processor_time()?;
        self.book(bookings)?;
        let took = self.processor_time()? - before;
        Ok(took.as_secs_f64() * 1e6 / f64::from(bookings))
    }

    /// Processor time of all threads that are alive, to the nanosecond: the first field of
    /// `/proc/PID/task/TID/schedstat`. `/proc/PID/stat` would keep the time of threads that have ended,
    /// but it counts in hundredths of a second; no thread that books ends.
    pub fn processor_time(&self) -> Result<Duration> {
        let mut nanoseconds = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            // A thread may end between being listed and being read.
            let times = fs::read_to_string(thread?.path().join("schedstat")).unwrap_or_default();
            nanoseconds += times
                .split(' ')
                .next()
                .and_then(|time| time.parse().ok())
                .unwrap_or(0);
        }
        if nanoseconds == 0 {
            return Err("this kernel does not tell threads' times".into());
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Processor time of all threads that ever were, in hundredths of a second: fields 14 and 15 of `/proc/PID/stat`.
    pub fn whole_time(&self) -> Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.process.id()))?;
        let (_, after_name) = stat.rsplit_once(") ").ok_or("no name in it")?;
        let times = after_name.split(' ').skip(11).take(2);
        let ticks: u64 = times.filter_map(|ticks| ticks.parse::<u64>().ok()).sum();
        Ok(Duration::from_millis(ticks * 10))
    }

    /// Allocations since the start.
    pub fn mallocs(&self) -> Result<f64> {
        let body = get(&self.debug_address, "/debug/memstats")?;
        let stats: serde_json::Value = serde_json::from_str(&body)?;
        stats["mallocs"]
            .as_f64()
            .ok_or_else(|| "no `mallocs` in /debug/memstats".into())
    }
}

/// What a page of the diagnostics has.
pub fn get(address: &str, path: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.starts_with("HTTP/1.1 200 ") => Ok(body.to_owned()),
        _ => Err(answer.into()),
    }
}

/// The value that so many quarters of all are below; of four, the largest.
pub fn quartile(values: &[f64], quarter: usize) -> f64 {
    let mut values = values.to_vec();
    values.sort_by(f64::total_cmp);
    values[(values.len() * quarter / 4).min(values.len() - 1)]
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
