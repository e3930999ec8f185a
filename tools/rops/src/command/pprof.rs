//! `rops pprof`.

mod web;

use std::mem::ManuallyDrop;
use std::process::ExitCode;

use regex::Regex;
use rops::{Input, Options, Report, View, places};
use terminal::Usage;

use super::output::Output;
use crate::console;
use crate::graphviz;
use crate::settings::Settings;

/// What to do with profiles.
#[derive(Debug, clap::Subcommand)]
pub enum Pprof {
    /// Commands on one profile, typed or from a pipe; also without this word: rops pprof FILE
    #[command(after_help = CONSOLE)]
    Console(Plain),
    /// Functions, the most expensive first
    Top(WithJson),
    /// Functions with their callers and callees
    Tree(Plain),
    /// Callers and callees of functions that match
    Peek(MatchingWithJson),
    /// Sources of functions that match, with what each line uses
    List(Matching),
    /// Every sample with its stack
    Traces(Plain),
    /// What labels say, and what their samples used
    Tags(WithJson),
    /// Everything that the profile has
    Raw(Plain),
    /// The graph of calls, in the language of graphviz
    Dot(Plain),
    /// The graph of calls as a picture; needs graphviz
    Svg(Plain),
    /// A flame graph for the browser
    Flame(Plain),
    /// A page in the browser: flame graph, graph, top, sources, callers and callees, labels
    #[command(after_help = web::EXAMPLES)]
    Web(web::Web),
    /// What became more or less from one profile to the next
    Diff(Diff),
    /// One profile out of several
    Merge(Merge),
}

/// What `--help` ends with.
pub const EXAMPLES: &str = "\
Examples:
  rops pprof cpu.pb.gz                                   a console: top10, list authorize, help
  rops pprof web cpu.pb.gz                               a page in the browser
  rops pprof top --node-count 10 http://localhost:6060/debug/pprof/heap
  rops pprof -nodefraction=0 -list SetupRoutes cpu.out   as `go tool pprof` spells it";

const CONSOLE: &str = "\
Examples:
  rops pprof allocs.out                                   type top10, list SetupRoutes, help, quit
  rops pprof -nodefraction=0 allocs.out                   the same, with a setting
  printf 'top5\\npeek main\\n' | rops pprof cpu.pb.gz       what a script asks";

#[derive(Debug, clap::Args)]
pub struct Plain {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    report: Asked,
}

#[derive(Debug, clap::Args)]
pub struct Asked {
    #[command(flatten)]
    options: Options,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, clap::Args)]
pub struct WithJson {
    /// Print one JSON object
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    plain: Plain,
}

#[derive(Debug, clap::Args)]
pub struct Matching {
    /// A regular expression on functions' names
    regex: String,
    #[command(flatten)]
    plain: Plain,
}

#[derive(Debug, clap::Args)]
pub struct MatchingWithJson {
    /// A regular expression on functions' names
    regex: String,
    #[command(flatten)]
    with_json: WithJson,
}

#[derive(Debug, clap::Args)]
pub struct Diff {
    /// The profile to compare with: percentages are of this one
    #[arg(value_name = "BEFORE")]
    before: String,
    /// The profile after it
    #[arg(value_name = "AFTER")]
    after: String,
    /// Bring AFTER to the sum of BEFORE, so that shares are compared
    #[arg(long)]
    normalize: bool,
    /// Draw a flame graph, red where it became more and blue where it became less
    #[arg(long)]
    flame: bool,
    #[command(flatten)]
    report: Asked,
}

#[derive(Debug, clap::Args)]
pub struct Merge {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    output: Output,
}

