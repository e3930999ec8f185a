//! Draws the bars. Lengths are units of the drawing, which the page scales to its width.
//!
//! Colours and fonts are the theme's, in `book/theme/workshop.css`.

use std::fmt::Write as _;

use super::groups::{Group, groups, told};
use super::readings::Reading;
use super::scale::Scale;
use super::unit::Unit;
use crate::book::preprocessor::html;

/// What is to be drawn.
#[derive(Debug)]
pub struct Chart<'a> {
    /// Tells the chart from others on the page.
    pub id: &'a str,
    pub caption: &'a str,
    pub column: &'a str,
    pub readings: &'a [Reading],
}

/// As wide as the book's other drawings, so that text has the same size in all of them.
const WIDTH: f64 = 800.0;
/// Names are long paths at worst; then the drawing grows rather than leave the bars no room.
const LEAST_BARS: f64 = 360.0;
/// How wide a letter of a name is, which is monospaced, and of a value at most.
const NAME_LETTER: f64 = 8.5;
const VALUE_LETTER: f64 = 8.0;
/// Between the bars' start and what is written before it, and between their end and the value.
const GAP: f64 = 12.0;

const BAR: f64 = 16.0;
/// From one bar to the next.
const ROW: f64 = 25.0;
const BETWEEN_GROUPS: f64 = 16.0;

/// How many colours the style sheet has for series.
const COLOURS: usize = 5;

/// The chart as one line of the page.
pub fn draw(chart: &Chart<'_>) -> String {
    let unit = Unit::of(chart.column);
    let values = chart
        .readings
        .iter()
        .map(|reading| unit.basic(reading.value));
    let values: Vec<_> = values.collect();
    let groups = groups(chart.readings);
    let mut plot = Plot::new(&unit, &values, &groups);

    let mut y = 4.0;
    for (index, (name, members)) in groups.iter().enumerate() {
        if index > 0 {
            y += BETWEEN_GROUPS;
        }
        if let Some(name) = name {
            plot.text("group", plot.left - GAP, y + 14.0, name);
            y += ROW;
        }
        for &(reading, series) in members {
            // A group alone has no other to look for the same series in, and one colour is calmer.
            let colour = if groups.len() > 1 {
                series % COLOURS
            } else {
                0
            };
            plot.bar(y, reading, colour);
            y += ROW;
        }
    }
    let bars = std::mem::take(&mut plot.drawing);
    let bottom = y + 2.0;
    plot.grid(bottom, &values);
    let notes = notes(&plot.scale, &values);
    plot.text("axis", plot.left, bottom + 46.0, unit.title());
    if let Some(notes) = &notes {
        plot.text("axis", plot.left, bottom + 65.0, notes);
    }

    let id = identifier(chart.id);
    format!(
        "<svg viewBox=\"0 0 {:.1} {:.1}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\">\
         <title id=\"{id}-title\">{}</title><desc id=\"{id}-desc\">{}</desc>{}{bars}</svg>",
        plot.left + plot.bars + plot.right,
        bottom + if notes.is_some() { 72.0 } else { 53.0 },
        html::text(chart.caption),
        html::text(&told(&groups, &unit, notes.as_deref())),
        plot.drawing,
    )
}

/// Where bars lie, and what is drawn of them so far.
struct Plot<'a> {
    unit: &'a Unit<'a>,
    scale: Scale,
    /// How wide the names are, the longest bar, and the values behind it.
    left: f64,
    bars: f64,
    right: f64,
    drawing: String,
}

