//! The reader's terminals: one for commands, and one more for each service that runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use rustix::process::{Pid, Signal, kill_process_group, test_kill_process_group};
use tempfile::TempDir;
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

use super::pages::{Block, Outcome};
use super::ports::Ports;
use crate::book::preprocessor::prompt::{self, Kind};

/// No block takes that long, not even the first build; what hangs must not hold up the others.
const LIMIT: Duration = Duration::from_secs(1800);

/// Ends a service whose place no other one takes: `# Ctrl-C where the checkpoint 06 runs`.
const ENDS: &str = "# Ctrl-C where the checkpoint ";

/// A log is complete when nothing has come for this long.
const QUIET: Duration = Duration::from_millis(500);

/// How long to wait for what should be gone at once. Not for ever: whoever ends without a parent may be waited for by nobody.
const AT_ONCE: Duration = Duration::from_secs(5);

/// All that the walk has started. What still runs ends with it.
#[derive(Debug)]
pub struct Terminals<'a> {
    root: &'a Path,
    ports: Ports,
    services: Vec<Service>,
    files: TempDir,
}

/// A service in a terminal of its own.
#[derive(Debug)]
struct Service {
    process: Group,
    command: String,
    /// Where it listens; two cannot be at the same place.
    address: String,
    /// What it printed, and what it logged.
    out: PathBuf,
    log: PathBuf,
}

impl<'a> Terminals<'a> {
    pub fn new(root: &'a Path, ports: Ports) -> anyhow::Result<Self> {
        let files = tempfile::tempdir().context("cannot create a temporary folder")?;
        Ok(Self {
            root,
            ports,
            services: Vec::new(),
            files,
        })
    }

    /// Types the commands of a block one after the other. Tells what the reader sees of them: what the commands print, or,
    /// where the section is about that, what the service's terminal shows meanwhile.
    pub async fn type_in(&mut self, block: &Block) -> anyhow::Result<String> {
        let text = self.ports.typed(&block.text);
        let watched = match &block.section {
            Some((_, section)) if section.terminal => Some(self.asked(&text)?),
            _ => None,
        };
        let before = watched.as_ref().map_or(0, |log| length(log));
        if text.contains("# Ctrl-C in all terminals") {
            for service in self.services.drain(..) {
                service.process.interrupt().await?;
            }
        }
        if let Some(checkpoint) = ended_alone(&text) {
            let runs = |it: &Service| it.command.contains(&format!(" -p step-{checkpoint}"));
            let at = self.services.iter().position(runs);
            let at = at.with_context(|| format!("the checkpoint {checkpoint} does not run"))?;
            self.services.swap_remove(at).process.interrupt().await?;
        }
        let mut output = String::new();
        let mut commands = String::new();
        for command in self::commands(&text) {
            if starts_a_service(&command) {
                output += &self.run(&std::mem::take(&mut commands)).await?;
                output += &self.start(&command, &text).await?;
            } else {
                // The terminal shows what a program says on stderr, too; what cargo says of its work is nobody's result.
                let (before, after) = match command.contains(" --example ") {
                    true => ("CARGO_TERM_QUIET=true ", " 2>&1"),
                    false => ("", ""),
                };
                commands += &format!("{before}{command}{after}\n");
            }
        }
        if block.outcome == Outcome::Fails {
            // The last one does; those before it go well.
            let last = commands.trim_end().rfind('\n').map_or(0, |end| end + 1);
            let last = commands.split_off(last);
            self.run(&commands).await?;
            let failed = self.run(&last).await.is_err();
            ensure!(failed, "it was to fail, and went well");
            return Ok(output);
        }
        output += &self.run(&commands).await?;
        if let Some(log) = watched {
            output = settled(&log, before).await?;
        }
        Ok(self.ports.shown(&output))
    }

