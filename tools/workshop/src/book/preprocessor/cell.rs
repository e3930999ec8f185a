//! One cell of a table in a file that a benchmark has written.
//!
//! Its columns are set off by two spaces or more and end below each other, so a value belongs to the heading that ends
//! where it does:
//!
//! ```text
//! heap samples          jemalloc   counted, sampled      added
//! nothing installed         6.61               8.40       1.78
//! ```

use anyhow::{Context as _, bail};

/// The value of the line that begins with `row`, below the nearest heading `column` above it.
pub fn cell<'a>(text: &'a str, row: &str, column: &str) -> anyhow::Result<&'a str> {
    let mut end = None;
    let mut found = Vec::new();
    for line in text.lines() {
        let columns = columns(line);
        if let Some((at, _)) = columns.iter().find(|(_, text)| *text == column) {
            end = Some(*at);
        } else if columns.first().is_some_and(|(_, text)| *text == row) {
            let end = end.with_context(|| format!("no column `{column}` stands above `{row}`"))?;
            let value = columns.into_iter().find(|(at, _)| *at == end);
            let (_, value) = value.with_context(|| format!("`{row}` has no `{column}`"))?;
            found.push(value);
        }
    }
    match *found {
        [value] => Ok(value),
        [] => bail!("no line begins with `{row}`"),
        _ => bail!("several lines begin with `{row}`"),
    }
}

/// The columns of a line, each with the place where it ends, in characters.
fn columns(line: &str) -> Vec<(usize, &str)> {
    let mut columns = Vec::new();
    let mut rest = line;
    let mut at = 0;
    while !rest.is_empty() {
        let text = rest.trim_start();
        at += rest.chars().count() - text.chars().count();
        let length = text.find("  ").unwrap_or(text.trim_end().len());
        let (column, after) = text.split_at(length);
        at += column.chars().count();
        if !column.is_empty() {
            columns.push((at, column));
        }
        rest = after;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
in microseconds, all of it

turn    without    at 99 Hz
   1     1157.8       996.1

added, %               -2.8

                  without
open, a route       171.4
";

    #[test]
    fn a_value_is_found_by_its_row_and_its_column() {
        for (row, column, value) in [
            ("1", "without", "1157.8"),
            ("added, %", "at 99 Hz", "-2.8"),
            ("open, a route", "without", "171.4"),
        ] {
            assert_eq!(cell(TABLE, row, column).unwrap(), value);
        }
        for (row, column, part) in [
            ("added, %", "without", "has no `without`"),
            ("2", "without", "no line begins with `2`"),
            ("1", "at 9 Hz", "no column `at 9 Hz`"),
        ] {
            let error = cell(TABLE, row, column).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
        let error = cell(&TABLE.repeat(2), "1", "without").unwrap_err();
        assert!(error.to_string().contains("several"), "{error}");
    }
}
