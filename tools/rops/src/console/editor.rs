//! Lines that somebody types: with a history, and with what the Tab key makes of half a word.

use std::env;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use anyhow::Context as _;
use profile::Profile;
use rops::sample_types;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Behavior, CompletionType, Config, Context, Helper};

use super::commands::{self, COMMANDS};
use crate::settings;

/// Reads lines from the terminal.
pub struct Editor {
    inner: rustyline::Editor<Words, FileHistory>,
    history: Option<PathBuf>,
}

impl Editor {
    /// Completes the names of this profile.
    pub fn new(profile: &Profile) -> anyhow::Result<Self> {
        // The prompt is no part of what goes to a file or to a pager.
        let behavior = match io::stdout().is_terminal() {
            true => Behavior::Stdio,
            false => Behavior::PreferTerm,
        };
        let config = Config::builder()
            .behavior(behavior)
            .completion_type(CompletionType::List)
            .auto_add_history(true)
            .build();
        let mut inner = rustyline::Editor::with_config(config).context("the terminal")?;
        inner.set_helper(Some(Words::of(profile)));
        let history = history();
        if let Some(history) = &history {
            // The first time there is none yet.
            let _ = inner.load_history(history);
        }
        Ok(Self { inner, history })
    }

    /// The next line; none after Ctrl-D. Ctrl-C takes a line back.
    pub fn next(&mut self) -> anyhow::Result<Option<String>> {
        loop {
            match self.inner.readline("(rops) ") {
                Ok(line) => return Ok(Some(line)),
                Err(ReadlineError::Interrupted) => {}
                Err(ReadlineError::Eof) => return Ok(None),
                Err(error) => return Err(error).context("the terminal"),
            }
        }
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        if let Some(history) = &self.history {
            let folder = history.parent().map(fs::create_dir_all);
            // A home folder that cannot be written to is no reason to fail.
            let _ = folder.is_some_and(|made| made.is_ok())
                && self.inner.append_history(history).is_ok();
        }
    }
}

/// Where the lines are kept for the next time, as XDG's rules have it.
fn history() -> Option<PathBuf> {
    let state = env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    let state = state.filter(|path| path.is_absolute());
    let state = state.or_else(|| Some(env::home_dir()?.join(".local/state")))?;
    Some(state.join("rops/history"))
}

/// What can be completed.
struct Words {
    /// Commands, settings with `=`, and the profile's types.
    first: Vec<String>,
    types: Vec<String>,
    functions: Vec<String>,
}

impl Words {
    fn of(profile: &Profile) -> Self {
        let texts = |names: Vec<&str>| names.into_iter().map(str::to_owned).collect::<Vec<_>>();
        let types = texts(sample_types::names(profile));
        let names = profile.functions.iter().map(|one| profile.text(one.name));
        let mut functions = texts(names.filter(|name| !name.is_empty()).collect());
        functions.sort();
        functions.dedup();
        let commands = COMMANDS.iter().map(|command| command.name.to_owned());
        let others = ["help", "options", "quit", "web"].map(str::to_owned);
        let settings = settings::all().map(|setting| format!("{}=", setting.name));
        let first = commands.chain(others).chain(settings);
        Self {
            first: first.chain(types.iter().cloned()).collect(),
            types,
            functions,
        }
    }

    /// The words that a line up to the cursor may end in: where they begin, and what they are.
    fn candidates(&self, line: &str) -> (usize, Vec<Pair>) {
        let start = line.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let (before, word) = (line[..start].trim(), &line[start..]);
        if before.is_empty() {
            return match word.split_once('=') {
                None => (
                    start,
                    beginning_with(word, self.first.iter().map(String::as_str)),
                ),
                Some((name, value)) => (start + name.len() + 1, self.values(name, value)),
            };
        }
        let first = before.split_whitespace().next().unwrap_or_default();
        if first == "help" {
            let names = self.first.iter().map(|name| name.trim_end_matches('='));
            return (start, beginning_with(word, names));
        }
        let is_command =
            |name: &str| commands::find(name.trim_end_matches(|c: char| c.is_ascii_digit()));
        match is_command(first) {
            Some(command) if command.name != "tags" => {
                let start = start + usize::from(word.starts_with('-'));
                (start, self.functions(&line[start..]))
            }
            _ => (start, Vec::new()),
        }
    }

