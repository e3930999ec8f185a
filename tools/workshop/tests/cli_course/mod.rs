//! A small course in a temporary folder, complete enough for every command: two checkpoints of a service
//! without dependencies, the real `scripts/lib.sh`, a script, a book.

#![allow(dead_code, reason = "each test file uses a part of it")]

mod sources;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A course that lives as long as the test.
#[derive(Debug)]
pub struct World {
    dir: TempDir,
}

impl World {
    /// A course without any problem.
    pub fn new() -> Self {
        let world = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        for (path, text) in sources::FILES {
            world.write(path, text);
        }
        for (id, library, greeting) in [
            ("01-alpha", "step_01_alpha", "slow"),
            ("02-beta", "step_02_beta", "fast"),
        ] {
            world.write_checkpoint(id, library, greeting);
        }
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts");
        for name in ["lib.sh", "services.sh"] {
            let text = std::fs::read_to_string(scripts.join(name)).unwrap();
            world.write(&format!("scripts/{name}"), &text);
        }
        world.make_executable("scripts/01-alpha.sh");
        world
    }

    fn write_checkpoint(&self, id: &str, library: &str, greeting: &str) {
        for (path, text) in sources::CHECKPOINT {
            let text = text
                .replace("PACKAGE", &format!("step-{id}"))
                .replace("LIBRARY", library)
                .replace("GREETING", greeting);
            self.write(&format!("steps/{id}/{path}"), &text);
        }
    }

    pub fn root(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    pub fn write(&self, path: &str, text: &str) {
        let file = self.path(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    pub fn remove(&self, path: &str) {
        std::fs::remove_file(self.path(path)).unwrap();
    }

    /// Replaces a text that must be there.
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, &text.replace(from, to));
    }

    pub fn make_executable(&self, path: &str) {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(self.path(path), mode).unwrap();
    }

    /// The workshop's command, to be run in the course's root.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_workshop"));
        command.args(arguments);
        self.settle(&mut command);
        command
    }

    /// Any program in the course's root, without what the caller's environment may say about builds and databases.
    pub fn program(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments);
        self.settle(&mut command);
        command
    }

    /// The course's script as a terminal runs it, whatever runs this test: a shell in the background and `nohup`
    /// start their children with SIGINT ignored, and bash cannot handle a signal that was ignored when it began.
    pub fn script(&self, arguments: &[&str]) -> Command {
        // Other systems' env cannot do that; there, the runner must not ignore the signal.
        let as_from_a_terminal: &[&str] = if cfg!(target_os = "linux") {
            &["env", "--default-signal=INT", "bash"]
        } else {
            &["bash"]
        };
        let all = [as_from_a_terminal, &["scripts/01-alpha.sh"], arguments].concat();
        self.program(all[0], &all[1..])
    }

    /// Puts more sections into the script, before its last line.
    pub fn add_sections(&self, sections: &str) {
        self.edit(
            "scripts/01-alpha.sh",
            "main \"$@\"",
            &format!("{sections}\nmain \"$@\""),
        );
    }

    fn settle(&self, command: &mut Command) {
        command.current_dir(self.root());
        // Scripts put their folders here, so a test sees what is left of them.
        std::fs::create_dir_all(self.path("tmp")).unwrap();
        command.env("TMPDIR", self.path("tmp"));
        for name in [
            "DATABASE_URL",
            "CAPTURE_DIR",
            "CARGO_TARGET_DIR",
            "RUSTFLAGS",
        ] {
            command.env_remove(name);
        }
    }

    /// Runs the workshop's command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments))
    }

    /// What is left in the folder that scripts put theirs into.
    pub fn left_over(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.path("tmp")).unwrap();
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ran {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    pub fn of(mut command: impl std::borrow::BorrowMut<Command>) -> Self {
        let command = command.borrow_mut();
        let Output {
            status,
            stdout,
            stderr,
        } = command.output().unwrap();
        Self {
            code: status.code(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: String::from_utf8(stderr).unwrap(),
        }
    }

    /// Asserts the exit code, and shows what was printed if it is another one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }
}

/// Waits until something is so; the machine may be busy, so the limit is generous.
#[track_caller]
pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is_so() {
        assert!(
            start.elapsed() < Duration::from_secs(120),
            "still not: {what}"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process exists that has not ended.
pub fn is_running(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name in parentheses; Z is one that nobody has waited for.
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
