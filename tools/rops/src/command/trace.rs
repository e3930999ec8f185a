//! `rops trace`.

mod web;

use std::process::ExitCode;

use rops::trace::{Input, Trace as Recorded, Window};
use serde::Serialize;
use terminal::Usage;

use super::live::save;
use super::output::Output;

/// What `--help` ends with.
pub const EXAMPLES: &str = "\
Examples:
  rops trace coworking --seconds 10                       of the process of that name; opens the timeline
  rops trace summary http://localhost:6060/debug/pprof/trace --seconds 5
  curl -o trace.json 'localhost:6060/debug/flight-recorder?seconds=10'
  rops trace requests trace.json                          where the time of each route went
  rops trace polls trace.json                             who held a worker, and who had to wait behind it
  rops trace web trace.json                               the timeline, in the browser
  rops trace why --slowest '/rooms/{id}' trace.json       why the slowest request of a route was slow";

/// A process to trace, or a report on a trace.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub struct Trace {
    #[command(flatten)]
    live: save::Recorded,
    #[command(subcommand)]
    report: Option<Command>,
}

impl Trace {
    /// Prints the report, or records a trace and opens it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        if let Some(report) = self.report {
            return report.run();
        }
        if let Some((path, in_a_browser)) = self.live.take()? {
            let input = Input {
                source: path.display().to_string(),
                seconds: None,
                timeout: None,
            };
            match in_a_browser {
                true => web::Web::of(input).run()?,
                false => {
                    let trace = read(&input)?;
                    super::output::print(&trace.summary().text())?;
                }
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A report on a trace.
#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// The trace at a glance: workers, tasks, requests, memory, what is missing
    Summary(Plain),
    /// Tasks by the place where they are spawned
    Tasks(Plain),
    /// The longest polls: who held a worker, and what waited behind it
    Polls(Polls),
    /// Requests by route: where their time went
    Requests(Plain),
    /// Where requests wait, by the spans that are open then
    Waits(Plain),
    /// Why a request was slow, in sentences with places; the slowest one unless another is named
    Why(Why),
    /// A picture of the timeline, or of a part of it
    Svg(Part),
    /// A part of the trace as Trace Event JSON, for other viewers
    Json(Part),
    /// A page in the browser: the timeline, to zoom into and to search
    Web(web::Web),
}

#[derive(Debug, clap::Args)]
pub struct Plain {
    #[command(flatten)]
    input: Input,
    /// Print one JSON object; times are nanoseconds
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    output: Output,
}

#[derive(Debug, clap::Args)]
pub struct Polls {
    /// At most this many
    #[arg(long, value_name = "N", default_value_t = 10)]
    count: usize,
    #[command(flatten)]
    plain: Plain,
}

#[derive(Debug, clap::Args)]
pub struct Part {
    #[command(flatten)]
    input: Input,
    #[command(flatten)]
    window: Window,
    #[command(flatten)]
    output: Output,
}

impl Part {
    fn svg(&self) -> anyhow::Result<()> {
        self.output.must_be_a_file("timeline.svg")?;
        let trace = read(&self.input)?;
        let window = self.window.of(&trace)?;
        let svg = trace.svg(window, self.window.number(&trace)?);
        self.output.write(svg.as_bytes())
    }

    fn json(&self) -> anyhow::Result<()> {
        let mut json = Vec::new();
        self.input.cut(&self.window, &mut json)?;
        self.output.write(&json)
    }
}

/// Reads a trace, and says what is wrong with it.
fn read(input: &Input) -> anyhow::Result<Recorded> {
    let trace = input.read()?;
    for sentence in &trace.warnings {
        anstream::eprintln!("{sentence}");
    }
    Ok(trace)
}

#[derive(Debug, clap::Args)]
#[command(allow_missing_positional = true)]
pub struct Why {
    /// The request's number, as `requests` prints it, or its span's; with --slowest, a route
    #[arg(value_name = "REQUEST")]
    request: Option<String>,
    /// The slowest one of the route
    #[arg(long)]
    slowest: bool,
    #[command(flatten)]
    plain: Plain,
}

impl Why {
    fn run(&self) -> anyhow::Result<()> {
        let report = |trace: &Recorded| {
            let number = match (&self.request, self.slowest) {
                (Some(number), false) => number.parse().map_err(|_| {
                    Usage(format!(
                        "{number} is no number of a request; the slowest one of a route is asked for with --slowest {number}"
                    ))
                })?,
                (route, _) => trace.slowest(route.as_deref())?,
            };
            trace.why(number)
        };
        self.plain.try_report(report, |report| report.text())
    }
}

impl Command {
    /// Prints it.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Summary(plain) => plain.report(Recorded::summary, |report| report.text()),
            Self::Tasks(plain) => plain.report(Recorded::tasks, |report| report.text()),
            Self::Polls(Polls { count, plain }) => {
                plain.report(|trace| trace.longest_polls(count), |report| report.text())
            }
            Self::Requests(plain) => {
                plain.report(Recorded::requests_by_route, |report| report.text())
            }
            Self::Waits(plain) => plain.report(Recorded::waits, |report| report.text()),
            Self::Why(why) => why.run(),
            Self::Svg(part) => part.svg(),
            Self::Json(part) => part.json(),
            Self::Web(web) => web.run(),
        }?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Plain {
    fn report<R: Serialize>(
        &self,
        report: impl FnOnce(&Recorded) -> R,
        text: impl FnOnce(&R) -> String,
    ) -> anyhow::Result<()> {
        self.try_report(|trace| Ok(report(trace)), text)
    }

    fn try_report<R: Serialize>(
        &self,
        report: impl FnOnce(&Recorded) -> anyhow::Result<R>,
        text: impl FnOnce(&R) -> String,
    ) -> anyhow::Result<()> {
        let trace = read(&self.input)?;
        let report = report(&trace)?;
        let text = match self.json {
            true => serde_json::to_string_pretty(&report)? + "\n",
            false => text(&report),
        };
        self.output.write(text.as_bytes())
    }
}
