//! Somebody at a terminal: a pseudo-terminal, and keys.

use std::io::Write as _;
use std::process::{Child, Stdio};
use std::sync::Arc;

use test_tools::{Folder, eventually};

use crate::both::{of_go, rops};
use crate::pseudo_terminal::PseudoTerminal;

const TAB: &str = "\t";
const ENTER: &str = "\r";
const UP: &str = "\x1b[A";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";

/// The console in a terminal of its own, with a home folder of its own.
struct Terminal {
    terminal: PseudoTerminal,
    console: Child,
    /// How much of what was shown has been looked at.
    seen: usize,
}

impl Terminal {
    fn open(home: &Folder) -> Self {
        let terminal = PseudoTerminal::open(50, 200);
        let side = || Stdio::from(terminal.side());
        let console = rops()
            .args(["pprof", &of_go("cpu")])
            .env("XDG_STATE_HOME", home.root())
            .env("TERM", "xterm")
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .spawn();
        terminal.watch();
        let mut terminal = Self {
            terminal,
            console: console.expect("it starts"),
            seen: 0,
        };
        terminal.shows("(rops) ");
        terminal
    }

    fn press(&mut self, keys: &str) {
        let written = self.terminal.keys.write_all(keys.as_bytes());
        written.expect("the console reads");
    }

    /// Waits until a text is shown, after all that was waited for before.
    #[track_caller]
    fn shows(&mut self, text: &str) {
        let (shown, from) = (Arc::clone(&self.terminal.shown), self.seen);
        let found = || {
            let shown = shown.lock().expect("nobody panics with it");
            shown[from..].find(text).map(|at| from + at + text.len())
        };
        eventually(text, || found().is_some());
        self.seen = found().expect("it was there");
    }

    #[track_caller]
    fn ends(mut self) {
        let status = self.console.wait().expect("it can be waited for");
        assert!(status.success(), "{status}");
    }
}

#[test]
fn keys_complete_and_repeat_commands() {
    let home = Folder::new();
    let mut terminal = Terminal::open(&home);
    terminal.press("to");
    terminal.press(TAB);
    terminal.shows("top");
    terminal.press("3");
    terminal.press(ENTER);
    terminal.shows("Showing top 3 nodes out of 268");
    terminal.shows("(rops) ");
    terminal.press(UP);
    terminal.shows("top3");
    terminal.press(ENTER);
    terminal.shows("Showing top 3 nodes out of 268");
    terminal.shows("(rops) ");
    // Part of a name that only one function has.
    terminal.press("peek exslee");
    terminal.press(TAB);
    terminal.shows(r"runtime\.futexsleep");
    terminal.press(ENTER);
    terminal.shows("| runtime.futexsleep");
    terminal.shows("(rops) ");
    terminal.press("quit");
    terminal.press(ENTER);
    terminal.ends();
    assert!(home.read("rops/history").contains("top3\n"));

    // The next one has it, too.
    let mut terminal = Terminal::open(&home);
    terminal.press(UP);
    terminal.shows("quit");
    terminal.press(UP);
    terminal.shows("peek runtime");
    terminal.press(CTRL_C);
    terminal.shows("(rops) ");
    terminal.press(CTRL_D);
    terminal.ends();
}

#[test]
fn a_mistake_and_ctrl_c_leave_the_console_open() {
    let mut terminal = Terminal::open(&Folder::new());
    terminal.press("bogus");
    terminal.press(ENTER);
    terminal.shows("there is no command bogus");
    terminal.shows("(rops) ");
    terminal.press("top1");
    terminal.press(CTRL_C);
    terminal.shows("(rops) ");
    terminal.press("text2");
    terminal.press(ENTER);
    terminal.shows("Showing top 2 nodes out of 268");
    terminal.shows("(rops) ");
    terminal.press(CTRL_D);
    terminal.ends();
}

#[test]
fn the_page_is_there_while_the_console_is_open() {
    let mut terminal = Terminal::open(&Folder::new());
    terminal.press("sample_index=samples");
    terminal.press(ENTER);
    terminal.shows("(rops) ");
    terminal.press("web");
    terminal.press(ENTER);
    terminal.shows("http://127.0.0.1:");
    let from = terminal.seen;
    terminal.shows("/");
    let shown = terminal
        .terminal
        .shown
        .lock()
        .expect("nobody panics with it");
    let port = shown[from..terminal.seen - 1].to_owned();
    drop(shown);
    let answer = ureq::get(format!("http://127.0.0.1:{port}/-/about")).call();
    let text = answer.expect("it answers").body_mut().read_to_string();
    let text = text.expect("it is a text");
    assert!(text.contains(r#""sample_index":"samples""#), "{text}");
    terminal.press(CTRL_D);
    terminal.ends();
}