    fn values(&self, name: &str, value: &str) -> Vec<Pair> {
        let Some(named) = settings::find(name) else {
            return Vec::new();
        };
        match named.setting().name {
            "sample_index" => beginning_with(value, self.types.iter().map(String::as_str)),
            "focus" | "ignore" | "hide" | "show" | "show_from" | "prune_from" => {
                self.functions(value)
            }
            _ => beginning_with(value, named.setting().values().into_iter()),
        }
    }

    /// Functions with this in their names, as expressions that match them alone.
    fn functions(&self, word: &str) -> Vec<Pair> {
        let found = self
            .functions
            .iter()
            .filter(|name| name.contains(word) || expression(name).contains(word));
        let found: Vec<&String> = found.collect();
        let all_begin = found.iter().all(|name| expression(name).starts_with(word));
        let is_one = found.len() == 1;
        let pair = |name: &String| Pair {
            display: name.clone(),
            // What they have in common before the word must not replace it.
            replacement: if all_begin || is_one {
                expression(name)
            } else {
                word.to_owned()
            },
        };
        found.into_iter().map(pair).collect()
    }
}

fn beginning_with<'a>(word: &str, all: impl Iterator<Item = &'a str>) -> Vec<Pair> {
    let found = all.filter(|one| one.starts_with(word)).map(|one| Pair {
        display: one.to_owned(),
        replacement: one.to_owned(),
    });
    found.collect()
}

/// A function's name as a regular expression. A blank would begin another word of the command.
fn expression(name: &str) -> String {
    regex::escape(name).replace(' ', ".")
}

impl Completer for Words {
    type Candidate = Pair;

    fn complete(
        &self,
        line: &str,
        at: usize,
        _: &Context<'_>,
    ) -> rustyline::Result<(usize, Vec<Pair>)> {
        Ok(self.candidates(&line[..at]))
    }
}

impl Hinter for Words {
    type Hint = String;
}

impl Highlighter for Words {}

impl Validator for Words {}

impl Helper for Words {}

#[cfg(test)]
mod tests {
    use super::*;

    fn words() -> Words {
        let texts = [
            "",
            "cpu",
            "samples",
            "net/http.(*conn).serve",
            "net/http.Serve",
            "<Cart as Drop>::drop",
        ];
        let function = |name| profile::proto::Function {
            name,
            ..Default::default()
        };
        let kind = |kind| profile::proto::ValueType { kind, unit: 0 };
        Words::of(&Profile {
            strings: texts.map(str::to_owned).to_vec(),
            functions: [3, 4, 5, 4].map(function).to_vec(),
            sample_types: [2, 1].map(kind).to_vec(),
            ..Profile::default()
        })
    }

    #[track_caller]
    fn completes(line: &str, start: usize, expected: &[&str]) {
        let (at, pairs) = words().candidates(line);
        let found: Vec<&str> = pairs.iter().map(|pair| pair.replacement.as_str()).collect();
        assert_eq!((at, found.as_slice()), (start, expected), "{line}");
    }

    #[test]
    fn names_are_completed_where_they_may_stand() {
        completes("pe", 0, &["peek"]);
        completes("nodef", 0, &["nodefraction="]);
        completes("tr", 0, &["tree", "traces", "trim=", "trim_path="]);
        completes("sample_index=c", 13, &["cpu"]);
        completes("sort=", 5, &["flat", "cum"]);
        completes("trim=f", 5, &["false"]);
        completes("help nodec", 5, &["nodecount"]);
        completes("tags net", 5, &[]);
    }

    #[test]
    fn functions_are_completed_as_expressions() {
        completes("list conn", 5, &[r"net/http\.\(\*conn\)\.serve"]);
        completes("top10 -Cart", 7, &["<Cart.as.Drop>::drop"]);
        completes("focus=Serve", 6, &[r"net/http\.Serve"]);
        // Two of them: what was typed stays, and both are listed.
        completes("list http", 5, &["http", "http"]);
        completes(
            "list net",
            5,
            &[r"net/http\.\(\*conn\)\.serve", r"net/http\.Serve"],
        );
    }
}
