//! What counting costs: one allocation and its release, and how much of a booking that is.
//!
//! `cargo bench -p diagnostics --bench counting`
//!
//! A pair is timed with jemalloc called directly and with the counting allocator in front of it, which is a worst case,
//! since nothing is done with the memory. How many pairs a booking has, and what a booking costs, a checkpoint's server
//! tells while `cargo load` books. A server that counts against one that does not would be the plainer comparison,
//! but what counting adds is less than what two starts of the same server differ by.
#![allow(unsafe_code)]

use std::alloc::{GlobalAlloc, Layout};
use std::hint::black_box;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use std::{env, error, fs};

use tikv_jemallocator::Jemalloc;

type Result<T> = std::result::Result<T, Box<dyn error::Error>>;

/// Bytes: the smallest class, a typical small object, a buffer, and one beyond jemalloc's small classes.
const SIZES: [usize; 4] = [16, 128, 2048, 32 * 1024];
/// The size that a booking's allocations are taken for.
const TYPICAL: usize = 128;
const BOOKINGS: u32 = 20_000;
/// Linux's file system in memory: a commit there does not wait for a disk.
const MEMORY: &str = "/dev/shm";
fn main() -> ExitCode {
    // `cargo bench` says `--bench`. Without it this runs as a test, for which the measurement takes too long.
    if !env::args().any(|argument| argument == "--bench") {
        eprintln!("nothing measured: run `cargo bench -p diagnostics --bench counting`");
        return ExitCode::SUCCESS;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    println!("one allocation and its release, in nanoseconds\n");
    println!("   bytes   jemalloc    counted      added");
    let mut typical = 0.0;
    for size in SIZES {
        let [plain, counted] = pair_times(size);
        let added = counted - plain;
        println!("{size:>8} {plain:>10.2} {counted:>10.2} {added:>10.2}");
        if size == TYPICAL {
            typical = added;
        }
    }
    let (package, pairs, microseconds) = booking()?;
    let added = pairs * typical / 1000.0;
    let share = added / microseconds * 100.0;
    println!("\na booking in {package}, release, SQLite\n");
    println!("allocations: {pairs:.0}");
    println!("processor time of the server: {microseconds:.1} us");
    println!("of it for counting: {added:.2} us, {share:.2} %");
    Ok(())
}

/// Nanoseconds of one allocation of `size` bytes and its release, without and with counting: the least of many short
/// timings, since everything that disturbs a timing makes it longer.
fn pair_times(size: usize) -> [f64; 2] {
    fn once(allocator: &impl GlobalAlloc, layout: Layout) -> Duration {
        let start = Instant::now();
        for _ in 0..PAIRS {
            // SAFETY: no size of ours is zero.
            let pointer = black_box(unsafe { allocator.alloc(black_box(layout)) });
            assert!(!pointer.is_null());
            // SAFETY: this allocator has just handed out the block with this layout.
            unsafe { allocator.dealloc(pointer, layout) };
        }
        start.elapsed()
    }
    const PAIRS: u32 = 10_000;
    let layout = Layout::array::<u8>(size).expect("a small size");
    let counting = diagnostics::Allocator::new();
    let mut least = [Duration::MAX; 2];
    for _ in 0..2000 {
        least[0] = least[0].min(once(&Jemalloc, layout));
        least[1] = least[1].min(once(&counting, layout));
    }
    least.map(|time| time.as_secs_f64() * 1e9 / f64::from(PAIRS))
}

/// The first checkpoint, how many allocations a booking makes there, and its processor time in microseconds.
fn booking() -> Result<(String, f64, f64)> {
    let steps = fs::read_dir(root().join("steps"))?.filter_map(|step| Some(step.ok()?.path()));
    let first = steps.filter(|step| step.is_dir()).min();
    let first = first.ok_or("there is no checkpoint in steps/")?;
    let package = format!("step-{}", first.file_name().unwrap_or_default().display());
    let (server, load) = (build(&package)?, build("load")?);
    let folder = tempfile::tempdir_in(MEMORY).or_else(|_| tempfile::tempdir())?;
    let server = Server::start(&server, folder.path())?;
    let book = || -> Result<()> {
        let mut load = Command::new(&load);
        load.args(["bookings", "--url", &server.address, "--json"]);
        load.args(["--requests", &BOOKINGS.to_string()])
            .stdout(Stdio::null());
        load.status()?
            .success()
            .then_some(())
            .ok_or_else(|| "the load failed".into())
    };
    // Fills the pools and the caches.
    book()?;
    let (mallocs, time) = (server.mallocs()?, server.processor_time()?);
    book()?;
    let (mallocs, time) = (server.mallocs()? - mallocs, server.processor_time()? - time);
    let each = |total: f64| total / f64::from(BOOKINGS);
    Ok((package, each(mallocs), each(time.as_secs_f64() * 1e6)))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Builds the package's program of the same name in release mode, and says where it is.
fn build(package: &str) -> Result<PathBuf> {
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
struct Server {
    process: Child,
    address: String,
    debug_address: String,
}

impl Server {
    /// Starts the program on free ports and an empty database, and waits until it serves.
    fn start(program: &Path, folder: &Path) -> Result<Self> {
        let database = format!("sqlite://{}", folder.join("coworking.db").display());
        let mut process = Command::new(program);
        process.args(["--listen", "127.0.0.1:0", "--debug-listen", "127.0.0.1:0"]);
        process.args(["--database-url", &database]);
        // The log is part of the work; where it goes is not.
        process
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut server = Self {
            process: process.spawn()?,
            address: String::new(),
            debug_address: String::new(),
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

    /// Processor time of all threads that are alive, to the nanosecond: the first field of
    /// `/proc/PID/task/TID/schedstat`. `/proc/PID/stat` would keep the time of threads that have ended,
    /// but it counts in hundredths of a second; no thread that books ends.
    fn processor_time(&self) -> Result<Duration> {
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

    /// Allocations since the start.
    fn mallocs(&self) -> Result<f64> {
        let mut stream = TcpStream::connect(&self.debug_address)?;
        let request =
            "GET /debug/memstats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let (_, body) = answer.split_once("\r\n\r\n").ok_or("no answer")?;
        let stats: serde_json::Value = serde_json::from_str(body)?;
        stats["mallocs"]
            .as_f64()
            .ok_or_else(|| "no `mallocs` in /debug/memstats".into())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
