//! Takes one column out of a capture that has the form of Go's benchmarks.
//!
//! ```text
//! BenchmarkRooms/from_reader/999-rooms    14    70512345 ns/op    2196225 B/op    8030 allocs/op
//! ```
//!
//! Other captures may name each value in the form of the workshop's own reports, `label: 17.7 ms 888 /s`.

use anyhow::{bail, ensure};

/// One bar.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    /// What bars are grouped by: the input's size, and the benchmark's name where there are several.
    pub group: Option<String>,
    /// What is compared within a group.
    pub series: String,
    /// In the unit that is the column's name.
    pub value: f64,
}

/// The column's readings in the capture's order.
pub fn of(capture: &str, column: &str) -> anyhow::Result<Vec<Reading>> {
    let mut lines = Vec::new();
    for (index, line) in capture.lines().enumerate() {
        lines.extend(benchmark(index + 1, line)?);
    }
    let are_benchmarks = !lines.is_empty();
    if !are_benchmarks {
        lines.extend(capture.lines().filter_map(labelled));
    }
    ensure!(
        !lines.is_empty(),
        "there is nothing to draw: it has neither a line `BenchmarkName/series/size 14 70512345 ns/op` nor a line \
         `label: 17.7 ms`. Name a section that prints such lines"
    );

    let mut units: Vec<&str> = Vec::new();
    for (_, unit) in lines.iter().flat_map(|line| &line.values) {
        if !units.contains(unit) {
            units.push(unit);
        }
    }
    ensure!(
        units.contains(&column),
        "there is no column `{column}`; its columns are {}",
        units.join(", ")
    );

    let several = lines.iter().any(|line| line.name != lines[0].name);
    let mut readings: Vec<Reading> = Vec::new();
    for line in &lines {
        let Some((value, _)) = line.values.iter().find(|(_, unit)| *unit == column) else {
            // A report has lines of many kinds; of benchmarks one would miss the bar.
            ensure!(
                !are_benchmarks,
                "`{}` has no `{column}`, and other lines have it",
                line.shown
            );
            continue;
        };
        let group: Vec<_> = line
            .name
            .filter(|_| several)
            .into_iter()
            .chain(line.size)
            .collect();
        let reading = Reading {
            group: (!group.is_empty()).then(|| group.join(" · ")),
            series: line.series.clone(),
            value: *value,
        };
        let is_same =
            |other: &&Reading| (&other.group, &other.series) == (&reading.group, &reading.series);
        if readings.iter().any(|other| is_same(&other)) {
            bail!(
                "`{}` is there more than once: a bar shows one value, so print one line for each",
                line.shown
            );
        }
        readings.push(reading);
    }
    Ok(readings)
}

/// A line with values, taken apart.
#[derive(Debug)]
struct Line<'a> {
    /// All that stands before the values.
    shown: &'a str,
    /// The benchmark, unless it is what is compared.
    name: Option<&'a str>,
    series: String,
    size: Option<&'a str>,
    values: Vec<(f64, &'a str)>,
}

/// A line of a benchmark. Its name and count of runs tell it from prose, and after these it must be right.
fn benchmark(number: usize, line: &str) -> anyhow::Result<Option<Line<'_>>> {
    let words: Vec<_> = line.split_whitespace().collect();
    let [shown, runs, ref rest @ ..] = words[..] else {
        return Ok(None);
    };
    let Some(name) = shown
        .strip_prefix("Benchmark")
        .filter(|name| !name.is_empty())
    else {
        return Ok(None);
    };
    if runs.parse::<u64>().is_err() {
        return Ok(None);
    }
    let Some(values) = values(rest) else {
        bail!(
            "line {number} names a benchmark and its runs, and then must have pairs of a value and a unit, \
             as `70512345 ns/op`"
        );
    };
    let parts: Vec<_> = name.split('/').collect();
    let (name, series, size) = match *parts {
        [name] => (None, name.to_owned(), None),
        [name, series] => (Some(name), series.to_owned(), None),
        [name, ref series @ .., size] => (Some(name), series.join("/"), Some(size)),
        [] => unreachable!("splitting yields one part at least"),
    };
    Ok(Some(Line {
        shown,
        name,
        series,
        size,
        values,
    }))
}

/// `label: VALUE UNIT …`. Any other line of a report is none of ours.
fn labelled(line: &str) -> Option<Line<'_>> {
    let (label, rest) = line.trim().split_once(": ")?;
    Some(Line {
        shown: label,
        name: None,
        series: label.to_owned(),
        size: None,
        values: values(&rest.split_whitespace().collect::<Vec<_>>())?,
    })
}

