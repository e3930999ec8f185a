//! The bytes of a trace, from a file or a service: unzipped, counted, and no more than a trace can have.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Read};
use std::rc::Rc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use flate2::bufread::MultiGzDecoder;

/// Bytes of JSON, unzipped: minutes of a busy service.
const MOST_BYTES: u64 = 4 << 30;

/// Bytes between one event and the next.
const MOST_OF_ONE: u64 = 64 << 20;

/// How often it is said how far the reading is.
const TELL: Duration = Duration::from_secs(2);

/// How far the reading is, in bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Position {
    read: Rc<Cell<u64>>,
    used: Rc<Cell<u64>>,
}

impl Position {
    /// Something was made of all that was read so far.
    pub(super) fn used(&self) {
        self.used.set(self.read.get());
    }

    pub(super) fn bytes(&self) -> u64 {
        self.read.get()
    }
}

struct Counted<R> {
    inner: R,
    name: String,
    position: Position,
    told: Instant,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.position.read.get();
        if read > MOST_BYTES {
            return Err(io::Error::other(format!(
                "this has more than {} GiB; take a trace of fewer seconds",
                MOST_BYTES >> 30
            )));
        }
        if read - self.position.used.get() > MOST_OF_ONE {
            return Err(io::Error::other(format!(
                "{} MiB after {} MiB are one single event, which no trace has",
                MOST_OF_ONE >> 20,
                self.position.used.get() >> 20
            )));
        }
        if self.told.elapsed() >= TELL {
            self.told = Instant::now();
            anstream::eprintln!("reading {}: {} MiB", self.name, read >> 20);
        }
        let count = self.inner.read(buffer)?;
        self.position.read.set(read + count as u64);
        Ok(count)
    }
}

/// The JSON in these bytes, and what people take for one by mistake, as an error.
pub(super) fn open<'r>(
    bytes: impl Read + 'r,
    name: &str,
) -> anyhow::Result<(impl Read + 'r, Position)> {
    let mut zipped = BufReader::with_capacity(1 << 16, bytes);
    let is_zipped = zipped.fill_buf()?.starts_with(b"\x1f\x8b");
    let plain: Box<dyn Read + 'r> = match is_zipped {
        true => Box::new(MultiGzDecoder::new(zipped)),
        false => Box::new(zipped),
    };
    let position = Position::default();
    let counted = Counted {
        inner: plain,
        name: name.to_owned(),
        position: position.clone(),
        told: Instant::now(),
    };
    let mut json = BufReader::with_capacity(1 << 16, counted);
    let start = json.fill_buf();
    refuse_others(start.context("nothing of it can be unpacked; was it cut off?")?)?;
    Ok((json, position))
}

fn refuse_others(start: &[u8]) -> anyhow::Result<()> {
    let text = start.trim_ascii_start();
    let starts_with =
        |what: &[u8]| text.len() >= what.len() && text[..what.len()].eq_ignore_ascii_case(what);
    if start.is_empty() {
        bail!("this is empty; was it cut off?");
    }
    if starts_with(b"<!doctype") || starts_with(b"<html") {
        bail!("this is a web page, not a trace; is the address right?");
    }
    if starts_with(b"go 1.") {
        bail!("this is a trace of Go's runtime; `go tool trace` reads it");
    }
    if starts_with(b"PERFILE2") {
        bail!("this was recorded by perf; `perf script` reads it");
    }
    if starts_with(b"\x7fELF") {
        bail!("this is a program, not a trace");
    }
    if !starts_with(b"{") && !starts_with(b"[") {
        bail!(
            "this is no JSON, and so no trace in the Trace Event Format; of profiles, `rops pprof` knows more"
        );
    }
    Ok(())
}
