//! The console: commands on one profile, as in `go tool pprof FILE`.

mod commands;
mod editor;
mod help;

use std::fs;
use std::io::{self, BufRead as _, IsTerminal as _, Lines, StdinLock, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::thread;

use anyhow::{Context as _, bail};
use profile::Profile;
use rops::{Header, Report, View, sample_types};
use terminal::style;

use crate::settings::{self, Settings};
use crate::web::Site;
use commands::Asked;
use editor::Editor;

/// What makes the five filters empty.
const CLEARED: &[&str] = &["focus", "ignore", "hide", "tagfocus", "tagignore"];

/// Reads commands until there are no more: from somebody at a terminal, or from a pipe. A pipe's end is a failure if a
/// command of it failed.
///
/// # Errors
/// When commands cannot be read, or when their output cannot be written.
pub fn run(profile: Profile, title: String, settings: Settings) -> anyhow::Result<ExitCode> {
    let mut console = Console {
        profile,
        title,
        settings,
    };
    console.settings.options.compact_labels = true;
    let is_terminal = io::stdin().is_terminal();
    let mut input = match is_terminal {
        true => Input::Terminal(Box::new(Editor::new(&console.profile)?)),
        false => Input::Pipe(io::stdin().lock().lines()),
    };
    console.greet(is_terminal)?;
    let mut failed = false;
    while let Some(line) = input.next()? {
        match console.line(&line) {
            Ok(Next::Line) => {}
            Ok(Next::End) => break,
            Err(error) if is_lost_output(&error) => return Err(error),
            Err(error) => {
                failed = true;
                let style = style::REMOVED;
                anstream::eprintln!("{style}error:{style:#} {}", terminal::told(&error));
            }
        }
    }
    match failed && !is_terminal {
        true => Ok(ExitCode::FAILURE),
        false => Ok(ExitCode::SUCCESS),
    }
}

enum Input {
    Terminal(Box<Editor>),
    Pipe(Lines<StdinLock<'static>>),
}

impl Input {
    fn next(&mut self) -> anyhow::Result<Option<String>> {
        match self {
            Self::Terminal(editor) => editor.next(),
            Self::Pipe(lines) => Ok(lines.next().transpose()?),
        }
    }
}

/// Standard output cannot be written to, so that no further command makes sense.
#[derive(Debug)]
struct LostOutput;

impl std::fmt::Display for LostOutput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("standard output")
    }
}

fn is_lost_output(error: &anyhow::Error) -> bool {
    error.is::<LostOutput>()
}

fn print(bytes: &[u8]) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let written = out.write_all(bytes).and_then(|()| out.flush());
    written.context(LostOutput)
}

enum Next {
    Line,
    End,
}

struct Console {
    profile: Profile,
    title: String,
    settings: Settings,
}

impl Console {
    /// The lines that the reports themselves leave out, and what to type.
    fn greet(&self, is_terminal: bool) -> anyhow::Result<()> {
        let (report, _) = Report::new(self.profile.clone(), View::Top, &self.settings.options)?;
        let mut text = Header::of_profile(&report, &report.scale()).text();
        if report.total == 0 && self.profile.sample_types.len() > 1 {
            let names = sample_types::names(&self.profile).join(", ");
            text += &format!("All values of this type are 0; there are {names}\n");
        }
        if is_terminal {
            text += "Type a command, such as top10; `help` lists them, `o` the settings\n";
        }
        anstream::eprint!("{text}");
        Ok(())
    }

    fn line(&mut self, line: &str) -> anyhow::Result<Next> {
        let line = line.trim();
        if line == ":" {
            for name in CLEARED {
                self.set(name, Some(""))?;
            }
            return Ok(Next::Line);
        }
        if self.is_sample_type(line)? || self.is_setting(line)? {
            return Ok(Next::Line);
        }
        let mut words = line.split_whitespace();
        match words.next() {
            None => {}
            Some("o" | "options") => print(self.listed().as_bytes())?,
            Some("q" | "quit" | "exit") => return Ok(Next::End),
            Some("web") => self.serve()?,
            Some("help") => print(help::about(&words.collect::<Vec<_>>().join(" "))?.as_bytes())?,
            Some(_) => self.show(Asked::parse(line, &self.settings)?)?,
        }
        Ok(Next::Line)
    }