/// Pairs of a value and its unit, of which there is one at least.
fn values<'a>(words: &[&'a str]) -> Option<Vec<(f64, &'a str)>> {
    let pair = |pair: &[&'a str]| {
        let &[value, unit] = pair else { return None };
        let value: f64 = value.parse().ok()?;
        // No length of a bar shows them.
        (value.is_finite() && value.is_sign_positive()).then_some((value, unit))
    };
    let pairs: Option<Vec<_>> = words.chunks(2).map(pair).collect();
    pairs.filter(|pairs| !pairs.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAPTURE: &str = "\
goos: linux
BenchmarkRooms/from_reader/1-rooms      9000      71000 ns/op     2200 B/op    9 allocs/op
BenchmarkRooms/from_slice/1-rooms      90000       7100.5 ns/op    0 B/op    0 allocs/op

BenchmarkRooms/from_reader/999-rooms      14   70512345 ns/op  2196225 B/op 8030 allocs/op
ok
";

    fn shown(capture: &str, column: &str) -> Vec<(String, String, f64)> {
        let readings = of(capture, column).unwrap().into_iter();
        readings
            .map(|reading| {
                (
                    reading.group.unwrap_or_default(),
                    reading.series,
                    reading.value,
                )
            })
            .collect()
    }

    fn reading(group: &str, series: &str, value: f64) -> (String, String, f64) {
        (group.to_owned(), series.to_owned(), value)
    }

    #[test]
    fn each_column_of_a_benchmark_can_be_had() {
        assert_eq!(
            shown(CAPTURE, "ns/op"),
            [
                reading("1-rooms", "from_reader", 71_000.0),
                reading("1-rooms", "from_slice", 7100.5),
                reading("999-rooms", "from_reader", 70_512_345.0),
            ]
        );
        let allocations: Vec<_> = of(CAPTURE, "allocs/op").unwrap();
        let allocations: Vec<_> = allocations.iter().map(|reading| reading.value).collect();
        assert_eq!(allocations, [9.0, 0.0, 8030.0]);
    }

    #[test]
    fn a_name_may_have_fewer_parts_or_more() {
        assert_eq!(
            shown("BenchmarkA/x 1 5 ns/op\nBenchmarkA/y 1 6 ns/op", "ns/op"),
            [reading("", "x", 5.0), reading("", "y", 6.0)]
        );
        assert_eq!(
            shown("BenchmarkA 1 5 ns/op\nBenchmarkB 1 6 ns/op", "ns/op"),
            [reading("", "A", 5.0), reading("", "B", 6.0)]
        );
        assert_eq!(
            shown("BenchmarkA/x/y/9 1 5 ns/op", "ns/op"),
            [reading("9", "x/y", 5.0)]
        );
    }

    #[test]
    fn several_benchmarks_are_told_apart() {
        assert_eq!(
            shown(
                "BenchmarkA/x/9 1 5 ns/op\nBenchmarkB/x/9 1 6 ns/op\nBenchmarkB/x 1 7 ns/op",
                "ns/op"
            ),
            [
                reading("A · 9", "x", 5.0),
                reading("B · 9", "x", 6.0),
                reading("B", "x", 7.0),
            ]
        );
    }

    #[test]
    fn labelled_values_serve_where_there_are_no_benchmarks() {
        let report = "load: bookings, 3 rounds\nsteps/01 here: 17.7 ms 888 /s\napp: 6.12 ms\np50 ratio: 2.79x\n";
        assert_eq!(
            shown(report, "ms"),
            [reading("", "steps/01 here", 17.7), reading("", "app", 6.12)]
        );
        assert_eq!(shown(report, "/s"), [reading("", "steps/01 here", 888.0)]);
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        for (capture, part) in [
            ("PASS\nBenchmarkA was skipped\n", "nothing to draw"),
            ("Benchmark 1 5 ns/op", "nothing to draw"),
            (
                "BenchmarkA 1 5 B/op 6 allocs/op",
                "no column `ns/op`; its columns are B/op, allocs/op",
            ),
            ("x\nBenchmarkA 1 5", "line 2 names a benchmark"),
            ("BenchmarkA 1", "line 1 names a benchmark"),
            ("BenchmarkA 1 NaN ns/op", "line 1 names a benchmark"),
            ("BenchmarkA 1 -5 ns/op", "line 1 names a benchmark"),
            (
                "BenchmarkA 1 5 ns/op\nBenchmarkB 1 5 B/op",
                "`BenchmarkB` has no `ns/op`",
            ),
            (
                "BenchmarkA/x 1 5 ns/op\nBenchmarkA/x 1 6 ns/op",
                "`BenchmarkA/x` is there more than once",
            ),
        ] {
            let error = of(capture, "ns/op").unwrap_err().to_string();
            assert!(error.contains(part), "{capture}: {error}");
        }
    }
}
