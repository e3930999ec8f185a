//! What the page and its scripts are answered with.

use std::borrow::Cow;
use std::collections::BTreeMap;

use anyhow::{Context as _, bail};
use hyper::StatusCode;
use hyper::body::Bytes;
use profile::Profile;
use regex::Regex;
use rops::{Amount, Boxes, Columns, Header, Report, Scale, View, sample_types};
use serde::Serialize;

use super::Pages;
use crate::graphviz;
use crate::settings::{self, Settings};

/// What the page consists of: its path, its kind and its bytes.
const FILES: &[(&str, &str, &str)] = &[
    (
        "/-/page.css",
        "text/css; charset=utf-8",
        include_str!("page/page.css"),
    ),
    ("/-/page.js", JAVASCRIPT, include_str!("page/page.js")),
    ("/-/address.js", JAVASCRIPT, include_str!("page/address.js")),
    ("/-/boxes.js", JAVASCRIPT, include_str!("page/boxes.js")),
    ("/-/flame.js", JAVASCRIPT, include_str!("page/flame.js")),
    ("/-/graph.js", JAVASCRIPT, include_str!("page/graph.js")),
    ("/-/look.js", JAVASCRIPT, include_str!("page/look.js")),
    ("/-/tables.js", JAVASCRIPT, include_str!("page/tables.js")),
    ("/-/icon.svg", SVG, include_str!("page/icon.svg")),
];
const PAGE: &str = include_str!("page/page.html");
pub(super) const HTML: &str = "text/html; charset=utf-8";
pub(super) const JAVASCRIPT: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";
const SVG: &str = "image/svg+xml";

/// The addresses of its views; all have the same page.
const VIEWS: &[&str] = &["/", "/graph", "/top", "/source", "/peek", "/tags"];

/// What an address has beside settings: which functions are meant, and a number that is asked about.
const OWN: &[&str] = &["function", "value", "total"];

/// What only the command line says: where sources are, and where reports go.
const NOT_FROM_AN_ADDRESS: &[&str] = &["output", "source_path", "trim_path"];

/// An answer to a request.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// The kind of its content.
    pub kind: &'static str,
    /// Its content.
    pub body: Bytes,
}

impl Answer {
    /// What was asked for.
    pub fn ok(kind: &'static str, body: impl Into<Bytes>) -> Self {
        Self {
            status: StatusCode::OK,
            kind,
            body: body.into(),
        }
    }

    /// A sentence in place of what was asked for.
    pub fn sentence(status: StatusCode, sentence: String) -> Self {
        Self {
            status,
            kind: "text/plain; charset=utf-8",
            body: sentence.into(),
        }
    }
}

/// A profile, and how it is looked at unless an address says otherwise.
pub struct Page {
    profile: Profile,
    settings: Settings,
    title: String,
    /// What is known about the profile.
    lines: Vec<String>,
}

impl Pages for Page {
    fn answer(&self, path: &str, query: &str) -> Answer {
        self.made(path, query)
    }
}

/// What the page has to know before it shows anything.
#[derive(Serialize)]
struct About<'a> {
    title: &'a str,
    /// The profile's types.
    types: Vec<&'a str>,
    /// What the command line said.
    settings: BTreeMap<&'static str, String>,
    lines: &'a [String],
}

/// A report, with sentences such as on a filter that matched nothing.
#[derive(Serialize)]
struct Shown<T> {
    sentences: Vec<String>,
    total: Amount,
    #[serde(flatten)]
    content: T,
}

#[derive(Serialize)]
struct Flame {
    count: usize,
    #[serde(flatten)]
    boxes: Boxes,
}

/// What an address asks for.
struct Asked<'q> {
    settings: Settings,
    own: BTreeMap<Cow<'q, str>, Cow<'q, str>>,
}

impl Asked<'_> {
    /// The functions that are asked for.
    fn function(&self) -> anyhow::Result<Regex> {
        let function = self.own.get("function").map(|text| &**text);
        let regex = rops::compile("function", function)?;
        regex.context("which function? Type a part of its name, or choose one in the table")
    }
}

impl Page {
    /// A page of a profile.
    ///
    /// # Errors
    /// When the settings do not fit it.
    pub fn new(profile: Profile, settings: Settings, title: String) -> anyhow::Result<Self> {
        let (report, _) = Report::new(profile.clone(), View::Tags, &settings.options)?;
        Ok(Self {
            lines: Header::of_profile(&report, &report.scale()).lines,
            profile,
            settings,
            title,
        })
    }