impl<'a> Plot<'a> {
    fn new(unit: &'a Unit<'a>, values: &[f64], groups: &[Group<'_>]) -> Self {
        let names = groups.iter().flat_map(|(name, members)| {
            let members = members.iter().map(|(reading, _)| &*reading.series);
            members.chain(*name).map(|name| name.chars().count())
        });
        let amounts = values
            .iter()
            .map(|value| unit.readable(*value).chars().count());
        let left = names.max().unwrap_or(0) as f64 * NAME_LETTER + GAP;
        let right = amounts.max().unwrap_or(0) as f64 * VALUE_LETTER + GAP;
        Self {
            unit,
            scale: Scale::of(values, unit),
            left,
            bars: (WIDTH - left - right).max(LEAST_BARS),
            right,
            drawing: String::new(),
        }
    }

    fn x(&self, value: f64) -> f64 {
        self.left + self.scale.position(value) * self.bars
    }

    /// A bar between its name and its value. A ring stands for zero: a bar without length would look forgotten.
    fn bar(&mut self, y: f64, reading: &Reading, colour: usize) {
        let value = self.unit.basic(reading.value);
        let left = self.left;
        let mut end = self.x(value);
        self.text("name", left - GAP, y + 13.0, &reading.series);
        if value == 0.0 {
            let middle = y + BAR / 2.0;
            self.push(format_args!(
                "<circle class=\"zero\" cx=\"{left:.1}\" cy=\"{middle:.1}\" r=\"4\"/>"
            ));
            end += 4.0;
        } else {
            let outline = outline(left, y, (end - left).max(1.0));
            self.push(format_args!(
                "<path class=\"series-{colour}\" d=\"{outline}\"/>"
            ));
        }
        let amount = self.unit.readable(value);
        self.text("amount", end + 8.0, y + 13.0, &amount);
    }

    /// Lines at the ticks, and what they stand for.
    fn grid(&mut self, bottom: f64, values: &[f64]) {
        // A logarithmic axis may begin at a tenth of the smallest value, and there is no tenth of an allocation.
        let has_fractions = values.iter().any(|value| *value > 0.0 && *value < 1.0);
        for (index, tick) in self.scale.ticks.clone().into_iter().enumerate() {
            let x = self.x(tick);
            let class = if index == 0 { "start" } else { "line" };
            self.push(format_args!(
                "<path class=\"{class}\" d=\"M{x:.1} 0V{bottom:.1}\"/>"
            ));
            if tick == 0.0 || tick >= 0.999 || has_fractions {
                let tick = self.unit.tick(tick);
                self.text("tick", x, bottom + 20.0, &tick);
            }
        }
    }

    fn text(&mut self, class: &str, x: f64, y: f64, content: &str) {
        let content = html::text(content);
        self.push(format_args!(
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{content}</text>"
        ));
    }

    fn push(&mut self, piece: std::fmt::Arguments<'_>) {
        let written = self.drawing.write_fmt(piece);
        written.expect("writing to a string does not fail");
    }
}

/// What must be known to read a logarithmic axis.
fn notes(scale: &Scale, values: &[f64]) -> Option<String> {
    let mut notes = format!(
        "logarithmic: each line is {:.0} times the one before it",
        scale.factor?
    );
    if values.contains(&0.0) {
        notes.push_str("; a ring is zero");
    }
    Some(notes)
}

/// A bar's outline: square where it begins and round where it ends, since its end is what is read.
fn outline(x: f64, y: f64, length: f64) -> String {
    let radius = length.min(3.0);
    let straight = length - radius;
    let side = BAR - 2.0 * radius;
    format!(
        "M{x:.1} {y:.1}h{straight:.1}q{radius:.1} 0 {radius:.1} {radius:.1}v{side:.1}\
         q0 {radius:.1} -{radius:.1} {radius:.1}h-{straight:.1}z"
    )
}

/// A name that `aria-labelledby` can refer to: without spaces, and without what Markdown would read.
fn identifier(id: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    format!("chart-{}", id.chars().map(letter).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(group: Option<&str>, series: &str, value: f64) -> Reading {
        Reading {
            group: group.map(str::to_owned),
            series: series.to_owned(),
            value,
        }
    }

    fn drawn(column: &str, readings: &[Reading]) -> String {
        draw(&Chart {
            id: "04-benchmarks-json-ns/op",
            caption: "A <b> & \"c\" *d*",
            column,
            readings,
        })
    }

    #[test]
    fn it_is_one_line_without_what_html_or_markdown_would_read() {
        let svg = drawn("ns/op", &[reading(None, "<i>_x_\n{{#code y}}", 5.0)]);
        for refused in ["\n", "<i>", "<b>", "_x_", "*d*", "{{", "\"c\""] {
            assert!(!svg.contains(refused), "{refused}: {svg}");
        }
        assert!(
            svg.contains("id=\"chart-04-benchmarks-json-ns-op-title\">A &#60;b&#62;"),
            "{svg}"
        );
    }

    #[test]
    fn a_series_keeps_its_colour_from_group_to_group() {
        let readings = [
            reading(Some("1"), "a", 1.0),
            reading(Some("1"), "b", 1.0),
            reading(Some("2"), "b", 1.0),
        ];
        let svg = drawn("ns/op", &readings);
        assert_eq!(svg.matches("\"series-0\"").count(), 1);
        assert_eq!(svg.matches("\"series-1\"").count(), 2);
        let svg = drawn("ms", &[reading(None, "a", 1.0), reading(None, "b", 2.0)]);
        assert_eq!(svg.matches("\"series-0\"").count(), 2);
    }

    #[test]
    fn zero_is_a_ring_and_a_logarithmic_axis_says_so() {
        let readings = [("a", 0.0), ("b", 1.0), ("c", 500.0)];
        let svg = drawn(
            "allocs/op",
            &readings.map(|(name, value)| reading(None, name, value)),
        );
        assert_eq!(svg.matches("<circle").count(), 1);
        assert_eq!(svg.matches("class=\"axis\"").count(), 2);
        assert!(svg.contains("each line is 10 times the one before it&#59; a ring is zero"));
        // The axis begins at a tenth, which has a line and no label.
        assert_eq!(svg.matches("class=\"tick\"").count(), 3);
        assert!(!drawn("allocs/op", &[reading(None, "a", 0.0)]).contains("logarithmic"));
    }
}