    /// Runs commands in the folder of the course, and ends at the first that fails.
    async fn run(&self, commands: &str) -> anyhow::Result<String> {
        if commands.is_empty() {
            return Ok(String::new());
        }
        let printed = self.files.path().join("printed");
        let mut bash = self.bash(&format!("set -e\n{commands}"));
        let mut process = Group::start(bash.stdout(create(&printed)?))?;
        let ended = timeout(LIMIT, process.child.wait()).await;
        let status = ended.with_context(|| format!("it has not ended within {LIMIT:?}"))??;
        let printed = read(&printed)?;
        ensure!(status.success(), "{status}\n{}", printed.trim_end());
        Ok(printed)
    }

    /// Starts a service in a terminal of its own, or in the one where the page says to stop the former one first.
    async fn start(&mut self, command: &str, block: &str) -> anyhow::Result<String> {
        let mut command = command.to_owned();
        if !command.contains("--listen") && !self.ports.flags().is_empty() {
            command += if command.contains(" -- ") {
                " "
            } else {
                " -- "
            };
            command += &self.ports.flags();
        }
        let address = address_in(&command).unwrap_or("127.0.0.1:8080").to_owned();
        if let Some(at) = self.services.iter().position(|it| it.address == address) {
            let is_told = block.contains("Ctrl-C");
            if self.services[at].command == command
                && !is_told
                && self.services[at].process.runs()?
            {
                return read(&self.services[at].out);
            }
            let former = self.services.swap_remove(at);
            ensure!(
                is_told,
                "`{}` still runs at {address}, and the page does not say to end it with Ctrl-C",
                former.command
            );
            former.process.interrupt().await?;
        }
        let file = |name: &str| {
            self.files
                .path()
                .join(format!("{}.{name}", address.replace(':', "-")))
        };
        let (out, log) = (file("out"), file("log"));
        let mut bash = self.bash(&format!("exec {command}"));
        bash.stdout(create(&out)?).stderr(create(&log)?);
        let mut process = Group::start(&mut bash)?;
        let begun = Instant::now();
        let mut told = begun;
        while !read(&out)?.contains("listening on ") {
            ensure!(process.runs()?, "it has ended:\n{}", read(&log)?.trim_end());
            ensure!(
                begun.elapsed() < LIMIT,
                "it has not started within {LIMIT:?}"
            );
            if told.elapsed() > Duration::from_secs(5) {
                told = Instant::now();
                eprintln!("{}", read(&log)?.lines().last().unwrap_or_default());
            }
            sleep(Duration::from_millis(50)).await;
        }
        let printed = read(&out)?;
        self.services.push(Service {
            process,
            command,
            address,
            out,
            log,
        });
        Ok(printed)
    }

    /// The log of the service that a command asks, by its address.
    fn asked(&self, text: &str) -> anyhow::Result<PathBuf> {
        let mut services = self.services.iter();
        let service = services.find(|service| text.contains(&service.address));
        service
            .map(|it| it.log.clone())
            .context("no service runs that this block asks")
    }

    fn bash(&self, script: &str) -> Command {
        let mut bash = Command::new("bash");
        bash.args(["-c", script])
            .current_dir(self.root)
            .env_remove("DATABASE_URL")
            .stdin(Stdio::null());
        bash
    }
}

/// A process and what it has started; they end with the value.
#[derive(Debug)]
struct Group {
    child: Child,
    id: Pid,
}

impl Group {
    fn start(command: &mut Command) -> anyhow::Result<Self> {
        let child = command.process_group(0).spawn();
        let child = child.context("cannot run bash; is it installed?")?;
        let id = child
            .id()
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        let id = id.context("bash ended before it began")?;
        Ok(Self { child, id })
    }

