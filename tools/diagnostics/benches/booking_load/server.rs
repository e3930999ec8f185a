//! A running server: its addresses, its processor time, and its end.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use crate::Result;
use crate::client::Client;

pub struct Server {
    process: Child,
    /// Kept open, so that the server can go on printing.
    _output: BufReader<ChildStdout>,
    pub address: SocketAddr,
    debug: SocketAddr,
}

impl Server {
    /// Starts the program on free ports and a database of its own, and waits until it serves.
    pub fn start(program: &Path, database: &Path) -> Result<Self> {
        let mut process = Command::new(program)
            .args(["--listen", "127.0.0.1:0", "--debug-listen", "127.0.0.1:0"])
            .arg("--database-url")
            .arg(format!("sqlite://{}", database.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            // The log is part of the work; where it goes is not.
            .stderr(Stdio::null())
            .spawn()?;
        let output = process.stdout.take().ok_or("the server has no output")?;
        let mut output = BufReader::new(output);
        let mut debug = None;
        let mut line = String::new();
        let address = loop {
            line.clear();
            if output.read_line(&mut line)? == 0 {
                let status = process.wait()?;
                return Err(
                    format!("{} ended before it served: {status}", program.display()).into(),
                );
            }
            if let Some(address) = line.strip_prefix("diagnostics on http://") {
                debug = Some(address.trim().parse()?);
            } else if let Some(address) = line.strip_prefix("listening on http://") {
                break address.trim().parse()?;
            }
        };
        let debug = debug.ok_or("the server did not say where its diagnostics are")?;
        Ok(Self {
            process,
            _output: output,
            address,
            debug,
        })
    }

    /// Processor time of all threads that are alive, to the nanosecond: the first field of
    /// `/proc/PID/task/TID/schedstat`. `/proc/PID/stat` would keep the time of threads that have ended,
    /// but it counts in hundredths of a second, too coarse for a round; no thread that books ends.
    pub fn processor_time(&self) -> Result<Duration> {
        let mut nanoseconds = 0;
        for thread in fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            // A thread may end between being listed and being read.
            if let Ok(times) = fs::read_to_string(thread?.path().join("schedstat")) {
                let on_processor = times.split(' ').next().ok_or("an empty schedstat")?;
                nanoseconds += on_processor.parse::<u64>()?;
            }
        }
        if nanoseconds == 0 {
            return Err(
                "this kernel does not tell threads' times in /proc/PID/task/TID/schedstat".into(),
            );
        }
        Ok(Duration::from_nanos(nanoseconds))
    }

    /// Allocations since the start, where they are counted.
    pub fn allocations(&self) -> Result<u64> {
        let stats = Client::connect(self.debug)?.get("/debug/memstats")?;
        stats["mallocs"]
            .as_u64()
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
