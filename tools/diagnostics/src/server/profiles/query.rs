//! What a request asks for, name by name.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// How long somebody may record, in seconds.
pub(super) const SECONDS: RangeInclusive<u64> = 1..=300;

/// What inferno's script adds to the address when somebody zooms or searches, so that loading it again shows the same.
pub(super) const OF_THE_SCRIPT: [&str; 3] = ["x", "y", "s"];

/// The names and values of a query. A name that is not known is refused: a misspelt one would be a profile that nobody
/// wanted.
pub(super) fn pairs<'a>(
    query: &'a str,
    known: &'a [&str],
    passed_over: &'a [&str],
) -> impl Iterator<Item = Result<(&'a str, &'a str), String>> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .filter(|(name, _)| !passed_over.contains(name))
        .map(|(name, value)| {
            if known.contains(&name) {
                Ok((name, value))
            } else {
                Err(format!(
                    "There is no parameter {name:?}; this page has {}.",
                    known.join(", ")
                ))
            }
        })
}

pub(super) fn number<T>(name: &str, value: &str, range: RangeInclusive<T>) -> Result<T, String>
where
    T: FromStr + PartialOrd + Display,
{
    let number = value.parse().ok().filter(|number| range.contains(number));
    number.ok_or_else(|| {
        format!(
            "{name}={value:?} is no whole number from {} to {}.",
            range.start(),
            range.end()
        )
    })
}