    fn runs(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Ctrl-C, and then waits for the end.
    async fn interrupt(mut self) -> anyhow::Result<()> {
        // It may have ended by itself.
        let _ = kill_process_group(self.id, Signal::INT);
        let ended = timeout(Duration::from_secs(30), self.child.wait()).await;
        ended
            .context("it does not end after Ctrl-C")?
            .context("lost sight of it")?;
        self.wait_until_gone();
        Ok(())
    }

    /// Waits until nothing of it is left: what was started last may outlive what has started it, and have the port that the
    /// next one wants.
    fn wait_until_gone(&mut self) {
        let until = Instant::now() + AT_ONCE;
        let runs = |this: &mut Self| {
            this.runs().unwrap_or_default() || test_kill_process_group(this.id).is_ok()
        };
        while runs(self) && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Whatever has ended already is not there to be told.
        let _ = kill_process_group(self.id, Signal::KILL);
        self.wait_until_gone();
    }
}

/// The commands of a listing, each with the lines that carry it on. Comments go.
fn commands(listing: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (kind, line) in prompt::lines(listing) {
        match (kind, found.last_mut()) {
            (Kind::Comment, _) => {}
            (Kind::Continued, Some(last)) => {
                last.push('\n');
                last.push_str(line);
            }
            _ => found.push(line.to_owned()),
        }
    }
    found
}

/// Whether a command runs until somebody ends it.
fn starts_a_service(command: &str) -> bool {
    let words: Vec<&str> = command.split_whitespace().collect();
    words.starts_with(&["cargo", "run"]) && !words.contains(&"--example")
}

/// The number of the checkpoint that the block ends, if it starts none in its place.
fn ended_alone(block: &str) -> Option<&str> {
    let (_, rest) = block.split_once(ENDS)?;
    let starts_another = commands(block)
        .iter()
        .any(|command| starts_a_service(command));
    rest.split(' ').next().filter(|_| !starts_another)
}

fn address_in(command: &str) -> Option<&str> {
    let mut words = command.split_whitespace();
    words.find(|word| *word == "--listen")?;
    words.next()
}

fn create(file: &Path) -> anyhow::Result<fs::File> {
    fs::File::create(file).with_context(|| format!("cannot create {}", file.display()))
}

fn read(file: &Path) -> anyhow::Result<String> {
    let bytes = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn length(file: &Path) -> usize {
    fs::metadata(file).map_or(0, |it| it.len() as usize)
}

/// What a log got from there on, once nothing more comes.
async fn settled(log: &Path, from: usize) -> anyhow::Result<String> {
    let mut known = from;
    loop {
        sleep(QUIET).await;
        let now = length(log);
        if now == known {
            let text = fs::read(log).context("cannot read the service's log")?;
            let Some(new) = text.get(from..) else {
                bail!("the service's log has become shorter");
            };
            return Ok(String::from_utf8_lossy(new).into_owned());
        }
        known = now;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_taken_apart_into_commands() {
        let listing = "# Ctrl-C, then\ncargo run -p a\nfor x in 1; do\n  echo\ndone\ncurl \\\n  x";
        assert_eq!(
            commands(listing),
            [
                "cargo run -p a",
                "for x in 1; do\n  echo\ndone",
                "curl \\\n  x"
            ]
        );
    }

    #[test]
    fn a_service_is_ended_where_no_other_one_takes_its_place() {
        let ends = "# Ctrl-C where the checkpoint 06 runs: see its end\ncargo run --example a";
        assert_eq!(ended_alone(ends), Some("06"));
        let replaced = "# Ctrl-C where the checkpoint 06 runs, then there\ncargo run -p a";
        assert_eq!(ended_alone(replaced), None);
        assert_eq!(ended_alone("cargo run -p a"), None);
    }

    #[test]
    fn services_are_told_from_programs_that_end() {
        assert!(starts_a_service(
            "cargo run --release -p a -- --listen 127.0.0.1:1"
        ));
        assert!(!starts_a_service("cargo run --release -p a --example b"));
        assert!(!starts_a_service("cargo test"));
        assert_eq!(
            address_in("cargo run -- --listen 127.0.0.1:1 -x"),
            Some("127.0.0.1:1")
        );
        assert_eq!(address_in("cargo run -- --debug-listen 127.0.0.1:1"), None);
    }
}
