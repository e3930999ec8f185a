//! One CPU profile at a time: the process has one SIGPROF, and a second set of timers would be measured by the first.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

/// When the profile that is running will have been recorded.
static ENDS: Mutex<Option<Instant>> = Mutex::new(None);

/// The right to profile, until it is dropped.
pub(super) struct Turn(());

/// Somebody else has the turn, and will record for so long.
#[derive(Debug)]
pub(super) struct Busy(Duration);

impl Turn {
    pub(super) fn take(duration: Duration) -> Result<Self, Busy> {
        let now = Instant::now();
        let mut ends = ENDS.lock().unwrap_or_else(PoisonError::into_inner);
        match *ends {
            Some(ends) => Err(Busy(ends.saturating_duration_since(now))),
            None => {
                *ends = Some(now + duration);
                Ok(Self(()))
            }
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *ENDS.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

impl IntoResponse for Busy {
    fn into_response(self) -> Response {
        // What is recorded is about to be written.
        let seconds = self.0.as_secs() + 1;
        let unit = if seconds == 1 { "second" } else { "seconds" };
        (
            StatusCode::CONFLICT,
            [(header::RETRY_AFTER, seconds.to_string())],
            format!(
                "A CPU profile is running, and a process has one at a time. It takes {seconds} {unit} more; ask again \
                 then.\n"
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
        let first = Turn::take(Duration::from_secs(5)).expect("nobody has it");
        let Err(busy) = Turn::take(Duration::from_secs(1)) else {
            panic!("two at once");
        };
        let response = busy.into_response();
        assert_eq!(response.status(), StatusCode::CONFLICT);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
        drop(first);
        assert!(Turn::take(Duration::ZERO).is_ok());
    }
}
