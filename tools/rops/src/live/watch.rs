//! A view of a process that goes on: processor, memory, tasks, and requests by route.

mod draw;
mod history;

use std::io::{self, IsTerminal as _};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use hyper::Method;
use ratatui::DefaultTerminal;
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use ratatui::crossterm::execute;
use serde::Deserialize;
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use terminal::Usage;

use super::ask::Door;
use history::History;

/// How often the process is asked.
const INTERVAL: Duration = Duration::from_secs(1);

/// What a process answers.
#[derive(Debug, Clone, Default, Deserialize)]
struct Reading {
    runtime: Runtime,
    memory: Memory,
    /// Since the view was opened.
    #[serde(skip)]
    at: Duration,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Runtime {
    tasks_alive: Option<u64>,
    workers: Option<u64>,
    threads: Option<u64>,
    available_cores: Option<u64>,
    cpu_nanoseconds: Option<u64>,
    requests: Vec<Requests>,
}

#[derive(Debug, Clone, Deserialize)]
struct Requests {
    route: String,
    ended: u64,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Memory {
    alloc: Option<u64>,
    rss: Option<u64>,
}

impl Reading {
    fn of(door: &Door, since: Instant) -> anyhow::Result<Self> {
        Ok(Self {
            runtime: door.json(Method::GET, "/debug/runtime")?,
            // A program need not count its allocations.
            memory: door
                .json(Method::GET, "/debug/memstats")
                .unwrap_or_default(),
            at: since.elapsed(),
        })
    }
}

/// Asks until nobody listens. A process that is slow to answer does not keep the keys waiting.
fn readings(door: Door) -> Receiver<anyhow::Result<Reading>> {
    let (sender, readings) = channel();
    thread::spawn(move || {
        let start = Instant::now();
        while sender.send(Reading::of(&door, start)).is_ok() {
            thread::sleep(INTERVAL);
        }
    });
    readings
}

/// A line of JSON each second.
///
/// # Errors
/// When the process does not answer any more.
pub fn lines(door: Door) -> anyhow::Result<ExitCode> {
    let mut history = History::default();
    for reading in readings(door) {
        history.add(reading?);
        if let Some(line) = history.line() {
            crate::command::print(&format!("{line}\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Draws on the terminal until a key or a signal ends it, and leaves it as it was.
///
/// # Errors
/// When there is no terminal, or nobody answers at the start.
pub fn run(door: Door, title: String) -> anyhow::Result<ExitCode> {
    if !io::stdout().is_terminal() {
        return Err(
            Usage("this draws on a terminal; --json prints a line each second".into()).into(),
        );
    }
    // What is wrong from the start is told as by the other commands.
    Reading::of(&door, Instant::now())?;
    let readings = readings(door);
    leave_the_terminal_on_signals()?;
    ratatui::run(|terminal| view(terminal, &readings, &title))?;
    Ok(ExitCode::SUCCESS)
}

/// From now on a signal that ends the process has the terminal left first.
///
/// On a thread of its own: whoever reads keys does not come back from a terminal that was hung up.
fn leave_the_terminal_on_signals() -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGQUIT, SIGTERM])?;
    thread::spawn(move || {
        for signal in signals.forever() {
            // Kept until the end, so that nothing is drawn any more.
            let mut screen = io::stdout().lock();
            // Where the terminal is gone, there is nothing to leave.
            let _ = ratatui::try_restore();
            let _ = execute!(screen, Show);
            // As without us, so that whoever waits for the process sees what has ended it.
            let _ = emulate_default_handler(signal);
        }
    });
    Ok(())
}

fn view(
    terminal: &mut DefaultTerminal,
    readings: &Receiver<anyhow::Result<Reading>>,
    title: &str,
) -> anyhow::Result<()> {
    let mut history = History::default();
    loop {
        loop {
            match readings.try_recv() {
                Ok(Ok(reading)) => history.add(reading),
                Ok(Err(error)) => history.failed(&terminal::told(&error)),
                Err(TryRecvError::Empty | TryRecvError::Disconnected) => break,
            }
        }
        terminal.draw(|frame| draw::all(frame, &history, title))?;
        // Also when the window gets another size.
        if event::poll(Duration::from_millis(200))?
            && let Event::Key(key) = event::read()?
            && key.kind == KeyEventKind::Press
        {
            let control_c =
                key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c');
            if control_c || [KeyCode::Char('q'), KeyCode::Esc].contains(&key.code) {
                return Ok(());
            }
        }
    }
}
