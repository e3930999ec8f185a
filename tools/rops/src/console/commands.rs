//! The words of a command: `top10 -cum http -runtime >top.txt`.

use anyhow::{Context as _, bail};
use regex::Regex;
use rops::{Report, View};

use crate::graphviz;
use crate::settings::Settings;

/// What can be asked for.
pub struct Command {
    /// Its name.
    pub name: &'static str,
    /// What the report is for.
    pub view: View,
    /// Whether it needs a regular expression on functions' names.
    pub needs_regex: bool,
    /// What a terminal cannot show.
    pub is_picture: bool,
    /// What it shows, in one line.
    pub help: &'static str,
    /// What it shows of a report.
    pub make: Make,
}

type Make = fn(&Report, Option<&Regex>) -> anyhow::Result<Vec<u8>>;

/// All commands.
pub const COMMANDS: &[Command] = &[
    text(
        "top",
        View::Top,
        "functions, the most expensive first; 10 unless told otherwise",
        |report, _| Ok(report.top().into()),
    ),
    text(
        "tree",
        View::Tree,
        "functions with their callers and callees",
        |report, _| Ok(report.tree(None)?.into()),
    ),
    matching(
        "peek",
        View::Peek,
        "callers and callees of functions that match",
        |report, regex| Ok(report.tree(regex)?.into()),
    ),
    matching(
        "list",
        View::List,
        "sources of functions that match",
        |report, regex| {
            Ok(report
                .list(regex.context("list needs an expression")?)?
                .into())
        },
    ),
    text(
        "traces",
        View::Traces,
        "every sample with its stack",
        |report, _| Ok(report.traces().into()),
    ),
    text(
        "tags",
        View::Tags,
        "what labels say; expressions are on labels",
        |report, _| Ok(report.tags().into()),
    ),
    text(
        "raw",
        View::Raw,
        "everything that the profile has",
        |report, _| Ok(report.raw().into()),
    ),
    text(
        "dot",
        View::Graph,
        "the graph of calls, in the language of graphviz",
        |report, _| Ok(report.dot().into()),
    ),
    picture(
        "svg",
        View::Graph,
        "the graph of calls as a file; needs graphviz",
        |report, _| graphviz::svg(&report.dot()),
    ),
    picture(
        "flame",
        View::Flame,
        "a flame graph as a file",
        |report, _| report.flame(),
    ),
];

const fn text(name: &'static str, view: View, help: &'static str, make: Make) -> Command {
    Command {
        name,
        view,
        needs_regex: false,
        is_picture: false,
        help,
        make,
    }
}

const fn matching(name: &'static str, view: View, help: &'static str, make: Make) -> Command {
    Command {
        needs_regex: true,
        ..text(name, view, help, make)
    }
}

const fn picture(name: &'static str, view: View, help: &'static str, make: Make) -> Command {
    Command {
        is_picture: true,
        ..text(name, view, help, make)
    }
}

/// The command of a name.
pub fn find(name: &str) -> Option<&'static Command> {
    let name = if name == "text" { "top" } else { name };
    COMMANDS.iter().find(|command| command.name == name)
}

/// A command with what its line says; the console's settings stay what they are.
pub struct Asked {
    /// What is shown.
    pub command: &'static Command,
    /// Of which functions.
    pub regex: Option<Regex>,
    /// How.
    pub settings: Settings,
}

impl Asked {
    /// Understands a line. A number says how many functions, a word which samples to look at, one with a minus which ones
    /// not, and `>` where it goes.
    ///
    /// # Errors
    /// When there is no such command, or when something is missing.
    pub fn parse(line: &str, settings: &Settings) -> anyhow::Result<Self> {
        let mut words = line.split_whitespace();
        let first = words.next().unwrap_or_default();
        let mut settings = settings.clone();
        let options = &mut settings.options;
        let command = match find(first) {
            Some(command) => command,
            None => {
                let name = first.trim_end_matches(|c: char| c.is_ascii_digit());
                let command = find(name);
                let count = first[name.len()..].parse().ok();
                options.node_count = count.or(options.node_count);
                command
                    .with_context(|| format!("there is no command {first}; `help` lists them"))?
            }
        };
        let mut regex = None;
        if command.needs_regex {
            let Some(word) = words.next() else {
                bail!("{0} needs a regular expression: {0} main", command.name);
            };
            regex = rops::compile(command.name, Some(word))?;
        }
        let (mut focus, mut ignore) = (Vec::new(), Vec::new());
        while let Some(word) = words.next() {
            if let Ok(count) = word.parse() {
                options.node_count = Some(count);
            } else if let Some(path) = word.strip_prefix('>') {
                let path = Some(path).filter(|path| !path.is_empty());
                let path = path.or_else(|| words.next());
                settings.output =
                    Some(path.context("which file? `>` is the last word")?.to_owned());
            } else if matches!(word, "-cum" | "--cum") {
                options.cum = true;
            } else if let Some(word) = word.strip_prefix('-') {
                ignore.push(word);
            } else {
                focus.push(word);
            }
        }
        let filters = &mut options.filters;
        let (to_focus, to_ignore) = match command.view {
            View::Tags => (&mut filters.tag_focus, &mut filters.tag_ignore),
            _ => (&mut filters.focus, &mut filters.ignore),
        };
        for (to, words) in [(to_focus, focus), (to_ignore, ignore)] {
            if !words.is_empty() {
                *to = Some(words.join("|"));
            }
        }
        if command.view == View::Top && matches!(options.node_count, None | Some(-1)) {
            options.node_count = Some(10);
        }
        Ok(Self {
            command,
            regex,
            settings,
        })
    }
}
