//! `run`, and the scripts that it runs, when they are told to end: nothing is left behind.

mod cli_course;

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use cli_course::{World, is_running};
use rustix::process::{Pid, Signal, kill_process};
use test_tools::eventually;

/// A script that waits in a section, with the process ids of its service and of a command in the foreground.
struct Waiting {
    child: std::process::Child,
    stdout: BufReader<std::process::ChildStdout>,
    service: i32,
    foreground: i32,
}

impl Waiting {
    fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut next = || {
            let mut line = String::new();
            stdout.read_line(&mut line).unwrap();
            line.trim()
                .parse()
                .unwrap_or_else(|_| panic!("{line:?} is no process id"))
        };
        let (service, foreground) = (next(), next());
        assert!(is_running(service) && is_running(foreground));
        Self {
            child,
            stdout,
            service,
            foreground,
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    fn end(mut self, world: &World) -> Option<i32> {
        eventually("the script has ended", || {
            self.child.try_wait().unwrap().is_some()
        });
        eventually("its children have ended", || {
            !is_running(self.service) && !is_running(self.foreground)
        });
        let mut rest = String::new();
        std::io::Read::read_to_string(&mut self.stdout, &mut rest).unwrap();
        assert!(!rest.contains("not reached"), "{rest}");
        assert_eq!(world.left_over(), Vec::<std::path::PathBuf>::new());
        self.child.wait().unwrap().code()
    }
}

const WAITS: &str = r#"
# section: waits - For how long?
waits() {
  service 01-alpha
  echo "$SERVICE_PID"
  bash -c 'echo $$; exec sleep 600'
  echo not reached
}
"#;

#[test]
fn ctrl_c_ends_the_script_with_all_that_it_started() {
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let world = World::new();
        world.add_sections(WAITS);
        let waiting = Waiting::start(world.command(&["run", "01", "waits"]));
        waiting.signal(signal);
        assert_eq!(waiting.end(&world), Some(code));
    }
}

#[test]
fn ctrl_c_ends_a_recording_as_well() {
    let world = World::new();
    world.add_sections(WAITS);
    let mut command = world.script(&["waits"]);
    command.env("CAPTURE_DIR", world.path("captured"));
    let waiting = Waiting::start(command);
    // A terminal signals every process in the foreground.
    kill_process(Pid::from_raw(waiting.foreground).unwrap(), Signal::INT).unwrap();
    waiting.signal(Signal::INT);
    assert_eq!(waiting.end(&world), Some(130));
    assert!(
        world.read("captured/waits.txt").contains('\n'),
        "what was printed is kept"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn ctrl_c_ends_the_script_even_if_the_shell_around_it_ignores_it() {
    let world = World::new();
    world.add_sections(WAITS);
    // The command handles the signal, and what it starts can.
    let waiting = Waiting::start(ignoring_ctrl_c(
        &world,
        &world.command(&["run", "01", "waits"]),
    ));
    waiting.signal(Signal::INT);
    assert_eq!(waiting.end(&world), Some(130));

    let waiting = Waiting::start(ignoring_ctrl_c(&world, &world.script(&["waits"])));
    kill_process(Pid::from_raw(waiting.foreground).unwrap(), Signal::INT).unwrap();
    waiting.signal(Signal::INT);
    assert_eq!(waiting.end(&world), Some(130));
}

#[cfg(target_os = "linux")]
/// The same command from a shell that ignores SIGINT.
fn ignoring_ctrl_c(world: &World, command: &Command) -> Command {
    let mut ignoring = world.program("bash", &["-c", "trap '' INT; exec \"$@\"", "bash"]);
    ignoring.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            ignoring.env(name, value);
        }
    }
    ignoring
}
