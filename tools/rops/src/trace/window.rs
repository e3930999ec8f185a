//! A part of a trace's time.

use anyhow::bail;

use super::model::{Time, Trace};

/// Which part of the trace is wanted: all of it unless something is said.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Window")]
pub struct Window {
    /// From then on, as 981ms or 1.2s from the start of the trace
    #[arg(long, value_name = "TIME", value_parser = nanoseconds)]
    pub from: Option<u64>,
    /// Until then
    #[arg(long, value_name = "TIME", value_parser = nanoseconds)]
    pub to: Option<u64>,
    /// The time of this request
    #[arg(long, value_name = "NUMBER", conflicts_with_all = ["from", "to"])]
    pub request: Option<u64>,
    /// The time of the slowest request of this route
    #[arg(long, value_name = "ROUTE", conflicts_with_all = ["from", "to", "request"])]
    pub slowest: Option<String>,
}

/// `981ms`, `1.2s`, `40us`, `7ns`.
fn nanoseconds(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text} is no time such as 981ms or 1.2s");
    let digits = text.trim_end_matches(|character: char| character.is_alphabetic());
    let factor = match &text[digits.len()..] {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        _ => return Err(wrong()),
    };
    let number: f64 = digits.trim().parse().map_err(|_| wrong())?;
    let is_time = number >= 0.0 && number.is_finite();
    is_time
        .then_some((number * factor) as u64)
        .ok_or_else(wrong)
}

impl Window {
    /// The number of the request that was named.
    ///
    /// # Errors
    /// When the trace has no such route.
    pub fn number(&self, trace: &Trace) -> anyhow::Result<Option<u64>> {
        match &self.slowest {
            Some(route) => trace.slowest(Some(route)).map(Some),
            None => Ok(self.request),
        }
    }

    /// The window, within the trace.
    ///
    /// # Errors
    /// When the request is not there, or when the window is empty.
    pub fn of(&self, trace: &Trace) -> anyhow::Result<Time> {
        let whole = Time {
            start: 0,
            end: trace.length,
        };
        let window = match self.number(trace)? {
            Some(number) => {
                let request = trace.request(number)?;
                let time = trace.root(request).time;
                // A little of what was before and after it.
                let margin = time.length() / 20 + 1;
                Time {
                    start: time.start.saturating_sub(margin),
                    end: time.end.saturating_add(margin),
                }
            }
            None => {
                let (start, end) = (self.from.unwrap_or(0), self.to.unwrap_or(whole.end));
                if start >= end {
                    bail!("--from has to be before --to, and before the end of the trace");
                }
                Time { start, end }
            }
        };
        let window = window.and(whole);
        if window.length() == 0 {
            bail!(
                "the window is empty: the trace ends after {}",
                super::amounts::time(trace.length)
            );
        }
        Ok(window)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_a_unit() {
        for (text, time) in [
            ("981ms", 981_000_000),
            ("1.5s", 1_500_000_000),
            ("40us", 40_000),
            ("7ns", 7),
        ] {
            assert_eq!(nanoseconds(text), Ok(time));
        }
        for text in ["981", "s", "-1s", "1h", "", "NaNs"] {
            let error = nanoseconds(text).expect_err(text);
            assert!(error.contains("is no time such as"), "{error}");
        }
    }
}
