//! What comes from outside, parsed once at the edge: behind these types a value is known to be right.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};
use time::{Date, format_description::BorrowedFormatItem, macros::format_description};

const DAY: &[BorrowedFormatItem<'_>] =
    format_description!("[year repr:full padding:zero sign:automatic]-[month]-[day]");

/// A day of the calendar, `YYYY-MM-DD` in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day(pub Date);

/// The text is not a day of the calendar.
#[derive(Debug)]
pub struct NotADay;

impl Day {
    /// Parses `YYYY-MM-DD`.
    ///
    /// # Errors
    /// When the text has another form or names a day that does not exist.
    pub fn parse(text: &str) -> Result<Self, NotADay> {
        if text.len() != "YYYY-MM-DD".len() {
            return Err(NotADay);
        }
        Date::parse(text, DAY).map(Self).map_err(|_| NotADay)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.format(DAY).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for Day {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A user's name: 3 to 64 characters, none of them invisible.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Username(pub String);

impl TryFrom<String> for Username {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let length = text.chars().count();
        if !(3..=64).contains(&length) {
            return Err(format!(
                "`username` has {length} characters: expected 3 to 64"
            ));
        }
        if text.chars().any(char::is_control) || text.trim() != text {
            return Err("`username` has control characters or space around it".to_owned());
        }
        Ok(Self(text))
    }
}

/// An e-mail address, in lower case since that is how people compare them.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct Email(pub String);

impl TryFrom<String> for Email {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let is_address = |(name, domain): (&str, &str)| {
            !name.is_empty() && !domain.is_empty() && !domain.contains('@')
        };
        let is_clean = !text.chars().any(|c| c.is_control() || c.is_whitespace());
        if text.chars().count() > 254 || !is_clean || !text.split_once('@').is_some_and(is_address)
        {
            return Err("`email` is not an e-mail address such as name@example.com".to_owned());
        }
        Ok(Self(text.to_lowercase()))
    }
}

/// A password as it was typed; it is never logged.
#[derive(Clone, Deserialize)]
#[serde(try_from = "String")]
pub struct Password(String);

impl Password {
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Password {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.chars().count() {
            8..=128 => Ok(Self(text)),
            length => Err(format!(
                "`password` has {length} characters: expected 8 to 128"
            )),
        }
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_ten_characters_and_exists() {
        assert_eq!(Day::parse("2028-02-29").unwrap().to_string(), "2028-02-29");
        assert_eq!(Day::parse("0001-01-01").unwrap().to_string(), "0001-01-01");
        for wrong in [
            "2027-02-29",
            "2027-13-01",
            "27-01-01",
            "2027-1-1",
            "+2027-01-1",
            "-001-01-01",
            "2027/01/01",
            "",
        ] {
            assert!(Day::parse(wrong).is_err(), "{wrong} was taken for a day");
        }
    }

    #[test]
    fn an_email_has_a_name_and_a_domain() {
        assert_eq!(
            Email::try_from("Ann@Example.com".to_owned()).unwrap().0,
            "ann@example.com"
        );
        for wrong in ["", "ann", "@example.com", "ann@", "a@b@c", "a b@c", "a\0@b"] {
            assert!(
                Email::try_from(wrong.to_owned()).is_err(),
                "{wrong:?} was taken for an address"
            );
        }
    }

    #[test]
    fn a_username_is_visible() {
        assert!(Username::try_from("ipesenti".to_owned()).is_ok());
        for wrong in ["", "ab", " ann", "an\0n"] {
            assert!(
                Username::try_from(wrong.to_owned()).is_err(),
                "{wrong:?} was taken for a name"
            );
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let password = Password::try_from("abcd1234!!".to_owned()).unwrap();
        assert_eq!(format!("{password:?}"), "[redacted]");
        assert!(Password::try_from("short".to_owned()).is_err());
    }
}
