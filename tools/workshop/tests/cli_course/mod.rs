//! A small course in a temporary folder, complete enough for every command: two checkpoints of a service
//! without dependencies, the real `scripts/lib.sh`, a script, a book.

#![allow(dead_code, reason = "each test file uses a part of it")]

mod sources;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::process::Command;

use test_tools::{Folder, Ran};

/// A course that lives as long as the test.
#[derive(Debug)]
pub struct World(Folder);

impl Deref for World {
    type Target = Folder;

    fn deref(&self) -> &Folder {
        &self.0
    }
}

impl World {
    /// A course without any problem.
    pub fn new() -> Self {
        let world = Self(Folder::new());
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
        world.write_program("scripts/01-alpha.sh", &world.read("scripts/01-alpha.sh"));
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

    /// An exercise of the first chapter: another word in its greeting.
    pub fn write_exercise(&self, name: &str, from: &str, to: &str) {
        let old = self.read("steps/01-alpha/src/greeting.rs");
        let lines = old.lines().count();
        let signed = |sign: char, text: &str| -> String {
            text.lines().map(|line| format!("{sign}{line}\n")).collect()
        };
        let patch = format!(
            "--- a/src/greeting.rs\n+++ b/src/greeting.rs\n@@ -1,{lines} +1,{lines} @@\n{}{}",
            signed('-', &old),
            signed('+', &old.replace(from, to))
        );
        self.write(&format!("exercises/01-alpha/{name}.patch"), &patch);
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
            "CI",
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

/// Whether a process exists that has not ended.
pub fn is_running(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name in parentheses; Z is one that nobody has waited for.
    stat.rsplit_once(") ")
        .is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
