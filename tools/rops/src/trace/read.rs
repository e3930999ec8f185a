//! Trace Event JSON into a [`Trace`], in memory for the trace and one event.

mod cut;
pub(super) mod event;
mod source;
mod stream;

use std::fs::File;
use std::io::{self, Cursor, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use serde_json::error::Category;

use self::event::Event;
use self::source::Position;
use super::build::Builder;
use super::{Trace, Window};
use crate::input;

/// Where a trace comes from.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Trace")]
pub struct Input {
    /// A file, or the URL of a service: http://localhost:6060/debug/pprof/trace
    #[arg(value_name = "FILE_OR_URL", help_heading = "Arguments")]
    pub source: String,
    /// How long a URL's service shall record
    #[arg(long, value_name = "SECONDS")]
    pub seconds: Option<u32>,
    /// How long to wait for a URL [default: 60, or half as long again as it records]
    #[arg(long, value_name = "SECONDS")]
    pub timeout: Option<u32>,
}

/// A trace that can be read more than once.
enum Source {
    File(PathBuf),
    Answer(Vec<u8>),
}

impl Source {
    fn bytes(&self) -> io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path)?),
            Self::Answer(bytes) => Box::new(Cursor::new(bytes)),
        })
    }
}

impl Input {
    /// Reads it.
    ///
    /// # Errors
    /// When it cannot be read or is no trace, with a sentence on it.
    pub fn read(&self) -> anyhow::Result<Trace> {
        let source = self.find()?;
        self.decode(&source)
    }

    /// Reads it, and writes the part of it that is in a window as Trace Event JSON: the events as they are written.
    ///
    /// # Errors
    /// As [`Self::read`], when the window is empty, and what `out` says.
    pub fn cut(&self, window: &Window, out: &mut dyn Write) -> anyhow::Result<()> {
        let source = self.find()?;
        let trace = self.decode(&source)?;
        let window = window.of(&trace)?;
        cut::write(
            source.bytes()?,
            &self.source,
            window.after(trace.first),
            out,
        )
    }

    fn find(&self) -> anyhow::Result<Source> {
        let source = &self.source;
        let path = Path::new(source);
        if !path.exists() && input::is_url(source) {
            let seconds = |seconds: u32| Duration::from_secs(seconds.into());
            let timeout = self.timeout.map(seconds);
            let answer = input::get(source, self.seconds, timeout)?;
            return Ok(Source::Answer(answer));
        }
        if path.is_dir() {
            bail!("{source}: this is a folder, not a trace");
        }
        Ok(Source::File(path.to_owned()))
    }

    fn decode(&self, source: &Source) -> anyhow::Result<Trace> {
        let bytes = source.bytes().with_context(|| self.source.clone())?;
        decode(bytes, &self.source).with_context(|| self.source.clone())
    }
}

/// Reads a trace, zipped or not. `name` is for telling how far the reading is.
///
/// # Errors
/// When it is none, with a sentence that says what it is or what is wrong. One that is cut off is read as far as it goes,
/// and [`Trace::warnings`] says so.
pub fn decode(bytes: impl Read, name: &str) -> anyhow::Result<Trace> {
    let (json, position) = source::open(bytes, name)?;
    let mut sink = Sink {
        builder: Builder::default(),
        position: position.clone(),
        events: 0,
        others: 0,
    };
    let read = stream::read(json, &mut sink);
    let Sink {
        mut builder,
        events,
        others,
        ..
    } = sink;
    match read {
        Ok(true) => {}
        Ok(false) => bail!("this JSON has no traceEvents, and so it is no trace"),
        Err(error) => {
            let is_cut_off = error.is_eof() || is_cut_off(&error);
            if !is_cut_off || events == 0 {
                return Err(told(error, &position));
            }
            builder.warn(format!(
                "it is cut off after {events} events: what came later is missing, names of threads among it"
            ));
        }
    }
    if events == 0 {
        bail!("there are no events in this trace");
    }
    if others > 0 {
        builder.warn(format!(
            "{others} of {} events cannot be read",
            events + others
        ));
    }
    builder.finish()
}

/// A file that is zipped ends too early in its own way.
fn is_cut_off(error: &serde_json::Error) -> bool {
    error.io_error_kind() == Some(io::ErrorKind::UnexpectedEof)
}

fn told(error: serde_json::Error, position: &Position) -> anyhow::Error {
    match error.classify() {
        Category::Eof => anyhow!("it is cut off before the first event"),
        Category::Io => match io::Error::from(error) {
            error if error.kind() == io::ErrorKind::InvalidInput => {
                anyhow!("the trace's compression is damaged: {error}")
            }
            error => anyhow!("{error}"),
        },
        Category::Syntax | Category::Data => anyhow!(
            "this is no JSON of the Trace Event Format, within the first {} bytes: {error}",
            position.bytes()
        ),
    }
}

struct Sink {
    builder: Builder,
    position: Position,
    events: u64,
    others: u64,
}

impl stream::Sink for Sink {
    fn event(&mut self, event: &Event<'_>, _text: &str) {
        self.position.used();
        self.events += 1;
        self.builder.add(event);
    }

    fn no_event(&mut self) {
        self.position.used();
        self.others += 1;
    }

    fn facts(&mut self, text: &str) {
        // Others write there what they like.
        if let Ok(facts) = serde_json::from_str(text) {
            self.builder.facts(facts);
        }
    }
}
