//! What a request asks for.

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::sampling::cpu::Settings;
use crate::server::query::{OF_THE_SCRIPT, SECONDS, number, pairs};

pub(in crate::server::profiles) const HZ: RangeInclusive<u32> = 1..=1000;

/// As Go's page.
const DEFAULT_SECONDS: u64 = 30;

/// Go's page takes 100. With 99, the samples do not keep step with what the service itself does ten or a hundred times
/// a second.
const DEFAULT_HZ: u32 = 99;

#[derive(Debug)]
pub(super) struct Parameters {
    pub(super) settings: Settings,
    pub(super) symbolize: bool,
}

impl Parameters {
    /// Of `profile`.
    pub(super) fn of_profile(query: &str) -> Result<Self, String> {
        Self::parse(query, &["seconds", "hz", "symbolize", "compare"], &[])
    }

    /// Of `flamegraph`.
    pub(super) fn of_flamegraph(query: &str) -> Result<Self, String> {
        Self::parse(query, &["seconds", "hz", "type"], &OF_THE_SCRIPT)
    }

    fn parse(query: &str, known: &[&str], passed_over: &[&str]) -> Result<Self, String> {
        let mut parameters = Self {
            settings: Settings {
                duration: Duration::from_secs(DEFAULT_SECONDS),
                hz: DEFAULT_HZ,
                compare: false,
            },
            symbolize: true,
        };
        for pair in pairs(query, known, passed_over) {
            let (name, value) = pair?;
            let settings = &mut parameters.settings;
            match name {
                "seconds" => {
                    settings.duration = Duration::from_secs(number(name, value, SECONDS)?);
                }
                "hz" => settings.hz = number(name, value, HZ)?,
                "symbolize" => parameters.symbolize = number(name, value, 0..=1)? == 1,
                "compare" => settings.compare = number(name, value, 0..=1)? == 1,
                // `type=cpu`, which has led here.
                _ => {}
            }
        }
        Ok(parameters)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_a_default() {
        let asked = Parameters::of_profile("").expect("nothing is wrong");
        assert_eq!(
            (asked.settings.duration.as_secs(), asked.settings.hz),
            (30, 99)
        );
        assert!(asked.symbolize && !asked.settings.compare);
        let asked = Parameters::of_profile("seconds=5&hz=1000&symbolize=0&compare=1");
        let asked = asked.expect("nothing is wrong");
        assert_eq!(
            (asked.settings.duration.as_secs(), asked.settings.hz),
            (5, 1000)
        );
        assert!(!asked.symbolize && asked.settings.compare);
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_right() {
        for (query, told) in [
            ("seconds=0", "from 1 to 300"),
            ("seconds=301", "from 1 to 300"),
            ("seconds=-1", "from 1 to 300"),
            ("seconds=1.5", "seconds=\"1.5\" is no whole number"),
            ("seconds", "from 1 to 300"),
            ("hz=0", "from 1 to 1000"),
            ("hz=1001", "from 1 to 1000"),
            ("symbolize=no", "from 0 to 1"),
            (
                "second=5",
                "no parameter \"second\"; this page has seconds, hz, symbolize, compare.",
            ),
            ("debug=1", "no parameter \"debug\""),
            ("x=1", "no parameter"),
        ] {
            let reason = Parameters::of_profile(query).expect_err(query);
            assert!(reason.contains(told), "{query}: {reason}");
        }
        assert!(Parameters::of_flamegraph("seconds=1&x=10&y=3&s=sha2").is_ok());
        assert!(Parameters::of_flamegraph("symbolize=0").is_err());
    }
}
