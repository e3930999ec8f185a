//! `{{#chart CHAPTER SECTION COLUMN Caption}}`: bars for one column of what a section printed.
//!
//! A table of numbers says how long each took; bars say at a glance which one is out of line. Both come from the
//! same capture, so that neither can contradict the other. [`readings`] takes the numbers out of the capture,
//! [`groups`] puts together what is compared, [`scale`] lays an axis under it, [`mod@unit`] writes numbers for people
//! and [`svg`] draws.

mod groups;
mod readings;
mod scale;
mod svg;
mod unit;

use anyhow::{Context as _, bail};

use super::commands::Found;
use super::html;
use course::Course;

pub fn expand(course: &Course, arguments: &str) -> anyhow::Result<String> {
    let mut rest = arguments;
    let mut words = [""; 3];
    for word in &mut words {
        (*word, rest) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = rest.trim_start();
    }
    let [chapter, section, column] = words;
    if rest.is_empty() {
        bail!(
            "it takes a chapter, a section, a column of its output and a caption, \
             as in `{{{{#chart 04-benchmarks rooms-json ns/op Three ways to write the rooms}}}}`"
        );
    }
    let found = Found::new(course, chapter, section)?;
    let readings = readings::of(&found.capture()?, column)
        .with_context(|| format!("in {}", found.capture_path().display()))?;
    let drawing = svg::draw(&svg::Chart {
        id: &format!("{chapter}-{section}-{column}"),
        caption: rest,
        column,
        readings: &readings,
    });
    Ok(format!(
        "<figure class=\"drawing chart\"><div class=\"drawing-scroll\" tabindex=\"0\">{drawing}</div>\
         <figcaption>{} <span>{}</span></figcaption></figure>",
        html::text(rest),
        html::text(&found.source())
    ))
}
