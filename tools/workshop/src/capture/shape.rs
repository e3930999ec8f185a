//! The shape of an output: what stays the same from run to run and from machine to machine.
//!
//! Two outputs have the same shape if they are equal after these steps, line by line:
//!
//! 1. What varies is replaced by a word in angle brackets:
//!
//!    | what                                          | becomes      |
//!    |-----------------------------------------------|--------------|
//!    | a uuid                                        | `<id>`       |
//!    | a JSON web token                              | `<token>`    |
//!    | RFC 3339 and HTTP times, times of the day     | `<time>`     |
//!    | a date                                        | `<date>`     |
//!    | an IP address or `localhost`, with its port   | `<address>`  |
//!    | an absolute path of the machine, `~/…`        | `<path>`     |
//!    | a number with a unit of time: `3 ms`, `1m 2s` | `<duration>` |
//!    | a number of bytes: `12 MiB`                   | `<size>`     |
//!    | a version: `v1.2.3`                           | `<version>`  |
//!    | `0x7f…`, or twelve and more hex digits        | `<hex>`      |
//!    | any other number; a sign and separators of    | `<n>`        |
//!    | thousands belong to it: `-1,234.5`            |              |
//!
//!    So the unit of a duration or size is left out (900 µs may be 1.1 ms next time), that of a rate
//!    or ratio stays: `<n>/s`, `<n>%`, `<n>x`. Digits within a word (`HS256`, `0002_index.sql`) stay.
//! 2. Runs of spaces become one space and none at the ends, so columns may get wider; a rule of `---`,
//!    `===` or `───` counts as one of three, and a bar of block characters as one.
//! 3. Three or more lines in a row with the same shape count as "three or more", if something in them was
//!    replaced: how many samples or log lines there are varies. All other lines are counted. What must have
//!    an exact number of rows belongs into a section marked `exact`, which is compared verbatim.

use std::sync::LazyLock;

use regex::{Captures, Regex};

/// From how many lines of the same shape on their number does not matter.
const MANY: usize = 3;

/// A line, or a run of lines, of a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    pub shape: String,
    /// The first line of the output that has this shape here, for messages.
    pub line: String,
}

/// The shape of an output.
pub fn of(output: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    let mut lines = output.lines().peekable();
    while let Some(line) = lines.next() {
        let (shape, varies) = of_line(line);
        let mut run = vec![line];
        while let Some(next) = lines.next_if(|next| varies && of_line(next).0 == shape) {
            run.push(next);
        }
        if run.len() >= MANY {
            items.push(Item {
                shape: format!("{shape} (three or more lines of this shape)"),
                line: line.to_owned(),
            });
        } else {
            items.extend(run.into_iter().map(|line| Item {
                shape: shape.clone(),
                line: line.to_owned(),
            }));
        }
    }
    items
}

/// A line's shape, and whether something in it was replaced.
fn of_line(line: &str) -> (String, bool) {
    let elided = VARYING.replace_all(line, |found: &Captures<'_>| {
        let name = VARYING
            .capture_names()
            .flatten()
            .find(|name| found.name(name).is_some())
            .expect("every alternative of the pattern is a named group");
        match name {
            "times" => "<n>x".to_owned(),
            name => format!("<{name}>"),
        }
    });
    let varies = elided != line;
    let ruled = RULE.replace_all(&elided, "---");
    let barred = BAR.replace_all(&ruled, "█");
    let words: Vec<&str> = barred.split_whitespace().collect();
    (words.join(" "), varies)
}

static VARYING: LazyLock<Regex> = LazyLock::new(|| {
    let number = r"[-+]?\b\d+(?:[,_']\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?";
    let duration = format!(r"{number}\s?(?:ns|µs|μs|us|ms|s|min|m|h)\b");
    let pattern = format!(
        r"(?x)
          (?<id> \b[0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}}\b )
        | (?<token> \beyJ[\w-]+\.[\w-]+\.[\w-]+ )
        | (?<time>
              \b\d{{4}}-\d\d-\d\d[T\x20]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[-+]\d\d:?\d\d)?
            | \b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),\x20\d\d\x20\w{{3}}\x20\d{{4}}\x20\d\d:\d\d:\d\d\x20GMT
            | \b\d\d:\d\d:\d\d(?:\.\d+)?\b )
        | (?<date> \b\d{{4}}-\d\d-\d\d\b )
        | (?<address> (?:\b\d{{1,3}}(?:\.\d{{1,3}}){{3}}|\[::1?\])(?::\d+)?\b | \blocalhost:\d+\b )
        | (?<path> (?:~|/(?:etc|home|opt|private|root|tmp|usr|var|Users))(?:/[\w.@+%-]+)+/? )
        | (?<duration> {duration}(?:\s?{duration})* )
        | (?<size> {number}\s?(?:[KMGT]iB|[kKMGT]?B|bytes?)\b )
        | (?<version> \bv?\d+\.\d+\.\d+(?:[-+][\w.+-]*)?\b )
        | (?<hex> \b0x[0-9a-fA-F]+\b | \b[0-9a-f]{{12,}}\b )
        | (?<times> {number}\s?[x×] )
        | (?<n> {number}[kMG]?\b )
        "
    );
    Regex::new(&pattern).expect("the pattern is valid")
});

