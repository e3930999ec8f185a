//! A temporary folder that a test fills, and programs that ran to their end.

use std::borrow::BorrowMut;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A folder that lives as long as the test. All paths are relative to it.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    _kept: TempDir,
}

impl Folder {
    /// An empty one.
    #[expect(clippy::new_without_default, reason = "it makes a folder on disk")]
    pub fn new() -> Self {
        let kept = tempfile::tempdir().expect("a temporary folder can be made");
        let root = kept.path().canonicalize().expect("it has a path");
        Self { root, _kept: kept }
    }

    /// The folder itself, absolute and without links.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// An absolute path in it.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    /// Whether there is such a file or folder.
    pub fn exists(&self, path: &str) -> bool {
        self.path(path).exists()
    }

    /// Writes a file, and makes the folders around it.
    pub fn write(&self, path: &str, text: &str) {
        let file = self.path(path);
        let parent = file.parent().expect("a file has a folder");
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&file, text))
            .unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Writes a program, such as a shell script.
    pub fn write_program(&self, path: &str, text: &str) {
        self.write(path, text);
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path(path), mode).expect("its mode can be set");
    }

    /// A file's text.
    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Removes a file that must be there.
    #[track_caller]
    pub fn remove(&self, path: &str) {
        fs::remove_file(self.path(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    }

    /// Replaces a text that must be there.
    #[track_caller]
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} has no {from:?}");
        self.write(path, &text.replace(from, to));
    }
}

/// A program that has ended.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; a program that a signal ended has none.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Runs it to its end.
    pub fn of(mut command: impl BorrowMut<Command>) -> Self {
        let command = command.borrow_mut();
        let output = command
            .output()
            .unwrap_or_else(|error| panic!("{command:?}: {error}"));
        output.into()
    }

    /// Asserts the exit code, and shows what was printed if it is another one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        assert_eq!(
            self.code,
            Some(code),
            "stdout:\n{stdout}\nstderr:\n{stderr}"
        );
        self
    }
}

impl Ran {
    /// Asserts that stderr has this text, and shows it if not.
    #[track_caller]
    pub fn told(&self, part: &str) {
        assert!(
            self.stderr.contains(part),
            "no {part:?} in stderr:\n{}",
            self.stderr
        );
    }

    /// Asserts that stdout has this text, and shows it if not.
    #[track_caller]
    pub fn printed(&self, part: &str) {
        assert!(
            self.stdout.contains(part),
            "no {part:?} in stdout:\n{}",
            self.stdout
        );
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("programs print UTF-8");
        Self {
            code: output.status.code(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
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
        sleep(Duration::from_millis(20));
    }
}
