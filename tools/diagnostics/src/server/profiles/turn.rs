//! One at a time: whoever comes meanwhile is told how long it takes.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// What a process has one of at a time.
pub(super) struct Turns {
    /// What it is, at the start of a sentence.
    what: &'static str,
    /// When the one that is running will have been recorded.
    ends: Mutex<Option<Instant>>,
}

/// The right to record, until it is dropped.
pub(super) struct Turn(&'static Turns);

/// Somebody else has the turn, and will record for so long.
#[derive(Debug)]
pub(super) struct Busy {
    what: &'static str,
    left: Duration,
}

impl Turns {
    pub(super) const fn of(what: &'static str) -> Self {
        Self {
            what,
            ends: Mutex::new(None),
        }
    }

    pub(super) fn take(&'static self, duration: Duration) -> Result<Turn, Busy> {
        let now = Instant::now();
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        match *ends {
            Some(ends) => Err(Busy {
                what: self.what,
                left: ends.saturating_duration_since(now),
            }),
            None => {
                *ends = Some(now + duration);
                Ok(Turn(self))
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *self.0.ends.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl IntoResponse for Busy {
    fn into_response(self) -> Response {
        // What is recorded is about to be written.
        let seconds = self.left.as_secs() + 1;
        let unit = if seconds == 1 { "second" } else { "seconds" };
        (
            StatusCode::CONFLICT,
            [(header::RETRY_AFTER, seconds.to_string())],
            format!(
                "{} is running, and a process has one at a time. It takes {seconds} {unit} more; ask again then.\n",
                self.what
            ),
        )
            .into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_is_told_how_long_the_first_takes() {
        static TURNS: Turns = Turns::of("A test");
        let first = TURNS.take(Duration::from_secs(5)).expect("nobody has it");
        let Err(busy) = TURNS.take(Duration::from_secs(1)) else {
            panic!("two at once");
        };
        let response = busy.into_response();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        drop(first);
        assert!(TURNS.take(Duration::ZERO).is_ok());
    }
}
