//! What a request asks for, name by name.

use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Whether text is asked for where there is another form, too: by `debug=1`, as in Go. Go's second form of text, `debug=2`,
/// is the same here.
pub(super) fn is_text(query: Option<&str>) -> Result<bool, String> {
    let mut debug = 0;
    for pair in pairs(query.unwrap_or_default(), &["debug"], &[]) {
        let (name, value) = pair?;
        debug = number(name, value, 0..=2)?;
    }
    Ok(debug > 0)
}

/// What is asked for by its name alone, or with 1; 0 is as if it were not there.
#[cfg_attr(not(feature = "profile"), allow(dead_code, reason = "nobody asks"))]
pub(super) fn is_wanted(name: &str, value: &str) -> Result<bool, String> {
    match value {
        "" => Ok(true),
        value => Ok(number(name, value, 0..=1)? == 1),
    }
}

/// How long somebody may record, in seconds.
#[cfg_attr(not(feature = "profile"), allow(dead_code, reason = "nobody asks"))]
pub(super) const SECONDS: RangeInclusive<u64> = 1..=300;

/// What inferno's script adds to the address when somebody zooms or searches, so that loading it again shows the same.
#[cfg_attr(not(feature = "profile"), allow(dead_code, reason = "nobody asks"))]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_asked_for_by_a_number() {
        assert_eq!(is_text(None), Ok(false));
        assert_eq!(is_text(Some("debug=0")), Ok(false));
        assert_eq!(is_text(Some("debug=2")), Ok(true));
        let reason = is_text(Some("debug=3")).expect_err("no such text");
        assert!(reason.contains("from 0 to 2"), "{reason}");
        assert!(is_text(Some("seconds=1")).is_err());
    }

    #[test]
    fn a_name_alone_is_enough() {
        let wanted = |value| is_wanted("json", value);
        assert_eq!(
            [wanted(""), wanted("1"), wanted("0")],
            [Ok(true), Ok(true), Ok(false)]
        );
        assert!(wanted("yes").is_err());
    }
}
