//! `{{#chart CHAPTER SECTION COLUMN CAPTION}}`: bars for one column of benchmarks that a section printed.
//!
//! A table of numbers says how long each took; bars say at a glance which one is out of line. Both come from the
//! same capture, so that neither can contradict the other. The lines have the form of Go's benchmarks:
//!
//! ```text
//! BenchmarkRooms/from_reader/999-rooms    14    70512345 ns/op    2196225 B/op    8030 allocs/op
//! ```
//!
//! The last part of the name groups the bars, what stands before it is compared within a group.

use anyhow::{Context as _, bail, ensure};
use terminal::{bytes, duration, grouped};

use super::commands::Found;
use super::directive::{Name, Page};
use super::html;

/// From this factor between the largest and the smallest value on, bars of true length show nothing of the small ones.
const LINEAR_SPAN: f64 = 30.0;

/// How many colours the style sheet has for series.
const COLOURS: usize = 5;

pub fn expand(page: &mut Page<'_>, arguments: &str) -> anyhow::Result<String> {
    let mut words = arguments.splitn(4, char::is_whitespace).map(str::trim);
    let (Some(chapter), Some(section), Some(column), Some(caption)) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Name::Chart.misused());
    };
    let found = Found::new(page, chapter, section)?;
    let capture = found.capture(page)?;
    let bars =
        bars(&capture, column).with_context(|| format!("in {}", found.capture_path().display()))?;
    Ok(format!(
        "<figure class=\"drawing chart\"><div class=\"drawing-scroll\" tabindex=\"0\">{}</div>\
         <figcaption>{} <span>{}</span></figcaption></figure>",
        table(&bars, column),
        html::text(caption),
        html::text(&found.source())
    ))
}

/// One bar.
#[derive(Debug, PartialEq)]
struct Bar<'a> {
    group: &'a str,
    series: &'a str,
    value: f64,
}

/// The column of all benchmarks in a capture.
fn bars<'a>(capture: &'a str, column: &str) -> anyhow::Result<Vec<Bar<'a>>> {
    let mut bars: Vec<Bar<'_>> = Vec::new();
    for line in capture.lines() {
        let mut words = line.split_whitespace();
        let Some(name) = words.next().and_then(|word| word.strip_prefix("Benchmark")) else {
            continue;
        };
        let [_, path @ ..] = &*name.split('/').collect::<Vec<_>>() else {
            continue;
        };
        let [series, group] = *path else {
            bail!("`Benchmark{name}` is not of the form BenchmarkNAME/SERIES/GROUP");
        };
        let values: Vec<&str> = words.skip(1).collect();
        let value = values.chunks(2).find(|pair| pair.get(1) == Some(&column));
        let value = value.and_then(|pair| pair[0].parse::<f64>().ok());
        let value = value.with_context(|| format!("`Benchmark{name}` has no `{column}`"))?;
        let bar = Bar {
            group,
            series,
            value,
        };
        let is_double = |other: &Bar<'_>| (other.group, other.series) == (group, series);
        ensure!(
            !bars.iter().any(is_double),
            "`Benchmark{name}` is there more than once"
        );
        bars.push(bar);
    }
    ensure!(
        !bars.is_empty(),
        "there is no line of a benchmark, so there is nothing to draw"
    );
    Ok(bars)
}

