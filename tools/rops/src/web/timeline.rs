//! `rops trace web`: a timeline.

mod boxes;
mod flame;

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use hyper::StatusCode;
use rops::trace::{Drawn, Time, Trace, Track};
use serde::Serialize;

use super::Pages;
use super::answer::{Answer, HTML, JAVASCRIPT, json};

/// What the page consists of, beside what it has in common with that of a profile.
const FILES: &[(&str, &str, &str)] = &[
    (
        "/-/page.css",
        "text/css; charset=utf-8",
        include_str!("page/page.css"),
    ),
    (
        "/-/timeline.css",
        "text/css; charset=utf-8",
        include_str!("timeline/page/timeline.css"),
    ),
    (
        "/-/timeline.js",
        JAVASCRIPT,
        include_str!("timeline/page/timeline.js"),
    ),
    (
        "/-/tracks.js",
        JAVASCRIPT,
        include_str!("timeline/page/tracks.js"),
    ),
    (
        "/-/paint.js",
        JAVASCRIPT,
        include_str!("timeline/page/paint.js"),
    ),
    (
        "/-/side.js",
        JAVASCRIPT,
        include_str!("timeline/page/side.js"),
    ),
    (
        "/-/icon.svg",
        "image/svg+xml",
        include_str!("page/icon.svg"),
    ),
];
const PAGE: &str = include_str!("timeline/page/timeline.html");

/// A trace, as it is drawn.
pub struct Timeline {
    trace: Trace,
    tracks: Vec<Track>,
    title: String,
}

/// What the page has to know before it draws.
#[derive(Serialize)]
struct About<'a> {
    title: &'a str,
    /// Nanoseconds.
    length: u64,
    /// The summary, as text.
    summary: String,
    counters: Vec<Counter<'a>>,
}

/// A number from time to time.
#[derive(Serialize)]
struct Counter<'a> {
    name: &'a str,
    of: &'a str,
    values: &'a [(u64, f64)],
}

impl Timeline {
    /// A page of a trace.
    pub fn new(trace: Trace, title: String) -> Self {
        Self {
            tracks: trace.tracks(),
            trace,
            title,
        }
    }

    fn made(&self, path: &str, query: &str) -> anyhow::Result<Answer> {
        let asked = Asked(form_urlencoded::parse(query.as_bytes()).collect());
        match path {
            "/-/about" => json(&self.about()),
            "/-/boxes" => boxes::all(&self.trace, &self.tracks),
            "/-/box" => {
                let (_, drawn) = self.drawn(&asked)?;
                json(&self.trace.facts_of(drawn))
            }
            "/-/polls" => json(&self.polls(asked.number("request")?)?),
            "/-/why" => json(&self.trace.why(asked.number("request")?)?),
            "/-/flame" => {
                let (track, drawn) = self.drawn(&asked)?;
                json(&flame::of(&self.trace, track, drawn.time))
            }
            _ => bail!("there is no {path} here"),
        }
    }

    fn about(&self) -> About<'_> {
        let counters = self.trace.series.iter();
        let counters = counters.map(|(&(name, of), series)| Counter {
            name: self.trace.text(name),
            of: self.trace.text(of),
            values: &series.values,
        });
        About {
            title: &self.title,
            length: self.trace.length,
            summary: self.trace.summary().text(),
            counters: counters.collect(),
        }
    }

    /// The box that is asked for, and its track.
    fn drawn(&self, asked: &Asked<'_>) -> anyhow::Result<(&Track, &Drawn)> {
        let (track, number) = (asked.number("track")?, asked.number("box")?);
        let track = self.tracks.get(track as usize);
        let found = track.and_then(|track| Some((track, track.boxes.get(number as usize)?)));
        found.context("there is no such box")
    }

    /// The polls that served a request: the numbers of their tracks, and of the boxes there.
    fn polls(&self, request: u64) -> anyhow::Result<Vec<(usize, usize)>> {
        let polls: Vec<Time> = self.trace.polls_for(request)?;
        let of_worker = |time: Time| {
            self.tracks.iter().enumerate().find_map(|(number, track)| {
                let index = track
                    .boxes
                    .partition_point(|one| one.time.start < time.start);
                let same = track.boxes[index..].iter();
                let mut same = same.take_while(|one| one.time.start == time.start);
                let at = same.position(|one| one.is_poll() && one.time == time)?;
                Some((number, index + at))
            })
        };
        Ok(polls.into_iter().filter_map(of_worker).collect())
    }
}

impl Pages for Timeline {
    fn answer(&self, path: &str, query: &str) -> Answer {
        if path == "/" {
            return Answer::ok(HTML, PAGE);
        }
        if let Some((_, kind, text)) = FILES.iter().find(|(name, _, _)| *name == path) {
            return Answer::ok(kind, *text);
        }
        self.made(path, query).unwrap_or_else(|error| {
            Answer::sentence(StatusCode::BAD_REQUEST, terminal::told(&error))
        })
    }
}

/// What an address asks for.
struct Asked<'q>(BTreeMap<Cow<'q, str>, Cow<'q, str>>);

impl Asked<'_> {
    fn number(&self, name: &str) -> anyhow::Result<u64> {
        let number = self.0.get(name).and_then(|number| number.parse().ok());
        number.with_context(|| format!("{name} is a whole number"))
    }
}