    fn made(&self, path: &str, query: &str) -> Answer {
        if VIEWS.contains(&path) {
            return Answer::ok(HTML, PAGE);
        }
        if let Some((_, kind, text)) = FILES.iter().find(|(name, _, _)| *name == path) {
            return Answer::ok(kind, *text);
        }
        let made = match path {
            "/-/about" => self.about(),
            "/-/flame" => self.flame(query),
            "/-/graph" => self.graph(query),
            "/-/top" => self.table(query, View::Top, |report, _| Ok(report.top_table())),
            "/-/peek" => self.table(query, View::Peek, |report, asked| {
                Ok(report.peek_table(&asked.function()?))
            }),
            "/-/source" => self.table(query, View::List, |report, asked| {
                #[derive(Serialize)]
                struct Sources {
                    routines: Vec<rops::Routine>,
                }
                let routines = report.routines(&asked.function()?)?;
                Ok(Sources { routines })
            }),
            "/-/tags" => self.table(query, View::Tags, |report, _| {
                #[derive(Serialize)]
                struct Tags {
                    tags: Vec<rops::Tag>,
                }
                let tags = report.tags_table();
                Ok(Tags { tags })
            }),
            "/-/amount" => self.amount(query),
            _ => {
                return Answer::sentence(
                    StatusCode::NOT_FOUND,
                    format!("There is no {path} here."),
                );
            }
        };
        made.unwrap_or_else(|error| {
            Answer::sentence(StatusCode::BAD_REQUEST, terminal::told(&error))
        })
    }

    fn asked<'q>(&self, query: &'q str) -> anyhow::Result<Asked<'q>> {
        let mut settings = self.settings.clone();
        let mut own = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            if OWN.contains(&&*name) {
                own.insert(name, value);
                continue;
            }
            match settings::find(&name) {
                Some(named) if !NOT_FROM_AN_ADDRESS.contains(&named.setting().name) => {
                    settings.set(&named, Some(&value), &self.profile)?;
                }
                _ => bail!("an address has no setting {name}"),
            }
        }
        Ok(Asked { settings, own })
    }

    fn report(&self, view: View, settings: &Settings) -> anyhow::Result<(Report, Vec<String>)> {
        Report::new(self.profile.clone(), view, &settings.options)
    }

    fn about(&self) -> anyhow::Result<Answer> {
        let all = settings::all().filter(|one| !NOT_FROM_AN_ADDRESS.contains(&one.name));
        let all = all.map(|one| {
            let text = one.text(&self.settings, &self.profile);
            (one.name, if text == "\"\"" { String::new() } else { text })
        });
        json(&About {
            title: &self.title,
            types: sample_types::names(&self.profile),
            settings: all.collect(),
            lines: &self.lines,
        })
    }

    fn table<T: Serialize>(
        &self,
        query: &str,
        view: View,
        table: impl FnOnce(&Report, &Asked<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<Answer> {
        let asked = self.asked(query)?;
        let (report, sentences) = self.report(view, &asked.settings)?;
        json(&Shown {
            sentences,
            total: report.amount(report.total),
            content: table(&report, &asked)?,
        })
    }

    fn graph(&self, query: &str) -> anyhow::Result<Answer> {
        let Asked { settings, .. } = self.asked(query)?;
        let (report, _) = self.report(View::Graph, &settings)?;
        Ok(Answer::ok(SVG, graphviz::svg(&report.dot())?))
    }

    /// The number of bytes of a JSON object, the object, and then the columns that it counts: numbers of four bytes, the
    /// lowest one first.
    fn flame(&self, query: &str) -> anyhow::Result<Answer> {
        let Asked { settings, .. } = self.asked(query)?;
        let (report, sentences) = self.report(View::Flame, &settings)?;
        let boxes = report.boxes();
        let columns: &Columns = &boxes.columns;
        let count = columns.name.len();
        let mut numbers = Vec::with_capacity(count * 4 * 4);
        for number in columns.all().flatten() {
            numbers.extend_from_slice(&number.to_le_bytes());
        }
        let mut object = serde_json::to_vec(&Shown {
            sentences,
            total: report.amount(report.total),
            content: Flame { count, boxes },
        })?;
        // A column begins at a multiple of its numbers' size.
        object.resize(object.len().next_multiple_of(4), b' ');
        let size =
            u32::try_from(object.len()).context("this flame graph is too large for a page")?;
        Ok(Answer::ok(
            "application/octet-stream",
            [&size.to_le_bytes()[..], &object, &numbers].concat(),
        ))
    }

    /// A sum that only the page knows, such as of what a search found, in the words of all other values.
    fn amount(&self, query: &str) -> anyhow::Result<Answer> {
        let Asked { settings, own } = self.asked(query)?;
        let number = |name: &str| -> Option<i64> { own.get(name)?.parse().ok() };
        let (value, total) = number("value")
            .zip(number("total"))
            .context("value and total are whole numbers")?;
        let options = &settings.options;
        let index = sample_types::find(&self.profile, options.sample_index.as_deref())?;
        let unit = self.profile.text(self.profile.sample_types[index].unit);
        json(&Amount::new(value, total, &Scale::new(unit, options)))
    }
}

/// An answer in JSON.
pub(super) fn json(value: &impl Serialize) -> anyhow::Result<Answer> {
    Ok(Answer::ok(JSON, serde_json::to_vec(value)?))
}