/// The bars as rows of a table: read aloud it tells the values, so that no other description is needed.
fn table(bars: &[Bar<'_>], column: &str) -> String {
    let axis = Axis::of(bars);
    let mut groups: Vec<&str> = bars.iter().map(|bar| bar.group).collect();
    let mut series: Vec<&str> = bars.iter().map(|bar| bar.series).collect();
    for names in [&mut groups, &mut series] {
        let mut seen = std::collections::BTreeSet::new();
        names.retain(|name| seen.insert(*name));
    }
    let (title, readable): (&str, fn(f64) -> String) = match column {
        "ns/op" => ("time per operation", duration),
        "B/op" => ("bytes allocated per operation", bytes),
        "allocs/op" => ("allocations per operation", |count| {
            grouped(format_args!("{count:.0}"))
        }),
        other => (other, |value| value.to_string()),
    };
    let mut rows = format!(
        "<tr><th></th><th scope=\"col\">{}{}</th></tr>",
        html::text(title),
        axis.note(bars)
    );
    for group in groups {
        rows += &format!(
            "<tr><th scope=\"rowgroup\" class=\"group\">{}</th><td></td></tr>",
            html::text(group)
        );
        for bar in bars.iter().filter(|bar| bar.group == group) {
            let colour = series
                .iter()
                .position(|name| *name == bar.series)
                .unwrap_or(0)
                % COLOURS;
            let class = if bar.value == 0.0 {
                "zero".to_owned()
            } else {
                format!("series-{colour}")
            };
            rows += &format!(
                "<tr><th scope=\"row\">{}</th><td><i class=\"{class}\" style=\"--length: {:.4}\"></i><b>{}</b></td></tr>",
                html::text(bar.series),
                axis.length(bar.value),
                html::text(&readable(bar.value))
            );
        }
    }
    format!("<table style=\"--step: {:.4}\">{rows}</table>", axis.step())
}

/// What the bars' lengths say.
#[derive(Debug)]
enum Axis {
    /// From nothing to the largest value.
    Linear { max: f64 },
    /// From one power of ten to the largest value; both are exponents.
    Logarithmic { from: f64, to: f64 },
}

impl Axis {
    fn of(bars: &[Bar<'_>]) -> Self {
        let positive = || {
            bars.iter()
                .map(|bar| bar.value)
                .filter(|value| *value > 0.0)
        };
        let max = positive().fold(0.0, f64::max);
        let min = positive().fold(f64::INFINITY, f64::min);
        if max <= min * LINEAR_SPAN {
            return Self::Linear { max };
        }
        let (from, to) = (min.log10(), max.log10());
        // A bar of the smallest value is to be seen.
        let from = if from.fract() < 0.2 {
            from.floor() - 1.0
        } else {
            from.floor()
        };
        Self::Logarithmic { from, to }
    }

    /// The part of the whole width that a value's bar takes.
    fn length(&self, value: f64) -> f64 {
        match self {
            _ if value == 0.0 => 0.0,
            Self::Linear { max } => value / max,
            Self::Logarithmic { from, to } => (value.log10() - from) / (to - from),
        }
    }

    /// How far the lines behind the bars are apart, as a part of the width.
    fn step(&self) -> f64 {
        match self {
            Self::Linear { .. } => 1.0,
            Self::Logarithmic { from, to } => 1.0 / (to - from),
        }
    }

    /// What must be known to read the bars.
    fn note(&self, bars: &[Bar<'_>]) -> String {
        let mut note = String::new();
        if matches!(self, Self::Logarithmic { .. }) {
            note += ", logarithmic: each line is ten times the one before it";
        }
        if bars.iter().any(|bar| bar.value == 0.0) {
            note += "; a ring is zero";
        }
        html::text(&note)
    }
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

    #[test]
    fn each_column_can_be_had() {
        let values = |column| {
            bars(CAPTURE, column)
                .unwrap()
                .iter()
                .map(|bar| bar.value)
                .collect::<Vec<_>>()
        };
        assert_eq!(values("ns/op"), [71_000.0, 7100.5, 70_512_345.0]);
        assert_eq!(values("allocs/op"), [9.0, 0.0, 8030.0]);
        let bars = bars(CAPTURE, "B/op").unwrap();
        assert_eq!(
            (bars[2].group, bars[2].series),
            ("999-rooms", "from_reader")
        );
    }

    #[test]
    fn what_cannot_be_drawn_is_refused() {
        for (capture, part) in [
            ("PASS\nBenchmarkA was skipped\n", "not of the form"),
            ("PASS\n", "nothing to draw"),
            ("BenchmarkA/x/1 1 5 B/op", "`BenchmarkA/x/1` has no `ns/op`"),
            (
                "BenchmarkA/x/1 1 five ns/op",
                "`BenchmarkA/x/1` has no `ns/op`",
            ),
            (
                "BenchmarkA/x/1 1 5 ns/op\nBenchmarkA/x/1 1 6 ns/op",
                "more than once",
            ),
        ] {
            let error = bars(capture, "ns/op").unwrap_err().to_string();
            assert!(error.contains(part), "{capture}: {error}");
        }
    }

    #[test]
    fn near_values_have_true_lengths_and_far_ones_a_logarithmic_axis() {
        let axis = |values: &[f64]| {
            let bars: Vec<_> = values
                .iter()
                .map(|&value| Bar {
                    group: "",
                    series: "",
                    value,
                })
                .collect();
            let axis = Axis::of(&bars);
            values
                .iter()
                .map(|value| axis.length(*value))
                .collect::<Vec<_>>()
        };
        assert_eq!(axis(&[0.0, 100.0, 400.0]), [0.0, 0.25, 1.0]);
        assert_eq!(axis(&[0.0, 0.0]), [0.0, 0.0]);
        let lengths = axis(&[300.0, 3_000.0, 3_000_000.0]);
        assert!(
            (lengths[1] - lengths[0] - lengths[2] / 4.477).abs() < 0.01,
            "{lengths:?}"
        );
        assert!(
            axis(&[1.0, 1000.0])[0] > 0.2,
            "the smallest bar is to be seen"
        );
    }

    #[test]
    fn a_series_keeps_its_colour_and_zero_is_a_ring() {
        let shown = table(&bars(CAPTURE, "allocs/op").unwrap(), "allocs/op");
        assert_eq!(shown.matches("\"series-0\"").count(), 2);
        assert_eq!(shown.matches("\"zero\"").count(), 1);
        for part in [
            "a ring is zero",
            "<b>8&#44;030</b>",
            "each line is ten times",
        ] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
    }
}
