//! `cargo workshop run`: a chapter's script.

use std::ffi::OsString;
use std::path::Path;
use std::process::{ExitCode, ExitStatus, Stdio};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;
use tokio::signal::unix::{SignalKind, signal};

use course::section::Script;
use course::{Chapter, Course};
use terminal::Usage;

/// Run a chapter's script: all of its sections in order, or one
///
/// The script starts what it needs on free ports with a database of its own, and cleans up whatever ends it.
/// Its exit code is passed on.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo workshop run 01                everything that chapter 1 claims
  cargo workshop run 01 --list         its sections and the questions they answer
  cargo workshop run 01 query-plan     one section")]
pub struct Args {
    /// The chapter: 01, or 01-discovery
    chapter: String,

    /// The section [default: all of them]
    section: Option<String>,

    /// List the chapter's sections
    #[arg(long, conflicts_with = "section")]
    list: bool,
}

pub fn run(args: Args) -> anyhow::Result<ExitCode> {
    let course = Course::find()?;
    let chapter = course.chapter(&args.chapter)?;
    let mut arguments: Vec<OsString> = Vec::new();
    if args.list {
        arguments.push("--list".into());
    } else if let Some(section) = &args.section {
        script(&course, chapter)?.section(section)?;
        arguments.push(section.into());
    }
    let script = script(&course, chapter)?.path;
    let status = execute(&course, &script, &arguments, &[], Stdio::inherit())?;
    Ok(exit_code(status))
}

/// A chapter's script, parsed; a chapter without one is an error that says which chapters have one.
pub fn script(course: &Course, chapter: &Chapter) -> anyhow::Result<Script> {
    let path = chapter.script();
    if !course.root.join(&path).is_file() {
        let ready: Vec<String> = course
            .chapters
            .iter()
            .filter(|chapter| course.root.join(chapter.script()).is_file())
            .map(Chapter::id)
            .collect();
        let message = match ready.join(", ") {
            ready if ready.is_empty() => format!("chapter {} has no script yet", chapter.number),
            ready => format!(
                "chapter {} has no script yet; there are scripts for {ready}",
                chapter.number
            ),
        };
        return Err(Usage(message).into());
    }
    let mut script = Script::load(&course.root.join(&path))?;
    script.path = path;
    Ok(script)
}

/// Runs one of the course's scripts and waits for its end.
///
/// The script and all that it starts are a process group. SIGINT and SIGTERM are passed on to the whole group,
/// so that a command in the foreground ends and the script gets to clean up; a second signal ends the group at once.
#[tokio::main(flavor = "current_thread")]
pub async fn execute(
    course: &Course,
    path: &Path,
    arguments: &[OsString],
    environment: &[(&str, &Path)],
    stdout: Stdio,
) -> anyhow::Result<ExitStatus> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot watch for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).context("cannot watch for SIGTERM")?;
    let mut child = Command::new("bash")
        .arg(path)
        .args(arguments)
        .current_dir(&course.root)
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .stdout(stdout)
        .process_group(0)
        .spawn()
        .with_context(|| {
            format!(
                "cannot run {} with bash; is bash installed?",
                path.display()
            )
        })?;
    let group = child
        .id()
        .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?))
        .context("the script ended before it began")?;
    let mut asked = false;
    loop {
        let received = tokio::select! {
            status = child.wait() => {
                if asked {
                    // The script has cleaned up; what is left of its group did not listen.
                    let _ = kill_process_group(group, Signal::KILL);
                }
                return status.with_context(|| format!("lost sight of {}", path.display()));
            }
            _ = interrupt.recv() => Signal::INT,
            _ = terminate.recv() => Signal::TERM,
        };
        // The group may end in this very moment; then there is nobody to signal, which is as well.
        let _ = kill_process_group(group, if asked { Signal::KILL } else { received });
        asked = true;
    }
}

/// The exit code that a shell would report: 128 and the signal's number for a process that a signal ended.
pub fn exit_code(status: ExitStatus) -> ExitCode {
    use std::os::unix::process::ExitStatusExt as _;
    let code = status
        .code()
        .or_else(|| status.signal().map(|signal| 128 + signal))
        .and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}
