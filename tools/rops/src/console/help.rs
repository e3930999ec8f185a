//! What `help` prints. What a setting does is said where the option of the command line is defined.

use std::fmt::Write as _;

use anyhow::{Context as _, bail};
use clap::Args as _;
use rops::Options;

use super::commands::{self, COMMANDS, Command};
use crate::settings;

/// All commands and settings, or one of them.
///
/// # Errors
/// When there is no such thing.
pub fn about(name: &str) -> anyhow::Result<String> {
    if name.is_empty() {
        return Ok(all());
    }
    if let Some(command) = commands::find(name) {
        return Ok(format!("{}\n{}\n", usage(command), command.help));
    }
    let found = settings::find(name).with_context(|| format!("there is no {name} to tell of"))?;
    let setting = found.setting();
    let Some(help) = help_of(setting.name) else {
        bail!("there is nothing to tell of {name}");
    };
    Ok(format!("{}=…\n{help}\n", setting.name))
}

fn all() -> String {
    let mut text = String::from("Commands\n");
    let mut line = |name: &str, help: &str| {
        let _ = writeln!(text, "  {name:22} {help}");
    };
    for command in COMMANDS {
        let needs = if command.needs_regex { " REGEX" } else { "" };
        line(&format!("{}{needs}", command.name), command.help);
    }
    line("web", "a page in the browser, while the console is open");
    line("o, options", "all settings and what they are");
    line("help [NAME]", "this, or more on a command or a setting");
    line("q, quit, exit, Ctrl-D", "the end");
    text += "\nAfter a command: 10 for how many functions, -cum, REGEX for the samples to look at, -REGEX for those to leave \
             out,\n  and >FILE. `top10 -cum http -runtime >top.txt`\n\nSettings, as in nodefraction=0\n";
    let mut line = |name: &str, help: &str| {
        let _ = writeln!(text, "  {name:22} {help}");
    };
    for setting in settings::all() {
        line(setting.name, &help_of(setting.name).unwrap_or_default());
    }
    line(
        ":",
        "makes focus, ignore, hide, tagfocus and tagignore empty",
    );
    line(
        "inuse_space",
        "short for sample_index=inuse_space; so is each of the profile's types",
    );
    text
}

fn usage(command: &Command) -> String {
    let (name, regex) = (
        command.name,
        if command.needs_regex { " REGEX" } else { "" },
    );
    format!("{name}{regex} [COUNT] [-cum] [FOCUS]… [-IGNORE]… [>FILE]")
}

/// What the command line's option says.
fn help_of(setting: &str) -> Option<String> {
    let own = match setting {
        "output" => "Write to this file",
        "sort" => "By what functions use themselves, or together with what they call",
        "trim" => "Leave out what nodecount, nodefraction and edgefraction say",
        _ => "",
    };
    if !own.is_empty() {
        return Some(own.to_owned());
    }
    let command = Options::augment_args(clap::Command::new("settings"));
    let mut arguments = command.get_arguments();
    let name = setting.replace('_', "");
    let found = arguments.find(|one| {
        one.get_long()
            .is_some_and(|long| long.replace('-', "") == name)
    })?;
    Some(found.get_help()?.to_string())
}