    fn set(&mut self, name: &str, value: Option<&str>) -> anyhow::Result<()> {
        let named = settings::find(name).with_context(|| format!("there is no setting {name}"))?;
        self.settings.set(&named, value, &self.profile)
    }

    /// `inuse_space` is short for `sample_index=inuse_space`; with `mean_` or `total_` before it, the mean is switched, too.
    fn is_sample_type(&mut self, line: &str) -> anyhow::Result<bool> {
        let names = sample_types::names(&self.profile);
        let (mean, name) = match line.split_once('_') {
            _ if names.contains(&line) => (None, line),
            Some(("mean", name)) => (Some("true"), name),
            Some(("total", name)) => (Some("false"), name),
            _ => return Ok(false),
        };
        if !names.contains(&name) {
            return Ok(false);
        }
        if mean.is_some() {
            self.set("mean", mean)?;
        }
        self.set("sample_index", Some(name))?;
        Ok(true)
    }

    fn is_setting(&mut self, line: &str) -> anyhow::Result<bool> {
        let (name, value) = match line.split_once('=') {
            // As `options` prints it: with the values that there are behind it.
            Some((name, value)) => (
                name,
                Some(value.rsplit_once("//:").map_or(value, |it| it.0)),
            ),
            None => (line, None),
        };
        match settings::find(name.trim()) {
            Some(named) => {
                self.settings
                    .set(&named, value.map(str::trim), &self.profile)?;
                Ok(true)
            }
            // A command has a blank before what comes next; this is a name that is wrong.
            None if value.is_some() && !name.trim().contains(char::is_whitespace) => {
                bail!("there is no setting {}; `o` lists them", name.trim())
            }
            None => Ok(false),
        }
    }

    fn listed(&self) -> String {
        let mut text = String::new();
        for setting in settings::all() {
            let value = setting.text(&self.settings, &self.profile);
            let mut choices = setting.values();
            choices.sort_unstable();
            if setting.name == "sample_index" {
                choices = sample_types::names(&self.profile);
            }
            let note = match choices.as_slice() {
                _ if value == "-1" => "//: default".to_owned(),
                [] | ["false", "true"] => String::new(),
                choices => format!("//: [{}]", choices.join(" | ")),
            };
            let line = format!("  {:25} = {value:20} {note}", setting.name);
            text += line.trim_end();
            text.push('\n');
        }
        text
    }

    /// The page, with what is set now, for as long as the console is open.
    fn serve(&self) -> anyhow::Result<()> {
        let settings = self.settings.clone();
        let site = Site::new(self.profile.clone(), settings, self.title.clone(), None)?;
        let line = format!("{}\n", site.url());
        thread::spawn(move || site.serve());
        print(line.as_bytes())
    }

    fn show(&self, asked: Asked) -> anyhow::Result<()> {
        let Asked {
            command,
            regex,
            settings,
        } = asked;
        let profile = self.profile.clone();
        let (report, sentences) = Report::new(profile, command.view, &settings.options)?;
        for sentence in sentences {
            anstream::eprintln!("{sentence}");
        }
        let bytes = (command.make)(&report, regex.as_ref())?;
        match settings.output {
            Some(path) => write(&path, &bytes),
            None if command.is_picture => write(&free_name(), &bytes),
            None => print(&bytes),
        }
    }
}

fn write(path: &str, bytes: &[u8]) -> anyhow::Result<()> {
    fs::write(path, bytes).with_context(|| path.to_owned())?;
    anstream::eprintln!("written to {path}");
    Ok(())
}

/// The first name of Go's, `profile001.svg`, that no file has yet.
fn free_name() -> String {
    let names = (1..).map(|number| format!("profile{number:03}.svg"));
    let mut free = names.filter(|name| !Path::new(name).exists());
    free.next().unwrap_or_default()
}