static RULE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"-{3,}|={3,}|─{3,}|━{3,}").expect("the pattern is valid"));

static BAR: LazyLock<Regex> = LazyLock::new(|| Regex::new("[▁-▏]+").expect("the pattern is valid"));

#[cfg(test)]
mod tests {
    use super::*;

    fn line(text: &str) -> String {
        of_line(text).0
    }

    fn same(one: &str, other: &str) -> bool {
        let shapes = |text| {
            of(text)
                .into_iter()
                .map(|item| item.shape)
                .collect::<Vec<_>>()
        };
        shapes(one) == shapes(other)
    }

    #[test]
    fn numbers_go_and_words_with_digits_stay() {
        assert_eq!(
            line("crates: 1,234 (-5 %, 12.5e3)"),
            "crates: <n> (<n> %, <n>)"
        );
        assert_eq!(line("HS256 and 0002_index.sql"), "HS256 and 0002_index.sql");
        assert_eq!(line("37.5% of 3.9k/s, 20.4x"), "<n>% of <n>/s, <n>x");
        assert_eq!(
            line("rev 3f2a9c1b77d0e4, at 0x7ffeA0"),
            "rev <hex>, at <hex>"
        );
    }

    #[test]
    fn the_unit_of_a_duration_or_size_does_not_matter() {
        for text in ["900 µs", "1.2ms", "3 s", "1m 30s", "2 min 3.5 s"] {
            assert_eq!(line(text), "<duration>", "{text}");
        }
        for text in ["12 B", "1.5 MiB", "300kB", "1,024 bytes"] {
            assert_eq!(line(text), "<size>", "{text}");
        }
        assert_eq!(line("3 seats, 5 months"), "<n> seats, <n> months");
    }

    #[test]
    fn ids_and_times_go() {
        assert_eq!(line("id 7d444840-9dc0-11d1-b245-5ffdce74fad2."), "id <id>.");
        assert_eq!(
            line(r#"{"token":"eyJhbGc.eyJzdWI.s-_g"}"#),
            r#"{"token":"<token>"}"#
        );
        assert_eq!(
            line("at 2026-11-22T10:00:01.123Z on 2026-11-22"),
            "at <time> on <date>"
        );
        assert_eq!(
            line("2026-11-22 10:00:01+01:00 and 10:00:01.5"),
            "<time> and <time>"
        );
        assert_eq!(line("date: Sun, 22 Nov 2026 10:00:01 GMT"), "date: <time>");
    }

    #[test]
    fn paths_ports_and_versions_go() {
        assert_eq!(
            line("open /tmp/x.abc/a-b.db, ~/.cargo/bin/"),
            "open <path>, <path>"
        );
        assert_eq!(line("GET /auth/login 200"), "GET /auth/login <n>");
        assert_eq!(
            line("http://127.0.0.1:8080/rooms"),
            "http://<address>/rooms"
        );
        assert_eq!(
            line("http://localhost:80 [::1]:5"),
            "http://<address> <address>"
        );
        assert_eq!(line("axum v0.8.6, 2.0.0-rc.1"), "axum <version>, <version>");
    }

    #[test]
    fn columns_rules_and_bars_may_get_wider() {
        assert!(same(
            "  a |   9 ms |\n----+-----",
            "a | 1,000 ms |\n------+--------"
        ));
        assert!(same("cpu ███▌ 35 %", "cpu ██████ 60 %"));
        assert!(!same("a b", "ab"));
    }

    #[test]
    fn lines_are_counted_unless_they_are_a_run_of_samples() {
        assert!(!same("before: 1\nafter: 2", "before: 1"));
        assert!(!same("Green\nGreen\nGreen", "Green\nGreen\nGreen\nGreen"));
        assert!(!same("row 1", "row 1\nrow 2"));
        assert!(same("row 1\nrow 2\nrow 3", "row 1\nrow 2\nrow 3\nrow 4"));
    }
}
