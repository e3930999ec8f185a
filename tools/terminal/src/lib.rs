//! What all commands do alike: how they end ([`end`]), the colours they print in ([`style`]), numbers for people
//! ([`grouped`], [`duration`], [`bytes`]).

mod digits;
pub mod style;

pub use digits::{bytes, duration, grouped, three_digits};

use std::fmt;
use std::io::{self, Write as _};
use std::process::ExitCode;

/// What was wrong with the command line, and what would be right: a chapter that is not there, options that exclude
/// each other. [`end`] answers it with exit code 2, as clap does for what it finds itself.
#[derive(Debug)]
pub struct Usage(pub String);

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Usage {}

/// What `main` returns for what a command did: its own code, or 1 or 2 after a line that says what went wrong.
pub fn end(result: anyhow::Result<ExitCode>) -> ExitCode {
    match result {
        Ok(code) => code,
        Err(error) if reader_has_gone(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let style = style::REMOVED;
            // Where stderr is full or closed, the exit code still tells.
            let _ = writeln!(
                anstream::stderr(),
                "{style}error:{style:#} {}",
                told(&error)
            );
            let usage = error.chain().any(|cause| cause.is::<Usage>());
            ExitCode::from(if usage { 2 } else { 1 })
        }
    }
}

/// The error and its causes, each once: many errors name their cause themselves.
pub fn told(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// Whether the output went into a pipe whose reader had seen enough, as `head` does.
fn reader_has_gone(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    #[test]
    fn each_cause_is_told_once() {
        let error = anyhow!("refused")
            .context("connect: refused")
            .context("no answer");
        assert_eq!(super::told(&error), "no answer: connect: refused");
    }
}