impl Pprof {
    /// Does it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Console(plain) => return plain.console(),
            Self::Top(WithJson { json, plain }) => plain.text(View::Top, |report| match json {
                true => report.top_json(),
                false => Ok(report.top()),
            }),
            Self::Tree(plain) => plain.text(View::Tree, |report| report.tree(None)),
            Self::Peek(MatchingWithJson { regex, with_json }) => {
                let (regex, WithJson { json, plain }) = (compile(&regex)?, with_json);
                plain.text(View::Peek, |report| match json {
                    true => report.peek_json(&regex),
                    false => report.tree(Some(&regex)),
                })
            }
            Self::List(Matching { regex, plain }) => {
                let regex = compile(&regex)?;
                plain.text(View::List, |report| report.list(&regex))
            }
            Self::Traces(plain) => plain.text(View::Traces, |report| Ok(report.traces())),
            Self::Tags(WithJson { json, plain }) => plain.text(View::Tags, |report| match json {
                true => report.tags_json(),
                false => Ok(report.tags()),
            }),
            Self::Raw(plain) => plain.text(View::Raw, |report| Ok(report.raw())),
            Self::Dot(plain) => plain.text(View::Graph, |report| Ok(report.dot())),
            Self::Svg(plain) => plain.file("graph.svg", View::Graph, |report| {
                graphviz::svg(&report.dot())
            }),
            Self::Flame(plain) => plain.file("flame.svg", View::Flame, Report::flame),
            Self::Web(web) => web.run(),
            Self::Diff(diff) => diff.run(),
            Self::Merge(Merge { input, output }) => {
                output.must_be_a_file("merged.pb.gz")?;
                output.write(&input.read()?.encode())
            }
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

fn compile(regex: &str) -> anyhow::Result<Regex> {
    let regex = rops::compile("REGEX", Some(regex))?;
    regex.ok_or_else(|| Usage("REGEX: it is empty; `.` matches everything".into()).into())
}

impl Diff {
    fn run(self) -> anyhow::Result<()> {
        let input = Input {
            profiles: vec![self.after],
            diff_base: vec![self.before],
            normalize: self.normalize,
            ..Input::default()
        };
        let plain = Plain {
            input,
            report: self.report,
        };
        if self.flame {
            return plain.file("difference.svg", View::Flame, Report::flame);
        }
        plain.text(View::Top, |report| Ok(report.top()))
    }
}

/// What a page is about: the profiles' names without their folders.
fn title(input: &Input) -> String {
    let names = |sources: &[String]| {
        let names = sources.iter().map(|source| places::base(source));
        names.collect::<Vec<_>>().join(" + ")
    };
    let profiles = names(&input.profiles);
    let bases = [input.base.as_slice(), &input.diff_base].concat();
    match bases.is_empty() {
        true => profiles,
        false => format!("{profiles}, before: {}", names(&bases)),
    }
}

impl Plain {
    fn console(self) -> anyhow::Result<ExitCode> {
        let Asked { options, output } = self.report;
        let output = output.output.map(|path| path.display().to_string());
        let (profile, title) = (self.input.read()?, title(&self.input));
        console::run(profile, title, Settings { options, output })
    }

    fn text(
        &self,
        view: View,
        text: impl FnOnce(&Report) -> anyhow::Result<String>,
    ) -> anyhow::Result<()> {
        let report = self.report(view)?;
        self.report.output.write(text(&report)?.as_bytes())
    }

    fn file(
        &self,
        example: &str,
        view: View,
        bytes: impl FnOnce(&Report) -> anyhow::Result<Vec<u8>>,
    ) -> anyhow::Result<()> {
        self.report.output.must_be_a_file(example)?;
        let report = self.report(view)?;
        self.report.output.write(&bytes(&report)?)
    }

    /// The process ends after it: a hundred thousand stacks go back with it faster than one by one.
    fn report(&self, view: View) -> anyhow::Result<ManuallyDrop<Report>> {
        self.report.of(&self.input, view).map(ManuallyDrop::new)
    }
}

impl Asked {
    fn of(&self, input: &Input, view: View) -> anyhow::Result<Report> {
        let (report, sentences) = Report::new(input.read()?, view, &self.options)?;
        for sentence in sentences {
            anstream::eprintln!("{sentence}");
        }
        Ok(report)
    }
}
