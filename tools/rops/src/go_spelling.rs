//! `go tool pprof`'s spelling of the command line, as cargo's.

use std::iter::Peekable;
use std::vec::IntoIter;

use anyhow::bail;
use terminal::Usage;

/// What an option of Go's becomes.
enum Meaning {
    /// A view.
    View(&'static str),
    /// A view with a regular expression.
    Matching(&'static str),
    /// The page, and where it is.
    Page,
    /// An option that is there or not.
    Switch(&'static [&'static str]),
    /// An option that is there unless it is false.
    NotFalse(&'static str),
    /// An option with a value.
    Value(&'static str),
    /// Something that has no use here; whether it has a value.
    Nothing { has_value: bool },
    /// Something that is not there, and a sentence on it.
    Missing(&'static str),
}

fn meaning(name: &str) -> Option<Meaning> {
    use Meaning::*;
    Some(match name {
        "top" | "text" => View("top"),
        "tree" => View("tree"),
        "traces" => View("traces"),
        "tags" => View("tags"),
        "raw" => View("raw"),
        "dot" => View("dot"),
        "svg" => View("svg"),
        "proto" => View("merge"),
        "peek" => Matching("peek"),
        "list" => Matching("list"),
        "http" => Page,
        "web" | "weblist" | "disasm" | "callgrind" | "kcachegrind" | "png" | "gif" | "pdf"
        | "ps" | "gv" | "eog" | "evince" | "topproto" | "comments" => Missing(
            "rops has top, tree, peek, list, traces, tags, raw, dot, svg, flame, web, diff and merge",
        ),
        "call_tree" | "tagroot" | "tagleaf" | "buildid" | "add_comment" => {
            Missing("rops has no such option")
        }
        "inuse_space" => Switch(&["--sample-index=inuse_space"]),
        "inuse_objects" => Switch(&["--sample-index=inuse_objects"]),
        "alloc_space" => Switch(&["--sample-index=alloc_space"]),
        "alloc_objects" => Switch(&["--sample-index=alloc_objects"]),
        "total_delay" => Switch(&["--sample-index=delay"]),
        "contentions" => Switch(&["--sample-index=contentions"]),
        "mean_delay" => Switch(&["--mean", "--sample-index=delay"]),
        "cum" => Switch(&["--cum"]),
        "flat" => Switch(&[]),
        "functions" => Switch(&["--granularity=functions"]),
        "filefunctions" => Switch(&["--granularity=file-functions"]),
        "files" => Switch(&["--granularity=files"]),
        "lines" => Switch(&["--granularity=lines"]),
        "addresses" => Switch(&["--granularity=addresses"]),
        "mean" => Switch(&["--mean"]),
        "normalize" => Switch(&["--normalize"]),
        "noinlines" => Switch(&["--no-inlines"]),
        "showcolumns" => Switch(&["--show-columns"]),
        "drop_negative" => Switch(&["--drop-negative"]),
        "relative_percentages" => Switch(&["--relative-percentages"]),
        "compact_labels" => Switch(&["--compact-labels"]),
        "trim" => NotFalse("--no-trim"),
        "nodecount" => Value("--node-count"),
        "nodefraction" => Value("--node-fraction"),
        "edgefraction" => Value("--edge-fraction"),
        "focus" => Value("--focus"),
        "ignore" => Value("--ignore"),
        "hide" => Value("--hide"),
        "show" => Value("--show"),
        "show_from" => Value("--show-from"),
        "prune_from" => Value("--prune-from"),
        "tagfocus" => Value("--tag-focus"),
        "tagignore" => Value("--tag-ignore"),
        "tagshow" => Value("--tag-show"),
        "taghide" => Value("--tag-hide"),
        "unit" => Value("--unit"),
        "divide_by" => Value("--divide-by"),
        "sample_index" => Value("--sample-index"),
        "source_path" => Value("--source-path"),
        "trim_path" => Value("--trim-path"),
        "output" => Value("--output"),
        "base" => Value("--base"),
        "diff_base" => Value("--diff-base"),
        "seconds" => Value("--seconds"),
        "timeout" => Value("--timeout"),
        "symbolize" => Value("--symbolize"),
        "tools" => Nothing { has_value: true },
        "no_browser" | "intel_syntax" => Nothing { has_value: false },
        _ => return None,
    })
}

/// The views that a command line may begin with.
const VIEWS: &[&str] = &[
    "console", "top", "tree", "peek", "list", "traces", "tags", "raw", "dot", "svg", "flame",
    "web", "diff", "merge", "help",
];

/// The same command line in cargo's spelling. What is in it already stays. Without a view it is for the console.
///
/// # Errors
/// When an option of Go's has no counterpart.
pub fn translate(arguments: Vec<String>) -> anyhow::Result<Vec<String>> {
    let mut rest = arguments.into_iter().peekable();
    let mut translated: Vec<String> = rest.by_ref().take(1).collect();
    if rest.peek().map(String::as_str) != Some("pprof") {
        translated.extend(rest);
        return Ok(translated);
    }
    translated.extend(rest.next());
    let mut translation = Translation::default();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            translation.others.push(argument);
            translation.others.extend(rest);
            break;
        }
        translation.one(argument, &mut rest)?;
    }
    translated.extend(translation.done());
    Ok(translated)
}

#[derive(Default)]
struct Translation {
    view: Vec<String>,
    others: Vec<String>,
}

impl Translation {
    fn one(
        &mut self,
        argument: String,
        rest: &mut Peekable<IntoIter<String>>,
    ) -> anyhow::Result<()> {
        let dashed = argument
            .strip_prefix('-')
            .map(|rest| rest.strip_prefix('-').unwrap_or(rest));
        let (name, given) = match dashed.map(|name| name.split_once('=').unwrap_or((name, ""))) {
            Some((name, _)) if !argument.contains('=') => (name, None),
            Some((name, given)) => (name, Some(given.to_owned())),
            None => ("", None),
        };
        let Some(meaning) = meaning(name) else {
            self.others.push(argument);
            return Ok(());
        };
        let is_set = !matches!(
            given.as_deref(),
            Some("false" | "f" | "0" | "F" | "FALSE" | "False")
        );
        let mut value = || match given.clone().or_else(|| rest.next()) {
            Some(value) => Ok(value),
            None => Err(Usage(format!("{argument} needs a value"))),
        };
        match meaning {
            Meaning::View(view) if is_set => self.view(&argument, view, None)?,
            Meaning::Matching(view) => {
                let regex = value()?;
                self.view(&argument, view, Some(regex))?;
            }
            Meaning::Page => {
                let address = value()?;
                if self.others.first().is_none_or(|first| first != "web") {
                    self.view(&argument, "web", None)?;
                }
                self.others.push(format!("--http={address}"));
            }
            Meaning::Switch(options) if is_set => self
                .others
                .extend(options.iter().map(|&one| one.to_owned())),
            Meaning::NotFalse(option) if !is_set => self.others.push(option.to_owned()),
            Meaning::Value(option) => self.others.push(format!("{option}={}", value()?)),
            Meaning::Nothing { has_value: true } => {
                value()?;
            }
            Meaning::Missing(sentence) => bail!(Usage(format!("-{name}: {sentence}"))),
            Meaning::View(_)
            | Meaning::Switch(_)
            | Meaning::NotFalse(_)
            | Meaning::Nothing { .. } => {}
        }
        Ok(())
    }

    fn view(&mut self, argument: &str, view: &str, regex: Option<String>) -> anyhow::Result<()> {
        let first = self.others.first();
        let named = first.filter(|first| VIEWS.contains(&first.as_str()));
        if let Some(other) = self.view.first().or(named) {
            bail!(Usage(format!(
                "{argument}: one view at a time, and this is {other} already"
            )));
        }
        self.view = [Some(view.to_owned()), regex]
            .into_iter()
            .flatten()
            .collect();
        Ok(())
    }

    fn done(self) -> Vec<String> {
        let Self { mut view, others } = self;
        let is_help = |argument: &&String| ["-h", "--help", "-help"].contains(&argument.as_str());
        if others.iter().find(is_help).is_some() && view.is_empty() || others.is_empty() {
            view.extend(others);
            return view;
        }
        let first = others.iter().find(|argument| !argument.starts_with('-'));
        if view.is_empty() && !first.is_some_and(|first| VIEWS.contains(&first.as_str())) {
            view.push("console".to_owned());
        }
        view.extend(others);
        view
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(line: &str) -> Result<String, String> {
        let arguments = line.split(' ').map(str::to_owned).collect();
        let translated = translate(arguments).map_err(|error| error.to_string())?;
        Ok(translated.join(" "))
    }

    #[test]
    fn both_spellings_mean_the_same() {
        for (go, cargo) in [
            ("rops pprof -top cpu.out", "rops pprof top cpu.out"),
            (
                "rops pprof -nodefraction=0 -list SetupRoutes a.out",
                "rops pprof list SetupRoutes --node-fraction=0 a.out",
            ),
            (
                "rops pprof -svg -nodefraction=0 -output a.svg a.out",
                "rops pprof svg --node-fraction=0 --output=a.svg a.out",
            ),
            (
                "rops pprof -inuse_space --text heap.out",
                "rops pprof top --sample-index=inuse_space heap.out",
            ),
            (
                "rops pprof -peek=Next -cum -trim=false a.out",
                "rops pprof peek Next --cum --no-trim a.out",
            ),
            (
                "rops pprof top --cum --node-count 5 a.out",
                "rops pprof top --cum --node-count 5 a.out",
            ),
            (
                "rops pprof -top -focus -x a.out",
                "rops pprof top --focus=-x a.out",
            ),
            ("rops pprof -top -- -top", "rops pprof top -- -top"),
            ("rops pprof cpu.out", "rops pprof console cpu.out"),
            (
                "rops pprof -inuse_space -nodefraction=0 heap.out",
                "rops pprof console --sample-index=inuse_space --node-fraction=0 heap.out",
            ),
            (
                "rops pprof -http=:8083 -inuse_objects heap.out",
                "rops pprof web --http=:8083 --sample-index=inuse_objects heap.out",
            ),
            (
                "rops pprof web --http :8081 a.out",
                "rops pprof web --http=:8081 a.out",
            ),
            ("rops --help", "rops --help"),
            ("rops pprof", "rops pprof"),
            ("rops pprof --help", "rops pprof --help"),
        ] {
            assert_eq!(translated(go).as_deref(), Ok(cargo));
        }
    }

    #[test]
    fn what_is_not_there_is_said() {
        for (line, said) in [
            ("rops pprof -png cpu.out", "-png: rops has top,"),
            ("rops pprof -top -tree cpu.out", "-tree: one view at a time"),
            (
                "rops pprof -http=:80 -top a.out",
                "-top: one view at a time",
            ),
            ("rops pprof -top -focus", "-focus needs a value"),
        ] {
            let error = translated(line).expect_err(line);
            assert!(error.starts_with(said), "{error}");
        }
    }
}
